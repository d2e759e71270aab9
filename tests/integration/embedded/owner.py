"""A stand-in for the daemon: owns the servers of a folder until its standard input ends, or it is killed.

Prints one line of JSON: the instance and the servers' process ids, or the error that kept it from having any.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

from reconciler import embedded
from reconciler.errors import ReconcilerError


def main(folder: Path) -> None:
    """Start, tell, wait, stop."""
    try:
        servers = embedded.start(folder)
    except ReconcilerError as error:
        print(json.dumps({"error": error.reason, "text": str(error)}), flush=True)  # noqa: T201 - its answer
        return
    with servers:
        print(json.dumps(asdict(servers.instance) | {"servers": servers.pids}), flush=True)  # noqa: T201
        sys.stdin.read()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
