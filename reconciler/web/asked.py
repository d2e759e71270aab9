"""What a request may ask of a list: how its parameters are described, checked and read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Path, Query
from pydantic import Field

from reconciler.plan import Sync
from reconciler.store.wanted import Wanted
from reconciler.web.edges import UsingEdges
from reconciler.web.problems import Fault, Problem

TEXT: Final = r"^[^\x00]*$"
"""PostgreSQL has no text with a NUL in it."""
LABEL: Final = r"^[^=\x00]+=[^\x00]*$"
_MOST: Final = 500

Word = Annotated[str, Query(max_length=500, pattern=TEXT)]
Name = Annotated[str, Path(max_length=500, pattern=TEXT, description="Its name.")]
Limit = Annotated[int, Query(ge=1, le=_MOST, description="How many items a page holds.")]
After = Annotated[str, Query(max_length=4096, pattern=TEXT, description="`next` of the page before.")]
Syncs = Annotated[tuple[Sync, ...], Query(alias="sync", description="Those that stand so alone.")]
Search = Annotated[
    str, Query(max_length=500, pattern=TEXT, description="A part of the name, in upper or lower case.")
]
Label = Annotated[str, Field(max_length=1300, pattern=LABEL)]
Labels = Annotated[
    tuple[Label, ...], Query(alias="label", description="Those with this label alone: `name=value`.")
]


@dataclass(frozen=True, slots=True)
class Leaf:
    """One page of a list: how long it is, and after which one it comes."""

    limit: int
    after: str


async def narrowed(edges: UsingEdges, search: Search = "", sync: Syncs = (), label: Labels = ()) -> Wanted:
    """Read what every list of resources takes."""
    return Wanted(edges.instance, search=search, syncs=tuple(map(str, sync)), labels=read_labels(label))


async def paged(limit: Limit = 50, after: After = "") -> Leaf:
    """Read which page is asked for."""
    return Leaf(limit, after)


Narrowing = Annotated[Wanted, Depends(narrowed)]
Paging = Annotated[Leaf, Depends(paged)]


def read_labels(texts: Iterable[str]) -> dict[str, str]:
    """Read `name=value`, each.

    Raises:
        Problem: one is not like that.

    """
    labels = {}
    for text in texts:
        label, separator, value = text.partition("=")
        if not separator or not label:
            fault = Fault(422, "LabelInvalid")
            raise Problem(fault, "a label can't be read", where=text[:100], fix="give NAME=VALUE")
        labels[label] = value
    return labels
