"""Order and cycles of a graph of jobs."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.resources import Cycle, depths, shortest_cycle

GRAPHS = st.integers(1, 7).flatmap(
    lambda size: st.fixed_dictionaries(
        {
            str(node): st.lists(st.sampled_from([str(n) for n in range(size)]), max_size=4)
            for node in range(size)
        }
    )
)


def shortest_by_force(graph: dict[str, list[str]]) -> int | None:
    """Give the length of a shortest cycle, by walking every path of each length."""
    paths: list[tuple[str, ...]] = [(node,) for node in graph]
    for length in range(1, len(graph) + 1):
        paths = [(*path, parent) for path in paths for parent in graph[path[-1]] if parent not in path[1:]]
        if any(path[0] == path[-1] for path in paths):
            return length
        paths = [path for path in paths if path[0] != path[-1]]
    return None


@given(GRAPHS)
def test_depths_are_right_or_a_shortest_cycle_is_named(graph: dict[str, list[str]]) -> None:
    """Compared with brute force on small graphs, self-loops and doubled edges among them."""
    expected = shortest_by_force(graph)
    try:
        found = depths(graph)
    except Cycle as cycle:
        path = cycle.path
        assert len(path) - 1 == expected
        assert path[0] == path[-1]
        assert all(after in graph[before] for before, after in pairwise(path))
    else:
        assert expected is None
        for node, parents in graph.items():
            assert found[node] == (1 + max(found[parent] for parent in parents) if parents else 0)


def test_a_chain_of_any_length_is_no_trouble() -> None:
    """Nothing recurses."""
    size = 30_000
    chain = {str(node): [str(node - 1)] if node else [] for node in range(size)}
    assert depths(chain)[str(size - 1)] == size - 1
    chain["0"] = [str(size - 1)]
    with pytest.raises(Cycle) as caught:
        depths(chain)
    assert len(caught.value.path) == size + 1


def test_a_ladder_of_two_to_the_n_paths_takes_linear_time() -> None:
    """Each node is visited once, not once for each way to it."""
    graph: dict[str, list[str]] = {"a0": [], "b0": []}
    for step in range(1, 500):
        graph[f"a{step}"] = graph[f"b{step}"] = [f"a{step - 1}", f"b{step - 1}"]
    assert max(depths(graph).values()) == 499


def test_a_graph_without_a_cycle_has_no_shortest_one() -> None:
    """Asking for it is a mistake of ours."""
    with pytest.raises(ValueError, match="no cycle"):
        shortest_cycle({"a": [], "b": ["a"]})
