"""Did you mean: the one candidate that a mistyped word most likely stands for."""

from __future__ import annotations

from collections.abc import Iterable
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
    plain = _plain(word)
    for candidate in near:
        if _plain(candidate) == plain:
            return candidate
    matches = get_close_matches(word, near, n=1, cutoff=0.6)
    return matches[0] if matches else ""


def _plain(word: str) -> str:
    return word.casefold().replace("_", "").replace("-", "").replace(" ", "")


def did_you_mean(word: str, candidates: Iterable[str]) -> str:
    """Give the hint, "" when nothing is like the word."""
    best = closest(word, candidates)
    return f"did you mean `{best}`?" if best else ""
