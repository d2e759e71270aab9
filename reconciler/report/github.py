"""Diagnostics as workflow commands of GitHub Actions, which shows them beside the lines of a pull request.

The form and its escapes are those of the documentation of workflow commands: in the message `%` and line
breaks are written as percent codes, in a property `:` and `,` as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from reconciler.desired import Diagnostic, Severity, cure_of, shown, slug_of

_MESSAGE: Final = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY: Final = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"})
_COMMANDS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning"}


def render_github(diagnostics: Iterable[Diagnostic], gaps: Iterable[str] = ()) -> str:
    """Give a line for each diagnostic, and one for each reason why not everything was read; "" for none."""
    lines = [_command(_COMMANDS[one.severity], _properties(one), _message(one)) for one in diagnostics]
    lines += [_command("error", {"title": "incomplete"}, gap) for gap in gaps]
    return "".join(f"{line}\n" for line in lines)


def _command(name: str, properties: dict[str, str], message: str) -> str:
    given = ",".join(f"{key}={value.translate(_PROPERTY)}" for key, value in properties.items())
    return f"::{name} {given}::{message.translate(_MESSAGE)}"


def _properties(one: Diagnostic) -> dict[str, str]:
    properties = {"file": one.where.path, **_region(one)}
    return {**properties, "title": f"{one.code} {slug_of(one.code)}".rstrip()}


def _region(one: Diagnostic) -> dict[str, str]:
    if not one.where.line:
        return {}
    end = one.where.column + (one.excerpt.width if one.excerpt else 1)
    line = str(one.where.line)
    return {"line": line, "endLine": line, "col": str(one.where.column), "endColumn": str(end)}


def _message(one: Diagnostic) -> str:
    return "\n".join(shown(line, len(line) + 1) for line in _told(one))


def _told(one: Diagnostic) -> Iterator[str]:
    yield one.summary
    if cure := one.hint or cure_of(one.code):
        yield f"help: {cure}"
    yield from (f"{other.where}: {other.note}" for other in one.related)
