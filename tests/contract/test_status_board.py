"""What every status board promises, in memory as in Redis."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import pytest

from reconciler.plan import Reason, Sync
from reconciler.ports import StatusBoard
from reconciler.report import Board, ReplicaStatus, ResourceStatus
from reconciler.status import RedisBoard
from tests.fakes import HandClock, MemoryBoard, MemoryRedis
from tests.statuses import instance, key, replica, resource, standby

Boards = Callable[[], StatusBoard]


@pytest.fixture(params=["memory", "redis"])
def boards(request: pytest.FixtureRequest) -> Iterator[Boards]:
    """Give a board, and another one of the same instance at every call."""
    made: list[StatusBoard] = []
    server = MemoryRedis()
    url = request.getfixturevalue("redis_url") if request.param == "redis" else ""

    def make() -> StatusBoard:
        made.append(RedisBoard(url, "default", HandClock()) if url else MemoryBoard(server))
        return made[-1]

    yield make
    for board in made:
        board.withdraw()


def _shown(board: StatusBoard) -> Board:
    shown = board.read()
    assert shown
    return shown


def _nothing() -> Iterable[ResourceStatus]:
    raise AssertionError("asked for every resource without need")


def _lead(board: StatusBoard, *statuses: ResourceStatus, epoch: int = 1, number: int = 1) -> None:
    leader = replica(f"leader-{epoch}", epoch=epoch)
    board.publish(instance(epoch=epoch, number=number), leader, statuses, (), lambda: statuses)


def test_nothing_is_shown_before_anything_was_told(boards: Boards) -> None:
    """An empty Redis is not an empty status."""
    assert boards().read() is None


def test_what_was_told_is_shown_to_everybody(boards: Boards) -> None:
    """The instance, its writer, its resources."""
    _lead(boards(), resource("a"), resource("b", Sync.INVALID, Reason.MANIFEST_INVALID, "no such field"))
    shown = _shown(boards())
    assert shown.read_from == "redis"
    assert shown.sync == instance()
    assert shown.replicas == (replica("leader-1"),)
    assert shown.resources == {
        key("a"): resource("a"),
        key("b"): resource("b", Sync.INVALID, Reason.MANIFEST_INVALID, "no such field"),
    }


def test_resources_are_shown_in_order(boards: Boards) -> None:
    """Two readings can be compared as text."""
    _lead(boards(), *(resource(name) for name in "cadbe"))
    assert list(_shown(boards()).resources) == [key(name) for name in "abcde"]


def test_only_differences_need_to_be_told(boards: Boards) -> None:
    """After the first time a resource is asked for only when it changed."""
    board = boards()
    _lead(board, resource("a"), resource("b"), resource("c"))
    board.publish(
        instance(number=2), None, [resource("b", message="new"), resource("d")], [key("a")], _nothing
    )
    shown = _shown(board)
    assert shown.sync == instance(number=2)
    assert shown.resources == {
        key("b"): resource("b", message="new"),
        key("c"): resource("c"),
        key("d"): resource("d"),
    }


def test_none_means_as_before(boards: Boards) -> None:
    """A heartbeat changes nothing else."""
    board = boards()
    _lead(board, resource("a"))
    board.publish(None, replica("leader-1", beat=5), (), (), _nothing)
    shown = _shown(board)
    assert shown.replicas == (replica("leader-1", beat=5),)
    assert (shown.sync, shown.resources) == (instance(), {key("a"): resource("a")})


def test_a_standby_shows_itself_and_nothing_more(boards: Boards) -> None:
    """What it knows of resources is not the instance's status."""
    _lead(boards(), resource("a"))
    board = boards()
    board.publish(instance(number=9), standby(), [resource("b")], [key("a")], _nothing)
    shown = _shown(board)
    assert shown.replicas == (replica("leader-1"), standby())
    assert (shown.sync, shown.resources) == (instance(), {key("a"): resource("a")})


def test_a_standby_alone_is_a_status_without_an_instance(boards: Boards) -> None:
    """Nobody has led yet."""
    board = boards()
    board.publish(None, standby(), (), (), _nothing)
    assert _shown(board).replicas == (standby(),)
    assert _shown(board).sync is None


def test_a_newer_writer_replaces_the_whole_view(boards: Boards) -> None:
    """What the older one knew is not kept."""
    _lead(boards(), resource("a"))
    _lead(boards(), resource("b"), epoch=2)
    shown = _shown(boards())
    assert shown.sync == instance(epoch=2)
    assert list(shown.resources) == [key("b")]


def test_a_stale_writer_never_overwrites_a_newer_ones_view(boards: Boards) -> None:
    """Neither by a difference nor by the whole; and it says that it is not heard."""
    stale = boards()
    _lead(stale, resource("a"))
    _lead(boards(), resource("b"), epoch=2)
    for number in (2, 3):
        _lead(stale, resource("a", message="late"), number=number)
        assert "newer" in stale.problem
    shown = _shown(boards())
    assert shown.sync == instance(epoch=2)
    assert shown.resources == {key("b"): resource("b")}


def test_a_writer_that_stepped_down_and_leads_again_tells_everything(boards: Boards) -> None:
    """What others wrote meanwhile is not counted on."""
    board = boards()
    _lead(board, resource("a"))
    board.publish(None, standby("leader-1"), (), (), _nothing)
    _lead(boards(), resource("b"), epoch=2)
    everything = [resource("c"), resource("d")]
    board.publish(instance(epoch=3), replica("leader-1", epoch=3), (), (), lambda: everything)
    assert list(_shown(board).resources) == [key("c"), key("d")]
    assert not board.problem


def test_who_withdraws_is_not_seen_any_longer(boards: Boards) -> None:
    """The status it told stays."""
    board, other = boards(), boards()
    _lead(board, resource("a"))
    other.publish(None, standby(), (), (), _nothing)
    board.withdraw()
    shown = _shown(other)
    assert shown.replicas == (standby(),)
    assert shown.sync == instance()


def test_to_withdraw_without_having_told_anything_is_nothing(boards: Boards) -> None:
    """A daemon may stop before it begins."""
    board = boards()
    board.withdraw()
    assert board.read() is None


def test_a_replica_that_steps_down_says_so(boards: Boards) -> None:
    """Its own lower epoch is no stale write."""
    board = boards()
    _lead(board, resource("a"), epoch=4)
    down: ReplicaStatus = standby("leader-4", beat=1)
    board.publish(None, down, (), (), _nothing)
    assert _shown(board).replicas == (down,)
    assert not board.problem
