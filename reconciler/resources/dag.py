"""Order and cycles of a job graph, in linear time and without recursion, whatever its depth."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence

Graph = Mapping[str, Sequence[str]]
"""Each node with its parents; every parent is a node."""


class Cycle(ValueError):
    """The graph has a cycle; `path` is a shortest one, its first node repeated at the end."""

    def __init__(self, path: tuple[str, ...]) -> None:
        super().__init__(" -> ".join(path))
        self.path = path


def depths(graph: Graph) -> dict[str, int]:
    """Give each node's depth: 0 for a root, else one more than its deepest parent.

    Raises:
        Cycle: there is no such order.

    """
    children: dict[str, list[str]] = {node: [] for node in graph}
    waiting = {node: len(set(parents)) for node, parents in graph.items()}
    for node, parents in graph.items():
        for parent in dict.fromkeys(parents):
            children[parent].append(node)
    depth = {node: 0 for node, count in waiting.items() if count == 0}
    ready = deque(depth)
    while ready:
        node = ready.popleft()
        for child in children[node]:
            waiting[child] -= 1
            if waiting[child] == 0:
                depth[child] = 1 + max(depth[parent] for parent in graph[child])
                ready.append(child)
    if len(depth) < len(graph):
        raise Cycle(shortest_cycle({n: parents for n, parents in graph.items() if n not in depth}))
    return depth


_STEPS = 20_000
"""How many nodes the searches for a shortest cycle may visit in all, after the first search."""


def shortest_cycle(graph: Graph) -> tuple[str, ...]:
    """Give a cycle as a path along the parents, its first node repeated at the end.

    The shortest of all while no more than about 140 nodes can be on one; in a larger knot the shortest
    through any of the first few, so that the time stays linear.

    Raises:
        ValueError: the graph has no cycle.

    """
    knot = _knot(graph)
    found: tuple[str, ...] = ()
    for start in list(knot)[: max(1, _STEPS // max(1, len(knot)))]:
        path = _way_back(knot, start)
        if path and (not found or len(path) < len(found)):
            found = path
    if not found:
        msg = "the graph has no cycle"
        raise ValueError(msg)
    return found


def _knot(graph: Graph) -> dict[str, list[str]]:
    """Strip what has no parents left, and then what has no children left, until neither remains."""
    parents = {node: [p for p in ps if p in graph] for node, ps in graph.items()}
    for _ in range(2):
        children: dict[str, list[str]] = {node: [] for node in parents}
        for node, ps in parents.items():
            for parent in ps:
                children[parent].append(node)
        missing = {node: len(ps) for node, ps in parents.items()}
        loose = deque(node for node, count in missing.items() if count == 0)
        gone = set(loose)
        while loose:
            for child in children[loose.popleft()]:
                missing[child] -= 1
                if missing[child] == 0:
                    gone.add(child)
                    loose.append(child)
        # The second round runs along the reversed edges; reversing again restores their direction.
        parents = {n: [c for c in cs if c not in gone] for n, cs in children.items() if n not in gone}
    return parents


def _way_back(graph: Graph, start: str) -> tuple[str, ...]:
    """Search breadth first from `start` along the parents until it is met again."""
    came_from: dict[str, str] = {}
    queue = deque([start])
    while queue:
        node = queue.popleft()
        for parent in graph[node]:
            if parent == start:
                path = [start, node]
                while path[-1] != start:
                    path.append(came_from[path[-1]])
                return (*reversed(path),) if len(path) > 1 else ()
            if parent not in came_from:
                came_from[parent] = node
                queue.append(parent)
    return ()
