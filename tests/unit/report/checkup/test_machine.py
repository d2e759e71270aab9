"""Judgement of this machine."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.report.checkup.choices import judge_choices
from reconciler.report.checkup.facts import Choices, Door, Folder, Machine, Package, Room, Watching
from reconciler.report.checkup.machine import (
    in_bytes,
    judge_door,
    judge_folder,
    judge_machine,
    judge_room,
    judge_served,
    judge_watching,
)
from reconciler.report.checkup.remark import Grade, Remark

WELL = Machine((3, 11, 4), (Package("click", "8.3.1", "8.2"),), 1024)
FOLDER = Folder("/srv/manifests", files=3, bytes=5000, folders=2)
GB = 1 << 30


def grades(remarks: object) -> dict[str, Grade]:
    """Give the grade of each check."""
    assert hasattr(remarks, "__iter__")
    return {one.check: one.grade for one in remarks if isinstance(one, Remark)}


@pytest.mark.parametrize(
    ("machine", "check", "grade", "word"),
    [
        (WELL, "python", Grade.OK, "3.11.4, 1 package"),
        (replace(WELL, python=(3, 10, 12)), "python", Grade.FAIL, "too old"),
        (replace(WELL, packages=(Package("click", ""),)), "python", Grade.FAIL, "not installed"),
        (replace(WELL, packages=(Package("x", "8.1.9", "8.2"),)), "python", Grade.FAIL, "older than 8.2"),
        (
            replace(WELL, packages=(Package("x", "4.0", "3.11", "4"),)),
            "python",
            Grade.FAIL,
            "not older than 4",
        ),
        (replace(WELL, packages=(Package("x", "3.12rc1", "3.11", "4"),)), "python", Grade.OK, "Python"),
        (WELL, "open-files", Grade.OK, "1,024"),
        (replace(WELL, open_files=None), "open-files", Grade.OK, "no limit"),
        (replace(WELL, open_files=128), "open-files", Grade.WARN, "128"),
        (replace(WELL, open_files=20), "open-files", Grade.FAIL, "20"),
    ],
)
def test_python_packages_and_limits_are_judged(machine: Machine, check: str, grade: Grade, word: str) -> None:
    """What is too old, missing, or too little."""
    (remark,) = [one for one in judge_machine(machine) if one.check == check]

    assert remark.grade is grade
    assert word in remark.text
    assert bool(remark.fix) is (grade is not Grade.OK)


@pytest.mark.parametrize(
    ("folder", "grade", "word"),
    [
        (FOLDER, Grade.OK, "3 files of 5 KiB"),
        (Folder("/x", "is no folder"), Grade.FAIL, "is no folder"),
        (replace(FOLDER, files=0), Grade.WARN, "has no manifest"),
        (replace(FOLDER, unreadable=("/srv/manifests/a.yaml",)), Grade.FAIL, "a.yaml"),
        (replace(FOLDER, complete=False), Grade.OK, "at least"),
        (replace(FOLDER, bytes=3 * GB), Grade.WARN, "3 GiB"),
    ],
)
def test_the_folder_is_judged(folder: Folder, grade: Grade, word: str) -> None:
    """What can't be read holds every deletion back, and is no mere warning."""
    (remark,) = judge_folder(folder)

    assert (remark.grade, word in remark.text) == (grade, True)


@pytest.mark.parametrize(
    ("folder", "watching", "grade", "fix"),
    [
        (FOLDER, Watching(8192, 128), Grade.OK, ""),
        (FOLDER, Watching(None, None), Grade.OK, ""),
        (replace(FOLDER, remote="nfs4"), Watching(8192, 128), Grade.WARN, "local disk"),
        (FOLDER, Watching(8192, 128, "Too many open files"), Grade.WARN, "max_user_instances"),
        (replace(FOLDER, folders=8000), Watching(8192, 128), Grade.WARN, "max_user_watches=524288"),
        (replace(FOLDER, folders=400_000), Watching(8192, 128), Grade.WARN, "max_user_watches=802048"),
    ],
)
def test_whether_edits_are_heard_of_is_judged(
    folder: Folder, watching: Watching, grade: Grade, fix: str
) -> None:
    """Without inotify it works all the same, only later."""
    (remark,) = judge_watching(folder, watching)

    assert (remark.grade, fix in remark.fix) == (grade, True)


