"""What libyaml says of text that is not YAML, in words that help its author."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from yaml import MarkedYAMLError

from reconciler.desired.codes import Code
from reconciler.desired.text import Mistake, SourceText, Span
from reconciler.desired.words import tick

# Problems by libyaml's names for them.
_COLON: Final = "mapping values are not allowed in this context"
_NAMELESS: Final = "did not find expected alphabetic or numeric character"
_ESCAPES: Final = frozenset(
    {
        "found unknown escape character",
        "did not find expected hexdecimal number",
        "found invalid Unicode character escape code",
    }
)
_SHOWN_AT_START: Final = frozenset(
    {
        "could not find expected ':'",
        "found unexpected end of stream",
        "found unexpected document indicator",
        _NAMELESS,
    }
)
"""Better shown where the unfinished thing began than where it was given up."""

_OPENED: Final[Mapping[str, str]] = {
    "did not find expected ',' or ']'": "the list opens here",
    "did not find expected ',' or '}'": "the mapping opens here",
    "did not find expected '-' indicator": "the list begins here",
    "did not find expected key": "the mapping begins here",
}
_WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "could not find expected ':'": (
        "this line is neither `key: value` nor a list item",
        "a key ends with a colon and a space; the further lines of a text are indented",
    ),
    "block sequence entries are not allowed in this context": (
        "a list can't begin here",
        "begin it on a line of its own, each item with `- `",
    ),
    "mapping keys are not allowed in this context": (
        "a key can't begin here",
        "begin it on a line of its own",
    ),
    "found unexpected document indicator": ("this quote is not closed before `---`", "close it"),
    "found unexpected end of stream": ("this quote is never closed", "close it"),
    "found unknown escape character": (
        "no such escape exists in double quotes",
        "write the backslash twice, or use single quotes, in which it means itself",
    ),
    "did not find expected hexdecimal number": (
        "this escape lacks hexadecimal digits",
        "\\x takes two of them, \\u four and \\U eight",
    ),
    "found invalid Unicode character escape code": (
        "this escape names no character",
        "write the character itself",
    ),
    "did not find expected '-' indicator": (
        "expected `- `, or another indentation",
        "a line that belongs to the item above is indented as its first key is",
    ),
    "did not find expected key": (
        "expected a key, or another indentation",
        "give all keys of a mapping the same indentation",
    ),
    "did not find expected ',' or ']'": (
        "expected `,` or `]`",
        "a list that opens with `[` has `,` between its items and ends with `]`",
    ),
    "did not find expected ',' or '}'": (
        "expected `,` or `}`",
        "a mapping that opens with `{` has `,` between its entries and ends with `}`",
    ),
    "did not find expected node content": ("expected a value", "write one, or `null`"),
    "did not find expected <document start>": (
        "expected the end of the document",
        "begin another document with `---`; indent what belongs to this one",
    ),
    "did not find expected comment or line break": ("expected the end of the line", ""),
    "found an indentation indicator equal to 0": (
        "an indentation of 0",
        "leave the number out, or write 1 to 9",
    ),
    "found unexpected ':'": ("a colon that ends no key", "quote the text"),
}
_TABS: Final = frozenset(
    {
        "found character that cannot start any token",
        "found a tab character where an indentation space is expected",
        "found a tab character that violates indentation",
    }
)
_DIRECTIVES: Final[Mapping[str, str]] = {
    "found duplicate %YAML directive": "a second `%YAML` line",
    "found incompatible YAML document": "a `%YAML` line with another version than 1.2",
    "found duplicate %TAG directive": "a `%TAG` line",
    "found unknown directive name": "a `%` line that is no directive of YAML",
    "could not find expected directive name": "a `%` line that is no directive of YAML",
    "found unexpected non-alphabetical character": "a `%` line that is no directive of YAML",
    "did not find expected whitespace": "a malformed `%` line",
    "did not find expected digit or '.' character": "a malformed `%YAML` line",
    "found extremely long version number": "a malformed `%YAML` line",
    "did not find expected version number": "a malformed `%YAML` line",
}
_KEY: Final = re.compile(r"\s*(?:- +)*[^\s#:'\"{\[][^:]*: ")
_NEAR: Final = 200
"""How many characters of a line are looked at to find out what its author meant."""
_WORD: Final = re.compile(r"[^\s,\]}]{1,80}")
_NO_SPACE: Final = re.compile(r"\s*(?:- +)*([A-Za-z_]+:)([^\s:/][^:]*)$")


def explain(error: MarkedYAMLError, text: SourceText, base: int) -> tuple[Mistake, int]:
    """Give the mistake behind libyaml's error, and the offset at which it gave up."""
    problem = error.problem or ""
    stopped = base + error.problem_mark.index if error.problem_mark else base
    began = base + error.context_mark.index if error.context_mark else stopped
    at = _word(text, began if problem in _SHOWN_AT_START else stopped)
    if problem in _ESCAPES:
        at = at[0], at[0] + 2
    return _mistake(problem, error.context or "", text, at, _word(text, began)), stopped


