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
_NO_COLON: Final = "could not find expected ':'"
_NO_KEY: Final = "did not find expected key"
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
        _NO_COLON,
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
    _NO_KEY: "the mapping begins here",
}
_WORDS: Final[Mapping[str, tuple[str, str]]] = {
    _NO_COLON: (
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
    _NO_KEY: (
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
_ENTRY: Final = re.compile(r"\s*(?:$|#|- |-$|.*:(?:\s|$))")
_NEAR: Final = 200
"""How many characters of a line are looked at to find out what its author meant."""
_WORD: Final = re.compile(r"[^\s,\]}]{1,80}")
_NO_SPACE: Final = (
    re.compile(r"\s*(?:- +)*(-)(\w.*)$"),
    re.compile(r"\s*(?:- +)*([A-Za-z_]+:)([^\s:/][^:]*)$"),
)
_CONFLICT: Final = re.compile(r"^(?:<{7}|={7}|>{7})(?= |$)", re.MULTILINE)


def explain(error: MarkedYAMLError, text: SourceText, base: int) -> tuple[Mistake, int]:
    """Give the mistake behind libyaml's error, and the offset at which it gave up."""
    problem, context = error.problem or "", error.context or ""
    stopped = base + error.problem_mark.index if error.problem_mark else base
    began = base + error.context_mark.index if error.context_mark else stopped
    if conflict := _CONFLICT.search(text.parsed, base):
        summary = "a merge conflict was left in the file"
        return Mistake(Code.SYNTAX, conflict.span(), summary, "resolve it, and remove the markers"), stopped
    tag = "tag" in problem or "tag" in context
    at = _word(text, began if tag or problem in _SHOWN_AT_START else stopped)
    if tag and problem not in _DIRECTIVES:
        return Mistake(Code.TAG, at, "`!` begins a tag, which can't stand here", _quote(text, at)), stopped
    if problem in _TABS:
        return _no_token(text, at), stopped
    if problem in _DIRECTIVES:
        return Mistake(Code.DIRECTIVE, at, _DIRECTIVES[problem], "remove the line"), stopped
    return Mistake(Code.SYNTAX, *_tell(problem, text, at, _word(text, began))), stopped


_Told = tuple[Span, str, str] | tuple[Span, str, str, tuple[tuple[Span, str], ...]]
"""Where, what, how to mend it, and the other places: what a mistake is made of."""


def _no_token(text: SourceText, at: Span) -> Mistake:
    character = text.parsed[at[0] : at[0] + 1]
    if character == "\t":
        return Mistake(Code.TAB_INDENT, at, "a tab indents this line", "indent with spaces")
    return Mistake(Code.SYNTAX, at, f"a value can't begin with `{character}`", _quote(text, at))


def _tell(problem: str, text: SourceText, at: Span, began: Span) -> _Told:
    if problem == _NAMELESS:
        sign = text.parsed[at[0]]
        what = "an alias" if sign == "*" else "an anchor"
        return at, f"`{sign}` begins {what}, whose name has letters and digits", _quote(text, at)
    if problem == _COLON:
        return _colon(text, at)
    if problem == _NO_COLON and (told := _no_space(text, at[0])):
        return told
    if problem == _NO_KEY and (told := _leftover(text, at)):
        return told
    if problem in _ESCAPES:
        at = at[0], at[0] + 2
    summary, hint = _WORDS.get(problem, (problem or "the text is not YAML", ""))
    note = _OPENED.get(problem)
    return at, summary, hint, ((began, note),) if note and began[0] != at[0] else ()


def _colon(text: SourceText, at: Span) -> _Told:
    """Find out why this colon ends no key: it is part of a text, another lacks its space, or indentation."""
    first = text.start_of_line(at[0])
    if _KEY.match(text.written[max(first, at[0] - _NEAR) : at[0]]):
        return at, "a second `: ` on this line", "quote the value, if the colon is part of its text"
    if first:
        above = text.start_of_line(first - 1)
        if told := _no_space(text, above):
            return told
        line = text.written[above : min(text.end_of_line(above), above + _NEAR)]
        if not _ENTRY.match(line):
            return _word(text, above + len(line) - len(line.lstrip())), *_WORDS[_NO_COLON]
    return (
        at,
        "this line is indented more than the text above it allows",
        "give all keys of a mapping the same indentation",
    )


def _no_space(text: SourceText, offset: int) -> _Told | None:
    """See whether the line of an offset lacks the space after its colon or its dash."""
    start = text.start_of_line(offset)
    line = text.written[start : min(text.end_of_line(start), start + _NEAR)]
    for pattern in _NO_SPACE:
        if found := pattern.match(line):
            sign, rest = found.group(1), found.group(2).strip()
            at = start + found.start(1), start + found.end(1)
            what = "dash" if sign == "-" else "colon"
            return at, f"no space follows this {what}", f"write {tick(f'{sign} {rest}')}"
    return None


def _leftover(text: SourceText, at: Span) -> _Told | None:
    """See whether what stands where a key should is left over from the value before it."""
    sign = text.parsed[at[0]]
    if sign in "]}":
        return (at[0], at[0] + 1), f"this `{sign}` closes nothing", "remove it, or open it"
    before = text.parsed[text.start_of_line(at[0]) : at[0]].rstrip()
    if before.endswith('"'):
        return at, "text after a closing quote", 'inside "…" write a quote as \\"'
    if before.endswith("'"):
        return at, "text after a closing quote", "inside '…' write a quote twice"
    return None


def _quote(text: SourceText, at: Span) -> str:
    word = text.written[slice(*at)]
    return f'quote it if text is meant: "{word}"' if word.isascii() and '"' not in word else "quote the text"


def _word(text: SourceText, offset: int) -> Span:
    """Give the word at an offset, and for the end of the file its last one."""
    parsed = text.parsed
    if offset >= len(parsed) or parsed[offset : offset + _NEAR].isspace():
        offset = max(len(parsed[: offset + 1].rstrip()) - 1, 0)
    word = _WORD.match(parsed, offset)
    return offset, word.end() if word else offset + 1
