"""The daemon with real edges: it converges whatever is cut, one replica writes, and the status tells it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from time import monotonic

import pytest

from reconciler.cli import main
from reconciler.daemon.clock import SystemClock
from reconciler.report import Board, Hints, PassReport, Role, Trigger, judge
from reconciler.status import BoardReader
from reconciler.store import desk
from reconciler.store.connect import Connection, connect
from reconciler.store.ear import wait_for_answer
from reconciler.store.postgres import PostgresStore
from tests.builders import workflow_key
from tests.integration.daemon.replica import INSTANCE, Replica

ADA = "apiVersion: reconciler/v1\nkind: User\nmetadata: {name: ada}\n"
SLIDE = """apiVersion: reconciler/v1
kind: Workflow
metadata: {name: slide}
spec:
  user: ada
  jobs:
    - {name: tile, job_type: tiling}
"""
INFER = "    - {name: 推理, job_type: inference, needs: [tile]}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder with a user and a workflow."""
    (tmp_path / "ada.yaml").write_text(ADA)
    (tmp_path / "slide.yaml").write_text(SLIDE)
    return tmp_path


@pytest.fixture
def replica(folder: Path, database_url: str, redis_url: str) -> Callable[[str], Replica]:
    """Make replicas of one instance."""
    return lambda name: Replica(name, folder, database_url, redis_url)


@pytest.fixture
def sql(database_url: str) -> Iterator[Connection]:
    """Give a connection of somebody else."""
    with connect(database_url, "a test") as connection:
        yield connection


def _jobs(sql: Connection) -> list[tuple[str, str]]:
    return sql.execute("select name, branch_id from jobs order by position").fetchall()


def _ask(sql: Connection) -> None:
    """Ask for a pass as `reconcile` does, and wait until it has ended."""
    request = desk.ask(sql, INSTANCE, "somebody")
    assert wait_for_answer(sql, request, 30)


def _cut(sql: Connection, what: str) -> None:
    sql.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where datname = current_database() and application_name like %s",
        [what],
    )


def _reader(redis_url: str) -> closing[BoardReader]:
    return closing(BoardReader(redis_url, INSTANCE, SystemClock()))


def _boards(database_url: str, redis_url: str) -> list[Board | None]:
    with (
        _reader(redis_url) as reader,
        closing(PostgresStore(database_url, INSTANCE, SystemClock())) as store,
    ):
        return [reader.read(), store.recall()]


def test_a_folder_becomes_rows_and_both_boards_say_so(
    replica: Callable[[str], Replica], sql: Connection, database_url: str, redis_url: str
) -> None:
    """Healthy, by the same verdict."""
    with replica("a").running() as daemon:
        daemon.next_report()
        for _ in range(2):  # the second is answered after the first was told
            _ask(sql)
        assert _jobs(sql) == [("tile", "main")]
        for board in _boards(database_url, redis_url):
            assert board is not None
            assert judge(board, SystemClock().now()).findings == ()
            assert board.resources.keys() >= {workflow_key("slide")}


def test_a_saved_file_is_applied_alone(
    replica: Callable[[str], Replica], folder: Path, sql: Connection
) -> None:
    """The hint narrows the pass; the row is there when it has ended."""
    with replica("a").running() as daemon:
        daemon.next_report()
        (folder / "slide.yaml").write_text(SLIDE + INFER)
        daemon.wakeups.request(Trigger.FILES, Hints(paths=frozenset({"slide.yaml"})))
        report = daemon.next_report(lambda report: report.result.counts.updated == 1)
        assert report.desired.scope == frozenset({workflow_key("slide")})
        assert _jobs(sql) == [("tile", "main"), ("推理", "main")]


def test_a_hand_edit_is_put_back_at_once(replica: Callable[[str], Replica], sql: Connection) -> None:
    """PostgreSQL tells of it; nothing waits for the schedule."""
    with replica("a").running() as daemon:
        daemon.next_report()
        _ask(sql)  # it answers: so it listens by now
        sql.execute("update jobs set branch_id = 'x'")
        daemon.next_report(lambda report: report.result.counts.healed == 1)
        assert _jobs(sql) == [("tile", "main")]


