"""Input that is made to hurt: bounded in time and in memory, whatever it is."""

import time
import tracemalloc
from collections.abc import Callable

import pytest

from reconciler.desired import LIMITS, Code, SourceFile, parse_file

SIZE = LIMITS.file_bytes
HEAD = "apiVersion: reconciler/v1\nkind: Workflow\nmetadata: {name: w}\nspec:\n  user: ada\n  jobs:\n"

SECONDS = 2.0
"""The worst takes 0.35 s of an idle machine; this one may be busy, and slower."""

HOSTILE: dict[str, tuple[Code, Callable[[], str]]] = {
    "lists in lists": (Code.TOO_DEEP, lambda: "[" * SIZE),
    "mappings in mappings": (Code.TOO_DEEP, lambda: "{a: " * (SIZE // 4)),
    "items in items": (Code.TOO_DEEP, lambda: "- " * (SIZE // 2)),
    "keys in keys": (Code.TOO_DEEP, lambda: "? " * (SIZE // 2)),
    "a long text": (Code.TEXT_TOO_LONG, lambda: "a: " + "x" * (SIZE - 3)),
    "a long quoted text": (Code.TEXT_TOO_LONG, lambda: 'a: "' + "x" * (SIZE - 5) + '"'),
    "many lines": (Code.TEXT_TOO_LONG, lambda: "a: |\n" + "  x\n" * (SIZE // 4 - 2)),
    "many keys": (Code.TOO_MANY_NODES, lambda: "".join(f"a{n}: 1\n" for n in range(300_000))),
    "many items": (Code.TOO_MANY_NODES, lambda: "[" + "1," * (SIZE // 2 - 2) + "]"),
    "many documents": (Code.TOO_MANY_DOCUMENTS, lambda: "---\n" * (SIZE // 4)),
    "many anchors": (Code.TOO_MANY_NODES, lambda: "".join(f"- &a{n} x\n" for n in range(200_000))),
    "many tag directives": (Code.DIRECTIVE, lambda: "".join(f"%TAG !a{n}! x\n" for n in range(20_000))),
    "many wrong keys": (Code.KEY_NOT_TEXT, lambda: "".join(f"{n}: 1\n" for n in range(300_000))),
    "one key, often": (Code.DUPLICATE_KEY, lambda: "a: 1\n" * (SIZE // 5)),
    "many unclosed lists": (Code.SYNTAX, lambda: "a: [\n---\n" * (SIZE // 9)),
    "aliases of aliases": (
        Code.TOO_MANY_NODES,
        lambda: "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 60)),
    ),
    "merges of merges": (
        Code.TOO_MANY_NODES,
        lambda: (
            "a0: &a0 {k: {}}\n"
            + "".join(f"a{n}: &a{n} {{<<: *a{n - 1}, k{n}: *a{n - 1}}}\n" for n in range(1, 60))
        ),
    ),
    "a long text, repeated": (
        Code.TOO_MANY_NODES,
        lambda: f'a: &a "{"x" * 200_000}"\nb: [{"*a," * 200_000}1]\n',
    ),
    "a chain of aliases": (
        Code.TOO_DEEP,
        lambda: "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 50_000)),
    ),
    "a circle of ten thousand jobs": (
        Code.CYCLE,
        lambda: (
            HEAD
            + "".join(
                f"    - {{name: j{n}, job_type: t, needs: [j{(n or 10_000) - 1}]}}\n" for n in range(10_000)
            )
        ),
    ),
    "everybody needs everybody": (
        Code.CYCLE,
        lambda: (
            HEAD
            + "".join(
                f"    - {{name: j{n}, job_type: t, parent_indices: {[m for m in range(300) if m != n]}}}\n"
                for n in range(300)
            )
        ),
    ),
    "wrong fields in many jobs": (
        Code.UNKNOWN_FIELD,
        lambda: HEAD + "    - {nmae: j, job_tpye: 1, nedes: x, foo: bar}\n" * 9_000,
    ),
    "parents mistyped": (
        Code.UNKNOWN_PARENT,
        lambda: (
            HEAD
            + "".join(
                f"    - {{name: some-job-{n}, job_type: t, needs: [smoe-job-{n}]}}\n" for n in range(9_000)
            )
        ),
    ),
    "control characters": (Code.FORBIDDEN_CHARACTER, lambda: "\x01" * SIZE),
    "backslashes": (Code.MISSING_FIELD, lambda: '{"a":"' + "\\" * (SIZE // 16) * 2 + '"}'),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_input_is_refused_in_bounded_time(name: str) -> None:
    """Not after reading all of it, and not by falling over."""
    code, make = HOSTILE[name]
    text = make()[:SIZE]
    source = SourceFile("a.json" if text.startswith("{") else "a.yaml", text.encode())
    before = time.process_time()
    file = parse_file(source)
    took = time.process_time() - before
    assert code in {one.code for one in file.diagnostics}
    assert not file.understood
    assert took < SECONDS


@pytest.mark.parametrize("name", ["lists in lists", "aliases of aliases", "many documents", "many items"])
def test_hostile_input_is_refused_in_bounded_memory(name: str) -> None:
    """64 MB above what the bytes themselves take."""
    source = SourceFile("a.yaml", HOSTILE[name][1]().encode()[:SIZE])
    tracemalloc.start()
    parse_file(source)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 64 * 1024 * 1024
