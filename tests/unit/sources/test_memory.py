"""The memory of a folder: a tree that grows and shrinks, a revision, and a step that can be undone."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given

from reconciler.sources.memory import Known, Memory

names = st.sampled_from(["a", "b", "c/"])
paths = st.lists(st.sampled_from("def"), max_size=3).flatmap(
    lambda f: names.map(lambda name: "/".join([*f, name]))
)
known = st.binary(min_size=16, max_size=16).map(lambda digest: Known(b"s", digest))
changes = st.lists(st.tuples(paths, known | st.none()), max_size=30)


def remembered(memory: Memory) -> dict[str, Known | None]:
    """Give all that a memory holds."""
    return {path: memory.get(path) for path in memory.beneath("")}


@given(changes)
def test_it_holds_what_was_put_last(steps: list[tuple[str, Known | None]]) -> None:
    """And its revision depends on nothing else."""
    memory, model, direct = Memory(), dict[str, Known](), Memory()
    for path, value in steps:
        memory.put(path, value)
        if value:
            model[path] = value
        else:
            model.pop(path, None)
    assert remembered(memory) == model
    for path in sorted(model):
        direct.put(path, model[path])
    assert memory.revision == direct.revision


@given(changes, changes)
def test_a_step_that_raises_never_was(
    before: list[tuple[str, Known | None]], failed: list[tuple[str, Known | None]]
) -> None:
    """Everything is as it was, to the revision."""
    memory = Memory()
    for path, value in before:
        memory.put(path, value)
    was = (remembered(memory), memory.revision, memory.root, memory.links)

    def step() -> None:
        with memory.step():
            for path, value in failed:
                memory.put(path, value)
            memory.root, memory.links = "another", frozenset({"l"})
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        step()
    assert (remembered(memory), memory.revision, memory.root, memory.links) == was


@given(st.lists(paths, min_size=1))
def test_nothing_is_left_of_what_is_gone(gone: list[str]) -> None:
    """Folders that come and go leave no trace."""
    memory = Memory()
    for path in gone:
        memory.put(path, Known(b"", b"x" * 16))
    for path in gone:
        memory.put(path, None)
    assert "" not in memory
    assert memory.revision == Memory().revision
