"""The JSON of plans and differences as tables: every field of every type, and the form it has."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from datetime import datetime
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, Final, get_args, get_origin, get_type_hints
from uuid import UUID

from reconciler.desired import Location
from reconciler.plan import Gate, HeldBack, Part
from reconciler.report.diff import Difference
from reconciler.report.fields import FieldStep, JobStep
from reconciler.report.saved import Origin, SavedPlan, Terms
from reconciler.report.steps import PlanReport, RowCounts, Step
from reconciler.resources import ResourceKey

PLAN: Final = (PlanReport, Step, FieldStep, JobStep, RowCounts, HeldBack, Gate, Part, Location)
SAVED: Final = (SavedPlan, Origin, Terms)
DIFFERENCE: Final = (Difference,)

_TITLES: Final[Mapping[type, str]] = {PlanReport: "Plan"}
_PLAIN: Final[Mapping[Any, str]] = {
    Any: "any JSON",
    ResourceKey: "`Kind/name`",
    UUID: "id",
    bool: "true or false",
    datetime: "time",
    float: "number",
    int: "number",
    str: "text",
}


def sections(kinds: Iterable[type]) -> str:
    """Give a section for each type: its name, what it promises, and its fields."""
    return "\n\n".join("\n\n".join(_section(kind)) for kind in kinds)


def _section(kind: type) -> Iterator[str]:
    yield f"### {_title(kind)}"
    yield inspect.cleandoc(kind.__doc__ or "").replace("None", "null")
    hints = get_type_hints(kind)
    rows = (f"| `{field.name}` | {_form(hints[field.name])} |" for field in fields(kind))
    yield "\n".join(["| field | form |", "|---|---|", *rows])


def _title(kind: type) -> str:
    return _TITLES.get(kind, kind.__name__)


def _form(kind: Any) -> str:  # noqa: ANN401 - a type, or what stands for one in an annotation
    if kind in _PLAIN:
        return _PLAIN[kind]
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return " ".join(f"`{word}`" for word in kind)
    if get_origin(kind) is UnionType:
        return " or ".join("null" if arg is NoneType else _form(arg) for arg in get_args(kind))
    if get_origin(kind) is tuple:
        return _list_of(get_args(kind))
    if get_origin(kind) is Mapping:
        key, value = get_args(kind)
        return f"mapping of {_form(key)} to {_form(value)}"
    return f"[{_title(kind)}](#{_title(kind).lower()})" if kind in _SHOWN else f"`{kind.__name__}`"


def _list_of(args: tuple[Any, ...]) -> str:
    if args[-1] is Ellipsis:
        return f"list of {_form(args[0])}"
    return f"[{', '.join(map(_form, args))}]"


_SHOWN: Final = frozenset([*PLAN, *SAVED, *DIFFERENCE])