def _mistake(problem: str, context: str, text: SourceText, at: Span, began: Span) -> Mistake:
    character = text.parsed[at[0] : at[0] + 1]
    if problem in _TABS and character == "\t":
        return Mistake(Code.TAB_INDENT, at, "a tab indents this line", "indent with spaces")
    if problem in _DIRECTIVES:
        return Mistake(Code.DIRECTIVE, at, _DIRECTIVES[problem], "remove the line")
    if "tag" in problem or "tag" in context:
        return Mistake(
            Code.TAG, at, f"{tick(character)} begins a tag, which can't stand here", _quote(text, at)
        )
    if problem in _TABS:
        return Mistake(Code.SYNTAX, at, f"a value can't begin with `{character}`", _quote(text, at))
    if problem == _NAMELESS:
        what = "an alias" if character == "*" else "an anchor"
        summary = f"`{character}` begins {what}, whose name has letters and digits"
        return Mistake(Code.SYNTAX, at, summary, _quote(text, at))
    if problem == _COLON:
        return _colon(text, at)
    summary, hint = _WORDS.get(problem, (problem or "the text is not YAML", ""))
    note = _OPENED.get(problem)
    related = ((began, note),) if note and began[0] != at[0] else ()
    return Mistake(Code.SYNTAX, at, summary, hint, related)


def _colon(text: SourceText, at: Span) -> Mistake:
    """Find out why this colon ends no key: it is part of a text, another lacks its space, or indentation."""
    first = text.start_of_line(at[0])
    if _KEY.match(text.written[max(first, at[0] - _NEAR) : at[0]]):
        return Mistake(
            Code.SYNTAX, at, "a second `: ` on this line", "quote the value, if the colon is part of its text"
        )
    above = text.start_of_line(first - 1)
    line = text.written[above : min(first, above + _NEAR)].rstrip("\r\n")
    if first and (key := _NO_SPACE.match(line)):
        start = above + key.start(1)
        hint = f"write {tick(f'{key.group(1)} {key.group(2).strip()}')}"
        return Mistake(Code.SYNTAX, (start, start + len(key.group(1))), "no space follows this colon", hint)
    summary = "this line is indented more than the text above it allows"
    return Mistake(Code.SYNTAX, at, summary, "give all keys of a mapping the same indentation")


def _quote(text: SourceText, at: Span) -> str:
    word = text.written[slice(*at)]
    return f'quote it if text is meant: "{word}"' if word.isascii() and '"' not in word else "quote the text"


def _word(text: SourceText, offset: int) -> Span:
    """Give the word at an offset, and for the end of the file its last one."""
    parsed = text.parsed
    if offset >= len(parsed) or parsed[offset : offset + 200].isspace():
        offset = max(len(parsed[: offset + 1].rstrip()) - 1, 0)
    word = _WORD.match(parsed, offset)
    return offset, word.end() if word else offset + 1
