"""YAML to plain values, a place for each of them, bounds kept while reading; no input can make it recurse.

libyaml's parser gives events; what they mean is decided here: the core schema of YAML 1.2, text keys only, no
duplicates, no tags but the core's, aliases and merges inside a budget.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from yaml import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    MarkedYAMLError,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    StreamStartEvent,
)
from yaml.cyaml import CParser  # type: ignore[attr-defined]

from reconciler.desired.codes import Code
from reconciler.desired.limits import Limits
from reconciler.desired.places import MappingPlace, Place, SequencePlace
from reconciler.desired.scalars import CONSTANTS, NUMERIC_START, NumberRange, Scalar, resolve
from reconciler.desired.suggest import closest
from reconciler.desired.syntax import explain
from reconciler.desired.text import Mistake, SourceText, Span
from reconciler.desired.words import kind_of, shown, tick


@dataclass(slots=True, eq=False)
class Document:
    """One document as it was read. A document that is `cut` broke off: what it lacks proves nothing."""

    number: int
    mistakes: list[Mistake] = field(default_factory=list)
    value: Any = None
    place: Place = (0, 0)
    cut: bool = False
    spoiled: set[int] = field(default_factory=set)
    """Where values begin that already are mistakes, whatever else may be said of them."""


def read(text: SourceText, limits: Limits) -> Iterator[Document]:
    """Give the documents of a file one by one; after one that is not YAML it goes on at the next `---`."""
    if text.parsed.count("\n%TAG") > _TAG_LINES:
        # libyaml compares each directive with all before it.
        at = text.parsed.index("\n%TAG") + 1
        yield Document(1, [Mistake(Code.DIRECTIVE, (at, at + 4), "a `%TAG` line", "remove it")], cut=True)
        return
    reader = _Reader(text, limits)
    base = 0
    for _ in range(_RESUMES):
        yield from reader.stream(base)
        if reader.resume is None:
            return
        base = reader.resume


_Event = Any
"""An event of PyYAML's, whose type stubs make every field optional."""

_TAG_LINES: Final = 8
_RESUMES: Final = 20
_NEXT_DOCUMENT: Final = re.compile(r"^---(?=\s|\Z)", re.MULTILINE)
_SHORT: Final = 64
"""A text counts as one value more, in the budget of what aliases repeat, for so many characters."""
_SPLIT: Final = "split it into several files"
_CORE: Final = "tag:yaml.org,2002:"
_TYPED: Final[Mapping[str, tuple[type, ...]]] = {
    f"{_CORE}int": (int,),
    f"{_CORE}float": (float, int),
    f"{_CORE}bool": (bool,),
    f"{_CORE}null": (type(None),),
}
# In the place of a key: NUL is in no key that was read.
_DROP: Final = "\0drop"
_MERGE: Final = "\0merge"


class _BudgetSpent(Exception):
    """The file asks for more than it may."""

    def __init__(self, code: Code, at: Span, summary: str, hint: str) -> None:
        super().__init__(summary)
        self.mistake = Mistake(code, at, summary, hint)