def test_with_every_connection_cut_it_goes_on_within_two_seconds(
    replica: Callable[[str], Replica], folder: Path, sql: Connection
) -> None:
    """As after a restart of PostgreSQL: under a new epoch, with a look at everything."""
    with replica("a").running() as daemon:
        first = daemon.next_report()
        (folder / "slide.yaml").write_text(SLIDE + INFER)
        began = monotonic()
        _cut(sql, "reconciler%")
        daemon.next_report(lambda report: report.result.counts.updated == 1)
        assert monotonic() - began < 2
        assert len(_jobs(sql)) == 2
        assert first.result.counts.created == 2


def test_one_replica_writes_and_another_takes_over_when_its_session_is_cut(
    replica: Callable[[str], Replica], folder: Path, sql: Connection
) -> None:
    """Whichever is elected then, exactly one is, under a higher epoch, and what was asked for is done."""
    with replica("a").running() as one:
        one.next_report()
        with replica("b").running() as other:
            before = _epoch(sql)
            (folder / "slide.yaml").write_text(SLIDE + INFER)
            _cut(sql, "reconciler seat%")
            _either(one, other, lambda report: report.result.counts.updated == 1)
            assert _epoch(sql) == before + 1
            assert len(_jobs(sql)) == 2


def test_a_leader_that_stops_is_followed_at_once(
    replica: Callable[[str], Replica], folder: Path, sql: Connection, redis_url: str
) -> None:
    """It lets go of its lock, and takes its heartbeat down."""
    with replica("b").running() as heir:
        heir.next_report()
        with replica("a").running() as waiting:
            heir.wakeups.close()
            waiting.next_report()
            (folder / "slide.yaml").write_text(SLIDE + INFER)
            waiting.wakeups.request(Trigger.FILES)
            waiting.next_report(lambda report: report.result.counts.updated == 1)
    with _reader(redis_url) as reader:
        board = reader.read()
    assert board is None or board.replicas == ()
    assert sql.execute("select count(*) from reconciler.replicas").fetchone() == (0,)


def test_a_second_replica_stands_by_and_shows_it(
    replica: Callable[[str], Replica], sql: Connection, redis_url: str
) -> None:
    """There is one leader and one standby."""
    with replica("a").running() as leader:
        leader.next_report()
        with replica("b").running(), _reader(redis_url) as reader:
            board = reader.read()
            deadline = monotonic() + 30
            while (board is None or len(board.replicas) < 2) and monotonic() < deadline:
                _ask(sql)
                board = reader.read()
            assert board is not None
            assert sorted(one.role for one in board.replicas) == [Role.LEADER, Role.STANDBY]


def _epoch(sql: Connection) -> int:
    row = sql.execute("select epoch from reconciler.fence").fetchone()
    assert row is not None
    return int(row[0])


def _either(one: Replica, other: Replica, wanted: Callable[[PassReport], bool]) -> None:
    """Wait until one of the two reports a pass that ended as wanted."""
    deadline = monotonic() + 30
    while monotonic() < deadline:
        for replica in (one, other):
            while not replica.reports.empty():
                if wanted(replica.reports.get()):
                    return
    raise AssertionError("neither did")


def test_a_pass_that_is_asked_for_by_name_finds_what_no_event_told_of(
    replica: Callable[[str], Replica],
    folder: Path,
    sql: Connection,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """So it looks at everything: where a manifest stands that is new, or has moved, nobody knows before."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    with replica("one").running():
        _ask(sql)
        (folder / "deep").mkdir()
        (folder / "deep/new.yaml").write_text(SLIDE.replace("slide", "new"))
        (folder / "slide.yaml").rename(folder / "deep/moved.yaml")
        with (folder / "deep/moved.yaml").open("a") as moved:
            moved.write(INFER)

        assert main(["reconcile", "Workflow/new", "Workflow/slide"]) == 0

    rows = sql.execute(
        "select w.name, count(*) from workflows w join jobs j on j.workflow_id = w.id group by 1 order by 1"
    ).fetchall()
    assert rows == [("new", 1), ("slide", 2)]
