"""The parts of `docs/` that are made from the code: `python -m tests.documents` writes them anew."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import click
import yaml
from sqlalchemy.dialects.postgresql import dialect
from sqlalchemy.engine import Dialect

from reconciler import errors
from reconciler.cli.grammar import Command, SettingOption
from reconciler.cli.program import SECTIONS, program
from reconciler.desired.codes import MEANINGS, Code, Meaning
from reconciler.desired.fields import REQUIRED, Field, kinds
from reconciler.desired.limits import LIMITS, Limits
from reconciler.metrics import DEFINITIONS, Definition, Label, http_definitions
from reconciler.report.meanings import ERRORS, FINDINGS, REASONS
from reconciler.settings import OPTIONS, Option
from reconciler.store.columns import OWNED
from reconciler.store.tables import METADATA
from tests import forms
from tests.roles import ALL, BOOKS, CONSUMERS, MATRIX, ROLES

ROOT: Final = Path(__file__).parents[1]
DOCS: Final = ROOT / "docs"
_BLOCK: Final = re.compile(r"(<!-- from the code: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def renew(page: str) -> str:
    """Give a page with every part that is made from the code as the code is now."""
    return _BLOCK.sub(lambda found: f"{found[1]}\n{PARTS[found[2]]()}\n\n{found[3]}", page)


# --- the parts --------------------------------------------------------------------------------------------


def _errors() -> str:
    tree = inspect.getdoc(errors) or ""
    start = tree.index("ReconcilerError\n")
    lines = tree[start : tree.index("\n\nMistakes")].splitlines()
    return "\n".join(["```", *(line.removeprefix("    ") for line in lines), "```"])


def _codes() -> str:
    rows = ((f"`{code}`", code.slug, *_cells(what.cause, what.cure)) for code, what in MEANINGS.items())
    return _table(("code", "name", "cause", "cure"), rows)


def _fields() -> str:
    workflow, user = kinds()
    shown = {field.path: field for kind in (workflow, user) for field in kind.walk()}
    tables = {
        "metadata": "Workflow.metadata",
        "spec of a User": "User.spec",
        "spec of a Workflow": "Workflow.spec",
        "a job of `spec.jobs`": "Workflow.spec.jobs",
    }
    return "\n\n".join(f"### {title}\n\n{_field_table(shown[path])}" for title, path in tables.items())


def _field_table(above: Field) -> str:
    rows = ((f"`{field.name}`", field.form, _need(field), field.about) for field in above.fields)
    return _table(("field", "type", "if left out", "what it is"), rows)


def _need(field: Field) -> str:
    return {"": "none", REQUIRED: "an error", "the name": "the name"}.get(field.need, f"`{field.need}`")


def _errors_met() -> str:
    return _meanings(("reason", "what happened", "what to do"), ERRORS)


def _findings() -> str:
    return _meanings(("finding", "meaning", "what to do"), FINDINGS)


def _reasons() -> str:
    return _meanings(("reason", "meaning", "what to do"), REASONS)


def _meanings(head: Sequence[str], meanings: Mapping[Any, Meaning]) -> str:
    rows = ((f"`{word}`", *_cells(what.cause, what.cure)) for word, what in meanings.items())
    return _table(head, rows)


_LIMITS: Final = {
    "file_bytes": "bytes of a file",
    "nodes": "keys, values and collections of a file, as written",
    "expanded": "the same, counted again wherever an alias or `<<` repeats them",
    "depth": "levels of nesting",
    "documents": "documents of a file",
    "scalar": "characters of one text",
    "params": "bytes of the `params` of one job, as JSON",
    "mistakes": "mistakes told of a file; more are only counted",
}


def _limits() -> str:
    rows = ((_LIMITS[name], f"{getattr(LIMITS, name):,}") for name in Limits.__dataclass_fields__)
    return _table(("limit", "value"), rows)


def _settings() -> str:
    rows = (
        (f"`{option.name}`{' ↻' * option.live}", _default(option), _how(option), _sentence(option.help))
        for option in OPTIONS
    )
    return _table(("setting", "default", "given as", "what it is"), rows)


def _default(option: Option) -> str:
    return f"`{option.default}`" if option.default else "none"


def _how(option: Option) -> str:
    variables = ", ".join(f"`{name}`" for name in option.environment)
    return f"`{option.flag}`, {variables}"


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}" + ("" if text.endswith(".") else ".")


def _commands() -> str:
    context = click.Context(program, info_name="reconciler")
    names = (name for section in SECTIONS.values() for name in section)
    return "\n\n".join(part for name in names for part in _command(name, context))


def _command(name: str, parent: click.Context) -> Iterator[str]:
    assert isinstance(parent.command, click.Group)
    command = parent.command.get_command(parent, name)
    assert command is not None
    context = click.Context(command, parent, info_name=name)
    level = "###" if parent.parent else "##"
    yield f"{level} {name}"
    usage = f"```\n{context.command_path} {' '.join(command.collect_usage_pieces(context))}\n```"
    yield f"{usage}\n\n{inspect.cleandoc(command.help or '')}"
    if isinstance(command, click.Group):
        for below in command.list_commands(context):
            yield from _command(below, context)
        return
    options = [one for one in command.get_params(context) if isinstance(one, click.Option)]
    own = [one for one in options if not isinstance(one, SettingOption) and one.expose_value]
    if own:
        records = (_cells(*(one.get_help_record(context) or ("", ""))) for one in own)
        yield _table(("option", "what it does"), ((f"`{flag}`", told) for flag, told in records))
    if settings := [one.opts[0] for one in options if isinstance(one, SettingOption)]:
        yield f"Settings: {', '.join(f'`{flag}`' for flag in settings)}."
    if isinstance(command, Command) and command.examples:
        yield f"```sh\n{command.examples}\n```"


def _columns() -> str:
    parts = []
    for name, owned in OWNED.items():
        table = METADATA.tables[f"public.{name}"]
        rows = (
            (
                f"`{column.name}`",
                column.type.compile(dialect=_DIALECT).lower().replace(*_ZONED),
                "yes" if column.nullable else "no",
                "the manifest" if column.name in owned else _OWNERS[column.name],
            )
            for column in table.columns
        )
        parts.append(f"### `{name}`\n\n{_table(('column', 'type', 'null', 'owner'), rows)}")
    return "\n\n".join(parts)


def _metrics() -> str:
    rows = (
        (
            f"`{one.name}`",
            one.type,
            _labels(one),
            one.meaning,
            "the writer" if one.writers else "every replica",
        )
        for one in DEFINITIONS
    )
    return _table(("metric", "type", "labels", "what it tells", "told by"), rows)


def _http_metrics() -> str:
    rows = ((f"`{one.name}`", one.type, _labels(one), one.meaning) for one in http_definitions(()))
    return _table(("metric", "type", "labels", "what it tells"), rows)


def _alerts() -> str:
    groups = yaml.safe_load((ROOT / "deploy" / "prometheus" / "alerts.yml").read_text())["groups"]
    rows = (
        (
            f"`{rule['alert']}`",
            rule["labels"]["severity"],
            f"`{rule['expr']}`",
            rule.get("for", "at once"),
            rule["annotations"]["action"],
        )
        for group in groups
        for rule in group["rules"]
    )
    return _table(("alert", "severity", "when", "for", "what to do"), (_cells(*row) for row in rows))


def _labels(metric: Definition) -> str:
    return "<br>".join(f"`{label.name}`: {_values(label)}" for label in metric.labels) or "none"


def _values(label: Label) -> str:
    if label.values is None:
        return "one value"
    if label.name == "route":
        return "a path, as `/api/v1/workflows/{name}`"
    if set(label.values) == set(Code):
        return "[a code](manifests.md#mistakes)"
    return " ".join(f"`{value}`" for value in label.values)


def _roles() -> str:
    tables = {role: _rights_by_table(role) for role in ROLES[1:]}
    rows = (
        (f"`{table}`", *(tables[role].get(table, "") for role in ROLES[1:])) for table in (*CONSUMERS, *BOOKS)
    )
    return _table(("table", *(f"`{role}`" for role in ROLES[1:])), rows)


def _rights_by_table(role: str) -> dict[str, str]:
    return {
        table: "<br>".join(_right(privilege, columns) for privilege, columns in rights.items())
        for table, rights in MATRIX[role].items()
    }


def _right(privilege: str, columns: frozenset[str]) -> str:
    if columns == ALL:
        return privilege
    return f"{privilege} of {', '.join(f'`{column}`' for column in sorted(columns))}"


_DIALECT: Final[Dialect] = dialect()  # type: ignore[no-untyped-call]
_ZONED: Final = ("timestamp with time zone", "timestamptz")
_OWNERS: Final = {
    "status": "whoever runs jobs; we write `PENDING` once",
    "observed_generation": "whoever runs jobs; we never write it",
    "created_at": "we write it once",
}

PARTS: Final[Mapping[str, Callable[[], str]]] = {
    "errors": _errors,
    "codes": _codes,
    "error_meanings": _errors_met,
    "finding_meanings": _findings,
    "reason_meanings": _reasons,
    "fields": _fields,
    "limits": _limits,
    "settings": _settings,
    "commands": _commands,
    "columns": _columns,
    "metrics": _metrics,
    "http_metrics": _http_metrics,
    "alerts": _alerts,
    "roles": _roles,
    "plan_forms": lambda: forms.sections(forms.PLAN),
    "saved_forms": lambda: forms.sections(forms.SAVED),
    "difference_forms": lambda: forms.sections(forms.DIFFERENCE),
}


# --- Markdown ---------------------------------------------------------------------------------------------


def _cells(*texts: str) -> tuple[str, ...]:
    return tuple(text.replace("|", "\\|") for text in texts)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    for path in sorted(DOCS.glob("*.md")):
        path.write_text(renew(path.read_text()))
