"""Every word that this program says and that somebody may look up, with what it means and what to do."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Final

from reconciler.desired.codes import MEANINGS
from reconciler.desired.fields import Field, kinds
from reconciler.desired.suggest import closest
from reconciler.report.meanings import ERRORS, FINDINGS, REASONS

_POSITION: Final = re.compile(r"\[\d*\]")


class Sort(StrEnum):
    """What a word is."""

    MISTAKE = "mistake in a manifest"
    FINDING = "finding of `status`"
    REASON = "reason why a resource stands as it does"
    ERROR = "error"
    SETTING = "setting"


TITLES: Final = {
    Sort.MISTAKE: "Mistakes in manifests",
    Sort.FINDING: "What `status` finds",
    Sort.REASON: "Why a resource stands as it does",
    Sort.ERROR: "Errors",
    Sort.SETTING: "Settings",
}
"""What many of a sort are headed by."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One meaning of a word; `also` is another name for it, "" when there is none."""

    word: str
    sort: Sort
    meaning: str
    cure: str
    also: str = ""


@cache
def entries() -> tuple[Entry, ...]:
    """Give all that is known here: codes of mistakes, findings, reasons and errors."""
    told = ((Sort.FINDING, FINDINGS), (Sort.REASON, REASONS), (Sort.ERROR, ERRORS))
    codes = (
        Entry(str(code), Sort.MISTAKE, what.cause, what.cure, code.slug) for code, what in MEANINGS.items()
    )
    words = (
        Entry(str(word), sort, what.cause, what.cure)
        for sort, meanings in told
        for word, what in meanings.items()
    )
    return (*codes, *words)


def look_up(word: str, known: Iterable[Entry]) -> tuple[Entry, ...]:
    """Give every meaning of a word, whatever the case of its letters, and with `-` for `_`."""
    wanted = _plain(word)
    return tuple(entry for entry in known if wanted in {_plain(entry.word), _plain(entry.also)} - {""})


def find_fields(path: str) -> tuple[Field, ...]:
    """Give the fields to which a path leads: `Workflow.spec.jobs.needs`, `jobs[0].needs`, `needs`.

    Fields of several kinds that are told in the same words are given once.
    """
    wanted = _POSITION.sub("", path).casefold()
    found = (
        field
        for kind in kinds()
        for field in kind.walk()
        if f".{field.path.casefold()}".endswith(f".{wanted}")
    )
    return tuple({(field.about, field.form): field for field in reversed(tuple(found))}.values())[::-1]


def like(word: str, known: Sequence[Entry]) -> str:
    """Give the word or field that was perhaps meant, "" when none is like it."""
    return closest(word, (*_words(known), *(field.path for kind in kinds() for field in kind.walk())))


def _words(known: Iterable[Entry]) -> Iterator[str]:
    for entry in known:
        yield entry.word
        if entry.also:
            yield entry.also


def _plain(word: str) -> str:
    return word.casefold().replace("-", "_")
