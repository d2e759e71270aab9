"""What `docs/tables.md` tells a scheduler to run, run on real tables."""

from __future__ import annotations

import re

import psycopg
import pytest

from tests.documents import DOCS

_ROWS = """
insert into users (id, username) values ('00000000-0000-0000-0000-00000000000a', 'ada');
insert into workflows (id, user_id, name)
values ('00000000-0000-0000-0000-00000000000b', '00000000-0000-0000-0000-00000000000a', 'w');
insert into jobs (id, workflow_id, name, job_type, branch_id, parent_ids_json) values
('00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-00000000000b', 'tile', 't', 'main', '[]'),
('00000000-0000-0000-0000-000000000002', '00000000-0000-0000-0000-00000000000b', 'again', 't', 'main', '[]'),
('00000000-0000-0000-0000-000000000003', '00000000-0000-0000-0000-00000000000b', 'infer', 't', 'other',
 '["00000000-0000-0000-0000-000000000001"]')
"""


@pytest.fixture
def claim() -> str:
    """Give the statement of the page that claims a job."""
    return _statements("claims")


def _statements(mark: str) -> str:
    found = re.search(rf"<!-- {mark} -->\n```sql\n(.*?)```", (DOCS / "tables.md").read_text(), re.DOTALL)
    assert found is not None
    return found[1]


def _claimed(connection: psycopg.Connection, claim: str) -> str | None:
    row = connection.execute(claim.encode()).fetchone()
    return str(row[2]) if row else None


def test_the_claim_of_the_page_minds_order_parents_and_branches(database_url: str, claim: str) -> None:
    """The oldest goes first; its child and the next of its branch wait until it has landed."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(_ROWS)

        assert _claimed(connection, claim) == "tile"
        assert _claimed(connection, claim) is None

        connection.execute("update jobs set status = 'SUCCEEDED' where name = 'tile'")
        assert {_claimed(connection, claim), _claimed(connection, claim)} == {"again", "infer"}
        assert _claimed(connection, claim) is None


def test_the_rights_of_the_page_suffice_for_a_scheduler_and_for_nothing_else(
    database_url: str, claim: str
) -> None:
    """It claims and lands jobs, and can neither change what manifests own nor read our books."""
    with psycopg.connect(database_url) as connection:
        connection.execute(_ROWS)
        connection.execute("create role scheduler")
        connection.execute(_statements("grants").encode())
        connection.execute("set role scheduler")

        assert _claimed(connection, claim) == "tile"
        landed = connection.execute("update jobs set status = 'SUCCEEDED' where name = 'tile'")
        assert landed.rowcount == 1
        for statement in (
            "update jobs set branch_id = 'x'",
            "delete from jobs",
            "insert into users (id, username) values (gen_random_uuid(), 'eve')",
            "select from reconciler.inventory",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
                connection.execute(statement.encode())
        connection.rollback()
