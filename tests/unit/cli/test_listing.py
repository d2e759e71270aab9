"""A list written page by page is the same as one that is written at once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from reconciler.cli import sheets
from reconciler.cli.listing import written
from reconciler.cli.output import Form, as_json, as_yaml
from reconciler.report.listing import Page, UserItem, list_document
from reconciler.store.wanted import Wanted
from tests.fakes import NOON
from tests.unit.report.test_description import STANDING

names = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.sampled_from(
    ["\u2028", "0", "[0]"]
)
people = st.lists(names, max_size=7).map(
    lambda said: [UserItem(name, UUID(int=n), name, NOON, STANDING) for n, name in enumerate(said)]
)
SHEET = sheets.users(Wanted("default"), NOON)


def page(items: Sequence[UserItem], following: str = "") -> Page[UserItem]:
    """Make a page."""
    return Page("UserList", tuple(items), following)


@given(items=people, size=st.integers(1, 4), following=st.sampled_from(["", "WyJhIl0"]))
def test_pages_together_are_the_document(items: list[UserItem], size: int, following: str) -> None:
    """Byte for byte, as JSON and as YAML, whatever the names hold."""
    parts = [page(items[start : start + size]) for start in range(0, len(items), size)] or [page([])]
    parts[-1] = replace(parts[-1], next=following)
    whole = list_document(page(items, following))

    told = "".join(written(SHEET, iter(parts), Form.JSON))
    also = "".join(written(SHEET, iter(parts), Form.YAML))

    assert told == f"{as_json(whole)}\n"
    assert json.loads(told) == whole
    assert also == as_yaml(whole)


def test_a_table_goes_on_beneath_its_titles() -> None:
    """Which stand there once, and not above nothing."""
    ada, bob = (UserItem(name, UUID(int=1), name, NOON, STANDING) for name in ("ada", "bob"))

    told = "".join(written(SHEET, iter([page([ada]), page([bob])]), Form.TABLE)).splitlines()

    assert [line.split()[0] for line in told] == ["NAME", "ada", "bob"]
    assert list(written(SHEET, iter([page([])]), Form.TABLE)) == [""]
    assert "".join(written(SHEET, iter([page([ada]), page([bob])]), Form.NAME)) == "User/ada\nUser/bob\n"


@pytest.mark.parametrize("form", [Form.JSON, Form.YAML])
def test_an_empty_list_is_a_document(form: Form) -> None:
    """Programs read it all the same."""
    told = yaml.safe_load("".join(written(SHEET, iter([page([])]), form)))

    assert told == {"apiVersion": "reconciler/v1", "kind": "UserList", "items": [], "next": ""}
