"""`python -m benchmarks [--quick] [FIGURE ...]`: measures, prints, and exits 1 when a promise is broken."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType
from typing import Final

from benchmarks import (
    broken,
    cold,
    latency,
    machine,
    painting,
    reading,
    scheduling,
    serving,
    unchanged,
    validating,
)
from benchmarks.bench import FULL, QUICK, Bench, BrokenPromiseError

FIGURES: Final[dict[str, ModuleType]] = {
    "validate": validating,
    "cold": cold,
    "unchanged": unchanged,
    "latency": latency,
    "broken": broken,
    "reader": reading,
    "scheduler": scheduling,
    "http": serving,
    "dashboard": painting,
}


def main() -> int:
    """Run the figures that were asked for, all by default."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("figures", nargs="*", metavar="FIGURE", help=f"of {', '.join(FIGURES)}")
    parser.add_argument("--quick", action="store_true", help="smaller and fewer: less than a minute in all")
    parser.add_argument("--revisions", type=int, help="how many the proofs go through (1,000; quick: 100)")
    asked = parser.parse_args()
    if unknown := set(asked.figures) - set(FIGURES):
        parser.error(f"there is no figure {', '.join(sorted(unknown))}; there are {', '.join(FIGURES)}")
    sizes = QUICK if asked.quick else FULL
    if asked.revisions:
        sizes = sizes.proving(asked.revisions)
    for line in machine.describe():
        print(line)
    began = time.monotonic()
    with ExitStack() as stack:
        # The folder's name is short: the servers' sockets lie beneath it.
        root = stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-"))
        kept = [
            _run(name, Bench(Path(root), sizes)) for name in FIGURES if name in (asked.figures or FIGURES)
        ]
    print(f"\n{time.monotonic() - began:.0f} s in all")
    return 0 if all(kept) else 1


def _run(name: str, bench: Bench) -> bool:
    """Print one figure as it comes; False when it breaks a promise."""
    print(f"\n{name}: {FIGURES[name].TITLE}", flush=True)
    try:
        for line in FIGURES[name].measure(bench):
            print(f"  {line}", flush=True)
    except BrokenPromiseError as broken_promise:
        print(f"  BROKEN: {broken_promise}", flush=True)
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
