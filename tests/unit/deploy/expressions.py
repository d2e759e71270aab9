"""PromQL read just far enough: which metrics an expression names, and what it asks of their labels."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reconciler.metrics import DEFINITIONS, Definition, Label

_SELECTOR = re.compile(r"\b(reconciler_\w+|process_\w+|up|ALERTS)\b(?:\{(.*?)\})?")
_MATCHER = re.compile(r'(\w+)\s*(=~|!~|!=|=)\s*"(.*?)"')
_SUFFIXES = ("_bucket", "_sum", "_count")
_BY_NAME = {one.name: one for one in DEFINITIONS}
_OF_SCRAPES = frozenset({"job", "instance"})


def faults(expression: str) -> Iterator[str]:
    """Say what an expression asks for that no daemon tells."""
    for name, matchers in _SELECTOR.findall(expression):
        if not name.startswith("reconciler_"):
            continue
        definition = _definition(name)
        if definition is None:
            yield f"no such metric: {name}"
            continue
        labels = {label.name: label for label in definition.labels}
        for label, operator, value in _MATCHER.findall(matchers):
            if label == "le" and name.endswith("_bucket"):
                continue
            if label in labels and operator in {"=", "!="} and not _may_be(labels[label], value):
                yield f"{name}: {label} is never {value}"
            elif label not in labels and label not in _OF_SCRAPES:
                yield f"{name} has no label {label}"
    yield from _foreign_groups(expression)


def metrics(expression: str) -> set[str]:
    """Give the metrics of ours that an expression names."""
    found = (_definition(name) for name, _ in _SELECTOR.findall(expression))
    return {one.name for one in found if one is not None}


def _definition(name: str) -> Definition | None:
    for suffix in _SUFFIXES:
        base = _BY_NAME.get(name.removesuffix(suffix))
        if name.endswith(suffix) and base is not None and base.type == "histogram":
            return base
    found = _BY_NAME.get(name)
    return found if found is not None and found.type != "histogram" else None


def _may_be(label: Label, value: str) -> bool:
    return label.values is None or value in label.values


def _foreign_groups(expression: str) -> Iterator[str]:
    """Say by what an expression groups that none of its metrics has."""
    known = {label.name for name in metrics(expression) for label in _BY_NAME[name].labels}
    known |= _OF_SCRAPES | {"le", "alertname"}
    for grouped in re.findall(r"\b(?:by|on|group_left)\s*\(([^)]*)\)", expression):
        yield from (f"nothing has a label {one}" for one in re.findall(r"\w+", grouped) if one not in known)
