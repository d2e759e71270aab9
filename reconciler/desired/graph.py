"""The graph of a workflow's jobs: names that are unique, parents that exist, no circle."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from reconciler.desired.codes import Code
from reconciler.desired.places import MappingPlace, SequencePlace, span
from reconciler.desired.suggest import did_you_mean
from reconciler.desired.text import Mistake, Span
from reconciler.desired.words import count, tick
from reconciler.resources import Cycle, depths

_SUGGESTIONS: Final = 10
_CYCLES: Final = 10
_EDGES: Final = 50_000
"""How many cycles are told at most, and how many edges are followed for that."""
_STEPS_SHOWN: Final = 6


def check_graph(jobs: SequencePlace, most: int) -> list[Mistake]:
    """Give the mistakes of a job graph, as far as it can be made out where fields are wrong as well."""
    graph = _JobGraph(jobs, most)
    graph.link()
    if graph.needs_search:
        graph.search_cycles()
    return graph.mistakes


class _JobGraph:
    """The jobs by position and by name, and for each which parents it names where."""

    def __init__(self, jobs: SequencePlace, most: int) -> None:
        self.mistakes: list[Mistake] = []
        self._most = most
        self.needs_search = False
        self._unknown = 0
        self._jobs = [item if isinstance(item, MappingPlace) else None for item in jobs.items]
        self._names: list[str] = []
        self._positions: dict[str, int] = {}
        self._mentions: list[dict[int, Span]] = []
        for position, job in enumerate(self._jobs):
            self._name(position, job)

    def _name(self, position: int, job: MappingPlace | None) -> None:
        name = job.value.get("name") if job else None
        if not isinstance(name, str) or job is None:
            self._names.append("")
            return
        self._names.append(name)
        first = self._positions.setdefault(name, position)
        if first != position:
            summary = f"two jobs are named {tick(name)}"
            other = self._name_span(first), "the first of them"
            self._complain(
                Code.DUPLICATE_JOB, self._name_span(position), summary, "rename one of them", other
            )

    def _name_span(self, position: int) -> Span:
        job = self._jobs[position]
        return span(job.entries["name"][2]) if job else (0, 0)

    def _complain(self, code: Code, at: Span, summary: str, hint: str, *related: tuple[Span, str]) -> None:
        if len(self.mistakes) < self._most:
            self.mistakes.append(Mistake(code, at, summary, hint, related))

    def link(self) -> None:
        """Resolve what each job names as its parents."""
        for position, job in enumerate(self._jobs):
            mentions: dict[int, Span] = {}
            self._mentions.append(mentions)
            if job is not None:
                self._link(position, job, mentions)

    def _link(self, position: int, job: MappingPlace, mentions: dict[int, Span]) -> None:
        named, numbered = job.entries.get("needs"), job.entries.get("parent_indices")
        if named and numbered:
            summary = "a job takes its parents from `needs` or from `parent_indices`, not from both"
            other = (named[0], named[1]), "`needs` stands here"
            hint = "keep `needs`: it survives a change of order"
            self._complain(Code.TWO_PARENT_LISTS, (numbered[0], numbered[1]), summary, hint, other)
        field = named or numbered
        if field is None or not isinstance(field[2], SequencePlace):
            return
        for value, place in zip(field[2].value, field[2].items, strict=True):
            parent = self._by_name(value, span(place)) if named else self._by_position(value, span(place))
            if parent is not None:
                self._mention(position, parent, span(place), mentions)

    def _by_name(self, name: object, at: Span) -> int | None:
        if not isinstance(name, str):
            return None
        parent = self._positions.get(name)
        if parent is None:
            self._complain(
                Code.UNKNOWN_PARENT, at, f"the workflow has no job {tick(name)}", self._advice(name)
            )
        return parent

    def _advice(self, name: str) -> str:
        self._unknown += 1
        if self._unknown <= _SUGGESTIONS and (hint := did_you_mean(name, self._positions)):
            return hint
        if name.isdecimal() and int(name[:9]) < len(self._jobs):
            return "positions stand in `parent_indices`, as numbers"
        if len(self._positions) <= _STEPS_SHOWN:
            return f"its jobs are {', '.join(map(tick, self._positions))}"
        return ""

    def _by_position(self, position: object, at: Span) -> int | None:
        if type(position) is not int or position < 0:
            return None
        if position < len(self._jobs):
            return position
        summary = f"the workflow has no job at position {position}"
        hint = f"it has {count(len(self._jobs), 'job')}, counted from 0 to {len(self._jobs) - 1}"
        self._complain(Code.UNKNOWN_PARENT, at, summary, hint)
        return None

    def _mention(self, child: int, parent: int, at: Span, mentions: dict[int, Span]) -> None:
        if parent == child:
            self._complain(
                Code.OWN_PARENT, at, f"the job {tick(self._names[child])} needs itself", "remove this entry"
            )
        elif parent in mentions:
            summary = f"the job {tick(self._names[child])} names its parent {tick(self._names[parent])} twice"
            self._complain(
                Code.PARENT_TWICE, at, summary, "remove one of the two", (mentions[parent], "the first time")
            )
        else:
            mentions[parent] = at
            if parent > child:
                self.needs_search = True

    def search_cycles(self) -> None:
        """Find a shortest cycle, take its jobs out, and look for another."""
        graph = {
            str(child): [str(parent) for parent in mentions] for child, mentions in enumerate(self._mentions)
        }
        edges = sum(map(len, graph.values()))
        for _ in range(min(_CYCLES, 1 + _EDGES // edges)):
            try:
                depths(graph)
            except Cycle as cycle:
                path = [int(node) for node in cycle.path]
                self._complain_of_cycle(path)
                gone = set(cycle.path)
                graph = {
                    node: [parent for parent in parents if parent not in gone]
                    for node, parents in graph.items()
                    if node not in gone
                }
            else:
                return

    def _complain_of_cycle(self, path: list[int]) -> None:
        # The cycle is told from its job that stands first in the file.
        turn = path.index(min(path))
        path = [*path[turn:-1], *path[: turn + 1]]
        steps = list(pairwise(path))
        related = tuple(
            (self._mentions[child][parent], f"{self._label(child)} needs {self._label(parent)}")
            for child, parent in steps[1 : _STEPS_SHOWN + 1]
        )
        names = [self._label(position) for position in path]
        if len(names) > _STEPS_SHOWN + 1:
            names[_STEPS_SHOWN:-1] = [f"… {len(names) - _STEPS_SHOWN - 1:,} more …"]
        summary = f"{count(len(steps), 'job')} wait for one another in a circle: {' → '.join(names)}"
        first = self._mentions[steps[0][0]][steps[0][1]]
        self._complain(Code.CYCLE, first, summary, "remove one of these steps", *related)

    def _label(self, position: int) -> str:
        name = self._names[position]
        return tick(name) if name else f"job {position}"