class _Reader:
    """Turns events into values and places, with a stack of its own."""

    def __init__(self, text: SourceText, limits: Limits) -> None:
        self.resume: int | None = None
        self._text = text
        self._restores = text.restores
        self._limits = limits
        self._base = 0
        self._nodes = 0
        self._repeated = 0
        self._open = False
        self._document = Document(0)
        self._root = SequencePlace(0)
        self._stack: list[SequencePlace | MappingPlace] = [self._root]
        self._anchors: dict[str, tuple[Any, Place]] = {}
        self._steps: dict[type, Callable[[_Event], None]] = {
            StreamStartEvent: self._start_stream,
            DocumentStartEvent: self._start_document,
            MappingStartEvent: self._start_mapping,
            MappingEndEvent: self._pop,
            SequenceStartEvent: self._start_sequence,
            SequenceEndEvent: self._pop,
            AliasEvent: self._alias,
        }

    def stream(self, base: int) -> Iterator[Document]:
        """Read from an offset on; where the text stops being YAML, `resume` says where to go on."""
        self._base, self.resume = base, None
        try:
            next_event = CParser(self._text.parsed[base:]).get_event
            while (kind := type(event := next_event())) is not StreamEndEvent:
                if kind is ScalarEvent:
                    self._scalar(event)
                elif kind is DocumentEndEvent:
                    yield self._end_document()
                else:
                    self._steps[kind](event)
        except MarkedYAMLError as error:
            mistake, stopped = explain(error, self._text, base)
            yield self._cut(mistake)
            following = _NEXT_DOCUMENT.search(self._text.parsed, max(stopped, base + 1))
            self.resume = following.start() if following else None
        except _BudgetSpent as spent:
            yield self._cut(spent.mistake)

    # --- documents -------------------------------------------------------------------------------

    def _start_stream(self, _: _Event) -> None:
        """Nothing is known yet."""

    def _start_document(self, event: _Event) -> None:
        start = self._base + event.start_mark.index
        self._begin(start)
        if self._document.number > self._limits.documents:
            summary = f"the file has more than {self._limits.documents:,} documents"
            raise _BudgetSpent(Code.TOO_MANY_DOCUMENTS, (start, start + 3), summary, _SPLIT)
        if event.version not in {None, (1, 2)}:
            self._refuse_directive("%YAML", "a `%YAML` line with another version than 1.2", start)
        if event.tags:
            self._refuse_directive("%TAG", "a `%TAG` line", start)

    def _refuse_directive(self, name: str, summary: str, start: int) -> None:
        at = max(self._text.parsed.find(name, start), start)
        self._complain(Code.DIRECTIVE, (at, at + len(name)), summary, "remove the line")

    def _begin(self, start: int) -> None:
        self._document = Document(self._document.number + 1)
        self._root = SequencePlace(start)
        self._stack = [self._root]
        self._anchors = {}
        self._open = True

    def _end_document(self) -> Document:
        self._document.value, self._document.place = self._root.value[0], self._root.items[0]
        self._open = False
        return self._document

    def _cut(self, mistake: Mistake) -> Document:
        """Give what was read of the document that broke off."""
        if not self._open:
            self._begin(mistake.span[0])
        document = self._document
        if len(self._stack) > 1:
            document.value, document.place = self._stack[1].value, self._stack[1]
        document.cut = True
        document.mistakes.append(mistake)
        self._open = False
        return document

    def _complain(self, code: Code, at: Span, summary: str, hint: str, *related: tuple[Span, str]) -> None:
        self._document.mistakes.append(Mistake(code, at, summary, hint, related))
        if len(self._document.mistakes) > self._limits.mistakes:
            raise _BudgetSpent(
                Code.MORE_MISTAKES, at, "too many mistakes to go on reading", "mend those above"
            )

    # --- scalars ---------------------------------------------------------------------------------

    def _scalar(self, event: _Event) -> None:
        at = event.start_mark.index + self._base, event.end_mark.index + self._base
        self._nodes += 1
        if self._nodes > self._limits.nodes:
            raise self._too_many_nodes(at)
        text: str = event.value
        value: Scalar = text
        plain = not event.style
        if event.tag is not None:
            value = self._tagged(event.tag, text, at)
        elif plain and (text in CONSTANTS or text[0] in NUMERIC_START):
            value = self._resolved(text, at)
        elif self._restores or len(text) > _SHORT or "\0" in text:
            value = self._storable(text, at)
        if event.anchor is not None:
            self._anchors[event.anchor] = value, at
        self._attach(value, at, at, merge=plain and text == "<<")

    def _resolved(self, text: str, at: Span) -> Scalar:
        try:
            return resolve(text)
        except NumberRange as refused:
            self._complain(
                Code.NUMBER_RANGE, at, str(refused), f'quote it if text is meant: "{shown(text, 24)}"'
            )
            self._document.spoiled.add(at[0])
            return text

    def _storable(self, text: str, at: Span) -> str:
        if len(text) > self._limits.scalar:
            summary = f"a text of {len(text):,} characters; at most {self._limits.scalar:,} are read"
            self._complain(
                Code.TEXT_TOO_LONG, at, summary, "keep large content elsewhere, and name its place"
            )
        self._repeated += len(text) // _SHORT
        if "\0" in text:
            summary = "the text has the character NUL, which PostgreSQL can't store"
            self._complain(Code.FORBIDDEN_CHARACTER, at, summary, "remove it")
        return self._text.restore(text)

    def _tagged(self, tag: str, text: str, at: Span) -> Scalar:
        if tag in {"!", f"{_CORE}str"}:
            return self._storable(text, at)
        value = self._resolved(text, at) if tag in _TYPED else text
        if type(value) in _TYPED.get(tag, ()):
            return value
        self._complain(Code.TAG, at, f"the tag {_tag(tag)} is not allowed here", "remove it")
        self._document.spoiled.add(at[0])
        return value

    # --- collections -----------------------------------------------------------------------------

    def _start_mapping(self, event: _Event) -> None:
        self._push(MappingPlace(event.start_mark.index + self._base), event, "map")

    def _start_sequence(self, event: _Event) -> None:
        self._push(SequencePlace(event.start_mark.index + self._base), event, "seq")

    def _push(self, place: MappingPlace | SequencePlace, event: _Event, tag: str) -> None:
        at = place.start, place.start + 1
        self._nodes += 1
        if self._nodes > self._limits.nodes:
            raise self._too_many_nodes(at)
        if len(self._stack) > self._limits.depth:
            raise self._too_deep(at)
        if event.tag not in {None, "!", f"{_CORE}{tag}"}:
            self._complain(Code.TAG, at, f"the tag {_tag(event.tag)} is not allowed here", "remove it")
        if event.anchor is not None:
            self._anchors[event.anchor] = place.value, place
        place.size = self._nodes + self._repeated
        self._stack.append(place)

    def _pop(self, event: _Event) -> None:
        place = self._stack.pop()
        place.end = event.end_mark.index + self._base
        place.size = self._nodes + self._repeated - place.size + 1
        if isinstance(place, MappingPlace) and place.merges:
            place.take_over()
        parent = self._stack[-1]
        if parent.height <= place.height:
            parent.height = place.height + 1
        self._attach(place.value, place, (place.start, place.end))

    def _alias(self, event: _Event) -> None:
        at = event.start_mark.index + self._base, event.end_mark.index + self._base
        name: str = event.anchor
        self._nodes += 1
        value, place = self._anchors.get(name) or self._unknown(name, at)
        if isinstance(place, tuple):
            self._repeated += len(value) // _SHORT if isinstance(value, str) else 0
            place = at
        elif place.end < 0:
            summary = f"the alias {tick('*' + name)} stands inside of what it names"
            self._complain(Code.RECURSIVE_ALIAS, at, summary, "write the value out")
            self._document.spoiled.add(at[0])
            value, place = None, at
        else:
            self._repeat(place, at)
        if self._nodes + self._repeated > self._limits.expanded:
            raise self._too_much_repeated(at)
        self._attach(value, place, at)

    def _unknown(self, name: str, at: Span) -> tuple[None, Span]:
        near = closest(name, self._anchors)
        hint = f"did you mean `*{near}`?" if near else "define it, or quote the value if it is text"
        summary = f"no anchor {tick('&' + name)} stands before this alias in its document"
        self._complain(Code.UNKNOWN_ANCHOR, at, summary, hint)
        self._document.spoiled.add(at[0])
        return None, at

    def _repeat(self, place: MappingPlace | SequencePlace, at: Span) -> None:
        """Charge what an alias stands for as if it were written out."""
        self._repeated += place.size
        if len(self._stack) + place.height - 1 > self._limits.depth:
            raise self._too_deep(at)
        parent = self._stack[-1]
        parent.height = max(parent.height, place.height + 1)

    def _attach(self, value: Any, place: Place, at: Span, *, merge: bool = False) -> None:  # noqa: ANN401 - any value
        top = self._stack[-1]
        if isinstance(top, SequencePlace):
            top.value.append(value)
            top.items.append(place)
            return
        key = top.key
        if key is None:
            top.key = self._key(top, value, at, merge=merge)
            top.key_start, top.key_end = at
            return
        top.key = None
        if key is _MERGE:
            self._merge(top, place, at)
        elif key is not _DROP:
            # An empty value has no place of its own: the key stands for it.
            where = place if at[0] < at[1] else (top.key_start, top.key_end)
            top.value[key] = value
            top.entries[key] = top.key_start, top.key_end, where

    def _key(self, top: MappingPlace, value: Any, at: Span, *, merge: bool) -> str:  # noqa: ANN401 - any value
        if not isinstance(value, str):
            hint = (
                f'quote it: "{self._text.written[slice(*at)]}"' if not isinstance(value, list | dict) else ""
            )
            if self._text.written.startswith("{{", max(at[0] - 1, 0)):
                hint = "this looks like a template: render it first, or quote it if text is meant"
            self._complain(Code.KEY_NOT_TEXT, at, f"a key must be text; this is {kind_of(value)}", hint)
            return _DROP
        first = top.entries.get(value) if not merge else top.merged_at
        if first is not None:
            hint = "merge both in one list: `<<: [*a, *b]`" if merge else "keep one of the two"
            summary = f"the key {tick(value)} stands twice in one mapping"
            self._complain(
                Code.DUPLICATE_KEY, at, summary, hint, ((first[0], first[1]), "it stands here first")
            )
            return _DROP
        if merge:
            top.merged_at = at
            return _MERGE
        return value

    def _merge(self, top: MappingPlace, place: Place, at: Span) -> None:
        if at[0] in self._document.spoiled:
            return
        sources = place.items if isinstance(place, SequencePlace) else [place]
        for source in sources:
            if not isinstance(source, MappingPlace):
                hint = "give it an alias of a mapping, or a list of such; quote the key if text is meant"
                self._complain(Code.MERGE, at, "`<<` merges mappings only", hint)
                return
        top.merges.extend(source for source in sources if isinstance(source, MappingPlace))

    # --- bounds ----------------------------------------------------------------------------------

    def _too_many_nodes(self, at: Span) -> _BudgetSpent:
        summary = f"the file has more than {self._limits.nodes:,} keys and values"
        return _BudgetSpent(Code.TOO_MANY_NODES, at, summary, _SPLIT)

    def _too_much_repeated(self, at: Span) -> _BudgetSpent:
        summary = f"with aliases written out the file has more than {self._limits.expanded:,} keys and values"
        return _BudgetSpent(Code.TOO_MANY_NODES, at, summary, "repeat less, or split the file")

    def _too_deep(self, at: Span) -> _BudgetSpent:
        summary = f"lists and mappings are nested more than {self._limits.depth} deep"
        return _BudgetSpent(Code.TOO_DEEP, at, summary, "flatten the value")


def _tag(tag: str) -> str:
    return tick(tag.replace(_CORE, "!!", 1))
