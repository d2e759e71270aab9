"""`reconciler explain`: what a word means that was printed somewhere, and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

import click

from reconciler.cli import known
from reconciler.cli.grammar import Command
from reconciler.cli.output import Paper, View, output_option, show
from reconciler.errors import UsageError

if TYPE_CHECKING:
    from reconciler.desired.fields import Field
    from reconciler.report.glossary import Entry
    from reconciler.report.terminal import Page

_INDENT: Final = 2
_DO: Final = 6
"""Columns before what is to be done."""


@click.command(
    "explain",
    cls=Command,
    examples="""
        reconciler explain RC205                     a mistake, by its code
        reconciler explain PruneBlocked              what status says
        reconciler explain StoreRefused              an error
        reconciler explain Workflow.spec.jobs        a field of a manifest, and those in it
        reconciler explain needs
        reconciler explain max_prune                 a setting
        reconciler explain                           everything
    """,
)
@click.argument("word", required=False, shell_complete=known.explained)
@output_option
def command(word: str | None, form: str) -> int:
    """Explain a word: a code, a reason, an error, a field, a setting. Without WORD, list all.

    Needs no server.
    """
    from reconciler.report.glossary import find_fields, look_up

    everything = _everything()
    entries = everything if word is None else look_up(word, everything)
    fields = _kinds() if word is None else find_fields(word)
    if word is not None and not entries and not fields:
        raise _unknown(word, everything)
    text = _list if word is None else _whole
    show(
        View(
            lambda paper: text(entries, fields, paper),
            lambda: _document(entries, fields),
            lambda: _names(entries, fields),
        ),
        form,
    )
    return 0


def _everything() -> tuple[Entry, ...]:
    """Give what there is to look up beside fields; what settings are is known here alone."""
    from reconciler.report.glossary import Entry, Sort, entries
    from reconciler.settings import OPTIONS

    settings = (
        Entry(
            option.name,
            Sort.SETTING,
            f"{option.help[0].upper()}{option.help[1:].removesuffix('.')}.",
            f"{option.flag}, {option.environment[0]}, or {option.name} in reconciler.toml; "
            f"by default {option.default or 'none'}",
        )
        for option in OPTIONS
    )
    return (*entries(), *settings)


def _kinds() -> tuple[Field, ...]:
    from reconciler.desired.fields import kinds

    return kinds()


def _unknown(word: str, everything: Sequence[Entry]) -> UsageError:
    from reconciler.report.glossary import like

    near = like(word, everything)
    fix = f"did you mean {near}? " if near else ""
    return UsageError(f"{word!r} is no word of ours", fix=f"{fix}`reconciler explain` lists them all")


# --- text ---------------------------------------------------------------------------------------------------


def _whole(entries: Sequence[Entry], fields: Sequence[Field], paper: Paper) -> str:
    """Tell everything of the few that were found."""
    from reconciler.report.terminal import Page

    page = Page(paper.coloured, paper.width)
    for place, entry in enumerate(entries):
        if place:
            page.skip()
        _put_entry(page, entry)
    for place, field in enumerate(fields):
        if place or entries:
            page.skip()
        _put_field(page, field)
    return str(page)


def _put_entry(page: Page, entry: Entry) -> None:
    from reconciler.report.glossary import Sort
    from reconciler.report.terminal import Style

    also = f"{entry.also}, " if entry.sort is Sort.MISTAKE else ""
    article = "an" if entry.sort is Sort.ERROR else "a"
    page.put_parts([(entry.word, Style.BOLD), (f"  {also}{article} {entry.sort}", Style.DIM)])
    page.put(entry.meaning, indent=_INDENT)
    page.put(entry.cure, Style.CYAN, indent=_DO, label="  by:" if entry.sort is Sort.SETTING else "  do:")


def _put_field(page: Page, field: Field) -> None:
    from reconciler.report.terminal import Style, columns

    page.put_parts([(field.path, Style.BOLD), (f"  {_nature(field)}", Style.DIM)])
    page.put(field.about, indent=_INDENT)
    if field.example is not None:
        page.put_whole(f"such as {_spelt(field)}", Style.CYAN, indent=_INDENT)
    if not field.fields:
        return
    page.skip()
    room = max(columns(inner.name) for inner in field.fields) + 2 * _INDENT
    for inner in field.fields:
        page.put(f"{_nature(inner)}. {inner.about}", indent=room, label=f"  {inner.name}")


def _nature(field: Field) -> str:
    from reconciler.desired.fields import REQUIRED

    need = field.need if field.need in {"", REQUIRED} else f"{field.need} if left out"
    return ", ".join(part for part in (field.form, need) if part)


def _spelt(field: Field) -> str:
    import yaml

    told = yaml.safe_dump(
        {field.name: field.example},
        default_flow_style=True,
        sort_keys=False,
        allow_unicode=True,
        width=1 << 20,
    )
    return told.strip().removeprefix("{").removesuffix("}")


def _list(entries: Sequence[Entry], fields: Sequence[Field], paper: Paper) -> str:
    """Tell all of them briefly, one sort beneath the other."""
    from reconciler.report.terminal import Page, Style, columns

    page = Page(paper.coloured, paper.width)
    for title, rows in _sections(entries, fields):
        if page.lines:
            page.skip()
        page.put_whole(title, Style.BOLD)
        room = max(columns(word) for word, _ in rows) + 2 * _INDENT
        for word, meaning in rows:
            page.put(meaning, indent=room, label=f"  {word}")
    return str(page)


def _sections(
    entries: Iterable[Entry], fields: Iterable[Field]
) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    from reconciler.report.glossary import TITLES

    sections: dict[str, list[tuple[str, str]]] = {}
    for entry in entries:
        sections.setdefault(TITLES[entry.sort], []).append((entry.word, entry.meaning))
    yield from sections.items()
    for kind in fields:
        yield f"Fields of a {kind.path}", [(field.path, field.about) for field in kind.walk()]


# --- for programs -------------------------------------------------------------------------------------------


def _document(entries: Sequence[Entry], fields: Sequence[Field]) -> dict[str, Any]:
    from reconciler.report.wire import VERSION, encode

    return {
        "apiVersion": VERSION,
        "kind": "Explanation",
        "words": encode(list(entries)),
        "fields": encode(list(fields)),
    }


def _names(entries: Iterable[Entry], fields: Iterable[Field]) -> Iterator[str]:
    yield from dict.fromkeys(entry.word for entry in entries)
    for field in fields:
        yield from (inner.path for inner in field.walk())
