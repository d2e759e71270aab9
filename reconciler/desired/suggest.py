"""Did you mean: the one candidate that a mistyped word most likely stands for."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from itertools import islice
from typing import Final

_LONGEST: Final = 80
_CANDIDATES: Final = 300


def closest(word: str, candidates: Iterable[str]) -> str:
    """Give the candidate most like a word, "" when none is; of very many only the first are compared."""
    if not word or len(word) > _LONGEST:
        return ""
    near = [c for c in islice(candidates, _CANDIDATES) if abs(len(c) - len(word)) <= 2 + len(word) // 3]
    spelt = {_plain(candidate): candidate for candidate in reversed(near)}
    matches = get_close_matches(_plain(word), spelt, n=1, cutoff=0.6)
    return spelt[matches[0]] if matches else ""


def _plain(word: str) -> str:
    return word.casefold().replace("_", "").replace("-", "").replace(" ", "")


def arranged(candidates: Iterable[str]) -> list[str]:
    """Sort candidates for `neighbours`, those spelt alike beside each other."""
    return sorted(candidates, key=lambda candidate: (_plain(candidate), candidate))


def neighbours(word: str, ordered: Sequence[str]) -> Sequence[str]:
    """Give the arranged candidates around where the word would stand, as many as are compared."""
    at = bisect_left(ordered, _plain(word), key=_plain)
    return ordered[max(0, at - _CANDIDATES // 2) : at + _CANDIDATES // 2]


def did_you_mean(word: str, candidates: Iterable[str]) -> str:
    """Give the hint, "" when nothing is like the word."""
    best = closest(word, candidates)
    return f"did you mean `{best}`?" if best else ""