def test_a_folder_that_is_not_there_is_told_once() -> None:
    """Nothing is said of watching it."""
    assert list(judge_watching(Folder("/x", "is no folder"), Watching(1, 1))) == []


@pytest.mark.parametrize(("free", "grade"), [(100 * GB, Grade.OK), (GB // 2, Grade.WARN), (1024, Grade.FAIL)])
def test_room_is_judged(free: int, grade: Grade) -> None:
    """A share of a large disk may be a lot."""
    (remark,) = judge_room(Room("data", "/srv", free, 200 * GB))

    assert remark.grade is grade


@pytest.mark.parametrize(
    ("door", "grade", "word"),
    [
        (Door("127.0.0.1:8000"), Grade.OK, "is free"),
        (Door("127.0.0.1:8000", "in use", frozenset({7})), Grade.OK, "served by the daemon, process 7"),
        (Door("127.0.0.1:8000", "in use", frozenset({9}), frozenset({7})), Grade.OK, "process 7"),
        (Door("127.0.0.1:8000", "in use", frozenset({8})), Grade.FAIL, "process 8 has it"),
        (Door("127.0.0.1:80", "Permission denied"), Grade.FAIL, "Permission denied"),
    ],
)
def test_the_address_is_judged(door: Door, grade: Grade, word: str) -> None:
    """Our own daemon, and a process that it started, may have it."""
    (remark,) = judge_door(door, frozenset({7}))

    assert (remark.grade, word in remark.text) == (grade, True)


@pytest.mark.parametrize(
    ("url", "door", "grade", "word"),
    [
        ("", Door(""), Grade.OK, "serves no HTTP"),
        ("http://h:9", Door("h:9", "in use", frozenset({7, 9})), Grade.OK, "served by the daemon, process 7"),
        ("http://h:9", Door("h:9", "in use", frozenset({9}), frozenset({7})), Grade.OK, "process 7"),
        ("http://h:9", Door("h:9", "in use"), Grade.OK, "process 7"),
        ("http://h:9", Door("h:9", "in use", frozenset({8})), Grade.FAIL, "is had by process 8"),
        ("http://h:9", Door("h:9"), Grade.FAIL, "nobody listens at http://h:9"),
    ],
)
def test_the_address_that_a_daemon_tells_is_judged(url: str, door: Door, grade: Grade, word: str) -> None:
    """Who listens there may be hidden from this user; then the daemon is believed."""
    remark = judge_served(url, 7, door)

    assert (remark.grade, word in remark.text) == (grade, True)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, []),
        ({"embedded": True}, ["refuses both"]),
        ({"database": False, "session": True, "redis": False}, ["session_url is set without"]),
        ({"database": False}, ["REDIS_URL is set without"]),
        ({"redis": False}, ["no Redis is configured"]),
        ({"prune": True, "max_prune": 0.0}, ["allows none"]),
        ({"strange": ("RECONCILER_COLOUR",)}, ["RECONCILER_COLOUR"]),
    ],
)
def test_settings_that_contradict_each_other_are_told(changes: dict[str, object], words: list[str]) -> None:
    """Each with what to do."""
    sound = Choices(database=True, session=False, redis=True, embedded=False, prune=False, max_prune=0.3)
    found = [one for one in judge_choices(replace(sound, **changes)) if one.grade is Grade.WARN]  # type: ignore[arg-type]

    assert len(found) == len(words)
    for remark, word in zip(found, words, strict=True):
        assert word in remark.text
        assert remark.fix


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 bytes"), (1536, "2 KiB"), (5 << 30, "5 GiB"), (3000 << 40, "3,000 TiB")]
)
def test_sizes_are_written_in_a_unit_that_suits(number: int, text: str) -> None:
    """As people say them."""
    assert in_bytes(number) == text
