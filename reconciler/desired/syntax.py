"""What libyaml says of text that is not YAML, in words that help its author."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from yaml import MarkedYAMLError

from reconciler.desired.codes import Code
from reconciler.desired.text import Mistake, SourceText, Span

_AT_START: Final = frozenset(
    {
        "could not find expected ':'",
        "found unexpected end of stream",
        "found unexpected document indicator",
    }
)
"""Problems that are better shown where the thing began than where it was given up."""

_WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "could not find expected ':'": (
        "a line that is neither a `key: value` nor a list item",
        "a key ends with a colon and a space; continued text is indented or quoted",
    ),
    "block sequence entries are not allowed in this context": (
        "a list item can't begin here",
        "begin the list on a line of its own, each item with `- `",
    ),
    "mapping keys are not allowed in this context": (
        "a key can't begin here",
        "begin it on a line of its own",
    ),
    "mapping values are not allowed in this context": (
        "a second `: ` on one line, or a line indented more than its key allows",
        "quote text that has a colon in it, and give the keys of one mapping one indentation",
    ),
    "found unexpected document indicator": ("`---` inside a quoted text", "close the quote before it"),
    "found unexpected end of stream": ("a quote that is never closed", "close it"),
    "found unknown escape character": (
        "an unknown escape in double quotes",
        "write a backslash twice, or use single quotes, in which it means itself",
    ),
    "did not find expected hexdecimal number": (
        "an escape without its hexadecimal digits",
        "\\x takes two digits, \\u four, \\U eight",
    ),
    "found invalid Unicode character escape code": (
        "an escape that names no character",
        "half of a surrogate pair can't be stored; write the character itself",
    ),
    "did not find expected '-' indicator": (
        "a list ends here without its indentation ending",
        "give every `- ` of one list the same indentation",
    ),
    "did not find expected key": (
        "no key where the mapping needs its next one",
        "give the keys of one mapping one indentation",
    ),
    "did not find expected ',' or ']'": (
        "a `[` list that is not closed",
        "separate its items by `,` and end it with `]`",
    ),
    "did not find expected ',' or '}'": (
        "a `{` mapping that is not closed",
        "separate its entries by `,` and end it with `}`",
    ),
    "did not find expected node content": ("no value where one must follow", "write the value, or `null`"),
    "did not find expected <document start>": (
        "text after the end of the document",
        "begin a further document with `---`; indent what belongs to this one",
    ),
    "did not find expected comment or line break": (
        "text where the line must end",
        "put it on the next line",
    ),
    "found an indentation indicator equal to 0": (
        "a block text can't have the indentation 0",
        "write 1 to 9, or none",
    ),
    "did not find expected alphabetic or numeric character": (
        "`&` and `*` take a name of letters and digits",
        "quote the value if the sign is part of its text",
    ),
    "found unexpected ':'": ("a `:` that ends no key", "quote the text"),
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
    "found incompatible YAML document": "another version of YAML than 1.2",
    "found duplicate %TAG directive": "a `%TAG` line",
    "found unknown directive name": "a `%` line that is no directive of YAML",
    "could not find expected directive name": "a `%` line that is no directive of YAML",
    "found unexpected non-alphabetical character": "a `%` line that is no directive of YAML",
    "did not find expected whitespace": "a malformed `%` line",
    "did not find expected digit or '.' character": "a malformed `%YAML` line",
    "found extremely long version number": "a malformed `%YAML` line",
    "did not find expected version number": "a malformed `%YAML` line",
}


def explain(error: MarkedYAMLError, text: SourceText, base: int) -> tuple[Mistake, int]:
    """Give the mistake behind libyaml's error, and the offset at which it gave up."""
    problem = error.problem or "the text is not YAML"
    stopped = base + error.problem_mark.index if error.problem_mark else base
    began = base + error.context_mark.index if error.context_mark else stopped
    at = _span(text, began if problem in _AT_START else stopped)
    character = text.parsed[at[0] : at[0] + 1]
    if problem in _TABS and character == "\t":
        return Mistake(
            Code.TAB_INDENT, at, "a tab indents this line", "YAML indents with spaces only"
        ), stopped
    if problem in _DIRECTIVES:
        return Mistake(Code.DIRECTIVE, at, _DIRECTIVES[problem], "remove the line"), stopped
    if "tag" in problem or "tag" in (error.context or ""):
        return Mistake(
            Code.TAG, at, "a tag can't stand here", "quote the value if the `!` is part of its text"
        ), stopped
    if problem in _TABS:
        hint = f"`{character}` has a meaning of its own: quote the text"
        return Mistake(Code.SYNTAX, at, f"a value can't begin with `{character}`", hint), stopped
    summary, hint = _WORDS.get(problem, (problem, ""))
    return Mistake(Code.SYNTAX, at, summary, hint, _opening(problem, at, _span(text, began))), stopped


def _opening(problem: str, at: Span, began: Span) -> tuple[tuple[Span, str], ...]:
    """Point at where the unfinished thing began, when that is somewhere else."""
    note = {
        "did not find expected ',' or ']'": "it opens here",
        "did not find expected ',' or '}'": "it opens here",
        "did not find expected '-' indicator": "the list begins here",
        "did not find expected key": "the mapping begins here",
    }.get(problem)
    return ((began, note),) if note and began[0] != at[0] else ()


def _span(text: SourceText, offset: int) -> Span:
    """Give the word at an offset, and for the end of the file the end of its last text."""
    parsed = text.parsed
    if not parsed[offset:].strip():
        offset = max(len(parsed.rstrip()) - 1, 0)
    end = offset
    while end < min(len(parsed), offset + 80) and not parsed[end].isspace():
        end += 1
    return offset, max(end, offset + 1)
