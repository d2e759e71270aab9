"""Judgement of PostgreSQL, Redis and the embedded servers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from reconciler.errors import StoreRefused
from reconciler.report.checkup.facts import (
    Database,
    Embedded,
    Missing,
    Neighbour,
    Redis,
    Schema,
    Server,
    Session,
)
from reconciler.report.checkup.remark import CHECKS, Grade, Remark, in_order, out_of_reach
from reconciler.report.checkup.servers import judge_database, judge_embedded, judge_redis
from reconciler.report.checkup.text import render, summary

SESSION = Session("postgresql://db:5432/app", "ada", encrypted=True, local=False, pooled=False)
SERVER = Server(180_004, read_only=False, standby=False, left=90, most=100, ahead=timedelta())
SCHEMA = Schema("0002", "0002", may_create=True)
REDIS = Redis("redis://cache:6379/0", timedelta(), version="7.2.4", policy="noeviction", used=5, limit=0)


def judged(
    check: str, session: Session = SESSION, server: Server = SERVER, schema: Schema = SCHEMA
) -> Remark:
    """Give what is said of one check, which is only one thing."""
    (remark,) = [one for one in judge_database(Database(session, server, schema)) if one.check == check]
    return remark


def test_a_sound_database_is_all_well() -> None:
    """Of every check that PostgreSQL answers."""
    remarks = list(judge_database(Database(SESSION, SERVER, SCHEMA)))

    assert {one.grade for one in remarks} == {Grade.OK}
    told = "postgresql encryption pooler connections schema triggers rights clock sources"
    assert {one.check for one in remarks} == set(told.split())


@pytest.mark.parametrize(
    ("changes", "grade", "word"),
    [
        ({"version": 140_009}, Grade.FAIL, "15 is the oldest"),
        ({"version": 150_000}, Grade.OK, "15.0"),
        ({"version": 190_000}, Grade.WARN, "newer than"),
        ({"standby": True, "read_only": True}, Grade.FAIL, "a standby"),
        ({"read_only": True}, Grade.FAIL, "takes no writes"),
    ],
)
def test_the_server_is_judged(changes: dict[str, Any], grade: Grade, word: str) -> None:
    """By its version, and whether it takes writes."""
    remark = judged("postgresql", server=replace(SERVER, **changes))

    assert (remark.grade, word in remark.text) == (grade, True)


@pytest.mark.parametrize(
    ("check", "changes", "grade"),
    [
        ("encryption", {"encrypted": False}, Grade.WARN),
        ("encryption", {"encrypted": False, "local": True}, Grade.OK),
        ("pooler", {"pooled": True}, Grade.FAIL),
    ],
)
def test_the_way_there_is_judged(check: str, changes: dict[str, Any], grade: Grade) -> None:
    """A pooler in between is a failure: the lock would not hold."""
    assert judged(check, session=replace(SESSION, **changes)).grade is grade


@pytest.mark.parametrize(("left", "grade"), [(8, Grade.OK), (7, Grade.WARN), (0, Grade.FAIL)])
def test_the_connections_left_are_judged(left: int, grade: Grade) -> None:
    """One replica takes a few."""
    assert judged("connections", server=replace(SERVER, left=left)).grade is grade


@pytest.mark.parametrize(
    ("ahead", "grade", "word"),
    [
        (timedelta(seconds=1), Grade.OK, "agrees"),
        (timedelta(seconds=3), Grade.WARN, "3.0 s ahead of"),
        (-timedelta(seconds=30), Grade.FAIL, "30.0 s behind"),
    ],
)
def test_clocks_are_judged(ahead: timedelta, grade: Grade, word: str) -> None:
    """At fifteen seconds heartbeats would be taken for dead."""
    remark = judged("clock", server=replace(SERVER, ahead=ahead))

    assert (remark.grade, word in remark.text) == (grade, True)


@pytest.mark.parametrize(
    ("changes", "grade", "word", "fix"),
    [
        ({"found": "", "may_create": True}, Grade.WARN, "schema none", "reconciler db upgrade"),
        ({"found": "", "may_create": False}, Grade.FAIL, "may not make tables", "as a role that may"),
        ({"found": "0001", "misfits": ("alter table x;",)}, Grade.FAIL, "alter table x;", "db upgrade"),
        ({"found": "0009"}, Grade.FAIL, "newer than this version", "that upgraded it"),
        ({"misfits": ("alter table x;",)}, Grade.FAIL, "do not fit", "db check"),
        ({"found": None}, Grade.UNKNOWN, "see rights", ""),
    ],
)
def test_the_schema_is_judged(changes: dict[str, Any], grade: Grade, word: str, fix: str) -> None:
    """What is only behind mends itself, if the role may."""
    remark = judged("schema", schema=replace(SCHEMA, **changes))

    assert (remark.grade, word in remark.text, fix in remark.fix) == (grade, True, True)


def test_rights_that_are_missing_are_named_with_their_grant() -> None:
    """Table by table, as it can be copied; on no column more than is needed."""
    lacking = replace(SCHEMA, missing=(Missing("public.jobs", ("UPDATE (name, params)", "DELETE")),))
    remark = judged("rights", schema=lacking)

    assert remark.grade is Grade.FAIL
    assert remark.text == "no UPDATE, DELETE on public.jobs"
    assert remark.fix == 'grant UPDATE (name, params), DELETE on public.jobs to "ada"'


def test_what_is_to_be_typed_names_folders_and_roles_whole() -> None:
    """`rm -r` of half a name with a space in it would remove something else."""
    odd = Embedded("/home/ada/my study/.reconciler", present=True, installer="")
    (embedded,) = judge_embedded(odd, wanted=False)
    session = replace(SESSION, role='a"b c')
    schema = replace(SCHEMA, missing=(Missing("public.users", ("SELECT",)),))

    assert embedded.fix.endswith("rm -r '/home/ada/my study/.reconciler'")
    assert judged("rights", session=session, schema=schema).fix.endswith('to "a""b c"')


def test_the_user_whom_redis_refuses_is_named() -> None:
    """In the command that helps."""
    (remark,) = [one for one in judge_redis(replace(REDIS, trial="NOPERM", user="ada")) if one.fix]

    assert remark.fix.startswith("ACL SETUSER ada ~reconciler:*")


@pytest.mark.parametrize(
    ("by", "cure"),
    [
        ("user", 'begin read write; alter role "ada" reset default_transaction_read_only; commit'),
        ("database", 'begin read write; alter database "app" reset default_transaction_read_only; commit'),
        ("database user", 'alter role "ada" in database "app" reset'),
        ("client", "out of DATABASE_URL"),
        ("configuration file", "alter system set default_transaction_read_only = off"),
    ],
)
def test_who_forbids_writing_is_told_how_to_allow_it(by: str, cure: str) -> None:
    """Each of the places where it can be said has its own statement."""
    server = replace(SERVER, read_only=True, read_only_by=by)

    assert cure in judged("postgresql", replace(SESSION, database="app"), server).fix


def test_triggers_that_are_gone_or_off_only_make_it_slower() -> None:
    """The schedule heals all the same."""
    gone = judged("triggers", schema=replace(SCHEMA, triggers_missing=("reconciler_landed on public.jobs",)))
    off = judged("triggers", schema=replace(SCHEMA, triggers_off=("reconciler_edited on public.users",)))

    assert (gone.grade, off.grade) == (Grade.WARN, Grade.WARN)
    assert gone.fix == off.fix == "reconciler db upgrade, by whoever owns the tables: it puts them back"


def test_two_instances_on_one_source_are_told() -> None:
    """Other instances with sources of their own are not."""
    others = (Neighbour("b", "directory:/srv/b", alive=True), Neighbour("c", "directory:/srv/a", alive=False))
    database = Database(SESSION, SERVER, SCHEMA, others, "directory:/srv/a")

    (same,) = [one for one in judge_database(database) if one.check == "sources"]
    (apart,) = [one for one in judge_database(replace(database, source="x")) if one.check == "sources"]

    assert (same.grade, "source of c" in same.text) == (Grade.WARN, True)
    assert (apart.grade, apart.text) == (Grade.OK, "2 other instances in this database, 1 alive")


@pytest.mark.parametrize(
    ("changes", "check", "grade"),
    [
        ({}, "redis", Grade.OK),
        ({"version": None, "policy": None, "used": None, "limit": None}, "redis", Grade.OK),
        ({"version": "6.0.16"}, "redis", Grade.FAIL),
        ({"version": "6.2.0"}, "redis", Grade.OK),
        ({"replica": True}, "redis", Grade.FAIL),
        ({"used": 95, "limit": 100}, "redis", Grade.WARN),
        ({"policy": "allkeys-lru", "limit": 100}, "redis", Grade.WARN),
        ({"policy": "volatile-lru", "limit": 100}, "redis", Grade.OK),
        ({"trial": "its user may not do that"}, "redis-rights", Grade.FAIL),
        ({"ahead": timedelta(seconds=5)}, "clock", Grade.WARN),
    ],
)
def test_redis_is_judged(changes: dict[str, Any], check: str, grade: Grade) -> None:
    """By what it is and what it lets us do."""
    (remark,) = [one for one in judge_redis(replace(REDIS, **changes)) if one.check == check]

    assert remark.grade is grade
    assert bool(remark.fix) is (grade is not Grade.OK)


@pytest.mark.parametrize(
    ("changes", "wanted", "grade", "word"),
    [
        ({}, True, Grade.OK, "not running"),
        ({}, False, Grade.OK, "not used"),
        ({"pid": 7}, True, Grade.OK, "process 7"),
        ({"pid": 7}, False, Grade.WARN, "another database"),
        ({"stale": ("postmaster.pid",)}, True, Grade.WARN, "postmaster.pid"),
        ({"missing": ("Valkey",)}, True, Grade.WARN, "not installed: Valkey"),
        ({"missing": ("Valkey",)}, False, Grade.OK, "not used"),
        ({"footing": "unshare: refused"}, True, Grade.WARN, "unshare: refused"),
        ({"present": True}, False, Grade.WARN, "do not use"),
    ],
)
def test_the_embedded_servers_are_judged(
    changes: dict[str, Any], grade: Grade, word: str, *, wanted: bool
) -> None:
    """What is not wanted need not work."""
    told = replace(
        Embedded("/srv/.reconciler", present=False, installer="/opt/bin/python -m pip install it"), **changes
    )
    (remark,) = judge_embedded(told, wanted=wanted)

    assert (remark.grade, word in remark.text) == (grade, True)


def test_what_could_not_be_looked_at_is_told_once() -> None:
    """The first check has the reason; the others refer to it, and are no failures of their own."""
    refused = StoreRefused(
        "PostgreSQL refuses the login", where="postgresql://db/app", why="no", fix="mend it"
    )
    remarks = in_order(out_of_reach(("postgresql", "schema", "rights"), refused))

    assert [one.grade for one in remarks] == [Grade.FAIL, Grade.UNKNOWN, Grade.UNKNOWN]
    text = render(remarks, color=False, width=80)
    assert "PostgreSQL refuses the login (postgresql://db/app): no" in " ".join(text.split())
    assert text.count("not looked at") == 1
    assert summary(remarks) == "1 failure, 0 warnings"
    assert summary(()) == "all is well"


def test_text_fits_and_steers_no_terminal() -> None:
    """Whatever a server says of itself."""
    remarks = [Remark(check, Grade.WARN, f"{check} \x1b[2J " + "word " * 30, "do " * 20) for check in CHECKS]
    text = render(remarks, color=False, width=80)

    assert max(map(len, text.splitlines())) <= 80
    assert "\x1b" not in text
