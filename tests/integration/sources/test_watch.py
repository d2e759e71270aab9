"""A real watcher of a real folder: what it tells, and what becomes of it when something goes wrong."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest

from reconciler.daemon.clock import SystemClock
from reconciler.sources import DirectorySource, ProbedSource, Watcher
from reconciler.sources.ears import Changes, Events, Listen, listen
from reconciler.sources.probe import Probe
from tests.contract.source_suite import Model, parse
from tests.fakes import HandClock
from tests.integration.sources.folders import write
from tests.integration.sources.inbox import SOON, Inbox, follow


class Deaf:
    """Events of a watcher to which nothing is told any more."""

    def __init__(self, events: Events) -> None:
        self._events = events

    def watch(self, debounce_ms: int, step_ms: int, timeout_ms: int, stop_event: None) -> Changes:
        """Wait, and tell nothing."""
        self._events.watch(debounce_ms, step_ms, timeout_ms, stop_event)
        return "timeout"

    def close(self) -> None:
        """End it."""
        self._events.close()


class Slow:
    """Events that tell nothing; a test may let a call do something that takes long."""

    def __init__(self) -> None:
        self.then: list[Callable[[], object]] = []

    def watch(self, debounce_ms: int, step_ms: int, timeout_ms: int, stop_event: None) -> Changes:
        """Tell nothing."""
        del debounce_ms, step_ms, stop_event
        if self.then:
            self.then.pop()()
        else:
            Event().wait(timeout_ms / 1000)
        return "timeout"

    def close(self) -> None:
        """End it."""


class Failing:
    """Begins to listen as often as no error stands in line."""

    def __init__(self, *errors: Exception | None) -> None:
        self._errors = list(errors)
        self.began = 0

    def __call__(self, folders: list[str]) -> Events:
        self.began += 1
        error = self._errors.pop(0) if self._errors else None
        if error is not None:
            raise error
        return listen(folders)


@pytest.fixture
def inbox() -> Inbox:
    """Give an empty inbox."""
    return Inbox()


class Watching:
    """A folder that is watched from the beginning of a test to its end."""

    def __init__(self, root: Path, inbox: Inbox) -> None:
        self.root = root
        self._inbox = inbox
        self._watchers: list[Watcher] = []

    def start(self, begin: Listen = listen, root: Path | None = None) -> tuple[ProbedSource, Watcher]:
        """Begin to watch; an event may not come later than the next check."""
        source = DirectorySource(root or self.root, SystemClock())
        watcher = self._inbox.watcher = Watcher(source, self._inbox, SystemClock(), begin, Probe(grace=0))
        self._watchers.append(watcher)
        watcher.start()
        return ProbedSource(source, watcher), watcher

    def stop(self) -> None:
        """End it."""
        for watcher in self._watchers:
            watcher.stop()


@pytest.fixture
def watching(root: Path, inbox: Inbox) -> Iterator[Watching]:
    """Give what watches the root."""
    watching = Watching(root, inbox)
    yield watching
    watching.stop()


@pytest.fixture
def watched(watching: Watching, inbox: Inbox) -> tuple[ProbedSource, Watcher]:
    """Watch the root, with one file in it, and let the first look be over."""
    write(watching.root, a=b"1")
    source, watcher = watching.start()
    inbox.wait_for(None)
    source.fetch(parse)
    return source, watcher


def test_a_saved_file_is_told(root: Path, inbox: Inbox, watched: tuple[ProbedSource, Watcher]) -> None:
    """New, changed, renamed into place, gone."""
    _, watcher = watched
    assert watcher.mode == "inotify"
    write(root, new=b"1")
    inbox.wait_for("new.yaml")
    write(root, a=b"2")
    inbox.wait_for("a.yaml")
    (root / ".a.tmp").write_bytes(b"3")
    (root / ".a.tmp").rename(root / "a.yaml")
    inbox.wait_for("a.yaml")
    (root / "a.yaml").unlink()
    inbox.wait_for("a.yaml")
    assert watcher.problem == ""


@pytest.mark.usefixtures("watched")
def test_what_is_no_manifest_is_not_told(root: Path, inbox: Inbox) -> None:
    """Swap files, a repository's inner life, notes."""
    (root / ".a.yaml.swp").write_bytes(b"1")
    (root / "notes.txt").write_bytes(b"1")
    (root / ".git").mkdir()
    (root / ".git" / "index.yaml").write_bytes(b"1")
    write(root, last=b"1")
    inbox.wait_until(lambda: frozenset({"last.yaml"}) in inbox.told)
    assert set().union(*filter(None, inbox.told)) == {"last.yaml"}


def test_a_new_folder_is_watched_too(root: Path, inbox: Inbox, watching: Watching, model: Model) -> None:
    """With all beneath it, made here or moved here, and with what came before it was watched."""
    source, _ = watching.start()
    write(root, sub__deep__x=b"1")
    follow(source, inbox, model, {"sub/deep/x.yaml": b"1"})
    write(root, sub__deep__x=b"2")
    follow(source, inbox, model, {"sub/deep/x.yaml": b"2"})
    (root / "sub").rename(root / "moved")
    follow(source, inbox, model, {"moved/deep/x.yaml": b"2"})
    write(root, moved__deep__x=b"3")
    follow(source, inbox, model, {"moved/deep/x.yaml": b"3"})


def test_a_folder_made_while_watching_begins_is_watched_too(
    root: Path, inbox: Inbox, watching: Watching, model: Model
) -> None:
    """After its parent was listed and before that is watched: nothing tells of it."""

    def begin(folders: list[str]) -> Events:
        (root / "late").mkdir(exist_ok=True)
        return listen(folders)

    source, _ = watching.start(begin)
    inbox.wait_for(None)
    write(root, late__x=b"1")
    follow(source, inbox, model, {"late/x.yaml": b"1"})


def test_a_configmap_flip_is_told(root: Path, inbox: Inbox, watching: Watching, model: Model) -> None:
    """Of the links the kubelet flips only `..data`, which is hidden; then a file is changed in place."""
    write(root, **{"..v1__x": b"1", "..v2__x": b"2"})
    (root / "..data").symlink_to("..v1")
    (root / "x.yaml").symlink_to("..data/x.yaml")
    source, _ = watching.start()
    follow(source, inbox, model, {"x.yaml": b"1"})
    (root / "..data_tmp").symlink_to("..v2")
    (root / "..data_tmp").rename(root / "..data")
    follow(source, inbox, model, {"x.yaml": b"2"})
    write(root, **{"..v2__x": b"3"})
    follow(source, inbox, model, {"x.yaml": b"3"})


def test_a_link_that_leads_out_is_not_watched(root: Path, inbox: Inbox, watching: Watching) -> None:
    """Else a link to `/` would have the whole machine watched."""
    outside = root.parent / "outside"
    write(outside, x=b"1")
    (root / "out").symlink_to(outside)
    begun: list[list[str]] = []

    def begin(folders: list[str]) -> Events:
        begun.append(folders)
        return listen(folders)

    watching.start(begin)
    inbox.wait_for(None)
    assert begun == [[str(root)]]


def test_another_root_is_noticed_at_once(root: Path, inbox: Inbox, watching: Watching, model: Model) -> None:
    """Replaced by a rename, deleted and made again: a full look, and events from the new one."""
    write(root, a=b"1")
    source, watcher = watching.start()
    follow(source, inbox, model, {"a.yaml": b"1"})
    root.rename(root.with_name("old"))
    root.mkdir()
    follow(source, inbox, model, {})
    write(root, b=b"1")
    follow(source, inbox, model, {"b.yaml": b"1"})
    shutil.rmtree(root)
    inbox.wait_until(lambda: watcher.mode == "polling: the folder is missing")
    inbox.take()
    root.mkdir()
    inbox.wait_until(lambda: watcher.mode == "inotify")
    write(root, c=b"1")
    follow(source, inbox, model, {"c.yaml": b"1"})


def test_a_flip_of_the_root_link_is_noticed_at_once(
    tmp_path: Path, inbox: Inbox, watching: Watching, model: Model
) -> None:
    """As git-sync does it, which makes no event in either folder."""
    write(tmp_path, v1__a=b"1", v2__a=b"2")
    link = tmp_path / "current"
    link.symlink_to("v1")
    source, _ = watching.start(root=link)
    follow(source, inbox, model, {"a.yaml": b"1"})
    (tmp_path / "next").symlink_to("v2")
    (tmp_path / "next").rename(link)
    follow(source, inbox, model, {"a.yaml": b"2"})
    write(tmp_path, v2__a=b"3")
    follow(source, inbox, model, {"a.yaml": b"3"})


def test_a_storm_of_changes_ends_in_what_is_there(
    root: Path, inbox: Inbox, watching: Watching, model: Model
) -> None:
    """Folders and files that come, go and move while they are followed; no event is needed for the end."""
    write(root, a=b"1")
    source, _ = watching.start()
    follow(source, inbox, model, {"a.yaml": b"1"})
    for number in range(300):
        write(root, **{f"d{number % 7}__e{number % 3}__f{number}": b"%d" % number})
        if number % 10 == 0:
            shutil.rmtree(root / f"d{number % 7}")
        if number % 35 == 1:
            (root / f"d{number % 7}").rename(root / f"m{number}")
    there = {os.fspath(path.relative_to(root)): path.read_bytes() for path in root.rglob("*.yaml")}
    follow(source, inbox, model, there)
    assert inbox.modes[-1] == "inotify"


def test_a_root_that_is_not_there_yet_is_waited_for(
    root: Path, inbox: Inbox, watching: Watching, model: Model
) -> None:
    """Starting neither fails nor waits."""
    root.rmdir()
    source, watcher = watching.start()
    inbox.wait_for(None)
    assert watcher.mode == "polling: the folder is missing"
    write(root, a=b"1")
    follow(source, inbox, model, {"a.yaml": b"1"})


def test_a_name_that_kills_the_watcher_costs_a_full_look(
    root: Path, inbox: Inbox, watching: Watching, model: Model
) -> None:
    """Watchfiles can't take one that is not UTF-8; it begins anew."""
    source, _ = watching.start()
    inbox.wait_for(None)
    with open(os.fsencode(root) + b"/caf\xe9.yaml", "wb") as file:  # noqa: PTH123 - a name that is not UTF-8
        for number in range(3):
            file.write(b"1" * number)
            file.flush()
    write(root, b=b"1")
    follow(source, inbox, model, {"b.yaml": b"1"})
    assert model.refused == {"caf\\xe9.yaml": "RC505"}
    write(root, b=b"2")
    follow(source, inbox, model, {"b.yaml": b"2"})


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (
            OSError('OS file watch limit reached. about ["/x"]'),
            "no inotify watches left (fs.inotify.max_user_watches)",
        ),
        (
            RuntimeError("Error creating recommended watcher: Too many open files (os error 24)"),
            "no inotify instances or file descriptors left (fs.inotify.max_user_instances, ulimit -n)",
        ),
        (RuntimeError("something else"), "something else"),
        (NotADirectoryError(20, "Not a directory", "/x"), "Not a directory"),
    ],
)
def test_who_can_not_hear_looks(inbox: Inbox, watching: Watching, error: Exception, why: str) -> None:
    """Polling, with the reason, until it can hear again."""
    begin = Failing(error, error, error)
    _, watcher = watching.start(begin)
    inbox.wait_until(lambda: watcher.mode == "inotify")
    assert inbox.modes[:4] == [f"polling: {why}"] * 4
    assert begin.began == 4
    assert set(inbox.told) == {None}


def test_who_was_stopped_for_a_while_looks(root: Path, inbox: Inbox) -> None:
    """What happened meanwhile may have overflowed."""
    clock, slow = HandClock(), Slow()
    watcher = Watcher(DirectorySource(root, clock), inbox, clock, lambda _: slow)
    watcher.start()
    inbox.wait_for(None)
    slow.then.append(lambda: clock.forward(timedelta(seconds=5)))
    inbox.wait_for(None)
    watcher.stop()


def test_a_watcher_that_hangs_is_a_problem(root: Path, inbox: Inbox) -> None:
    """On a file system that does not answer any more."""
    clock, slow = HandClock(), Slow()
    hangs, answers = Event(), Event()
    watcher = Watcher(DirectorySource(root, clock), inbox, clock, lambda _: slow)
    watcher.start()
    inbox.wait_for(None)

    def hang() -> None:
        hangs.set()
        answers.wait(SOON)

    slow.then.append(hang)
    assert hangs.wait(SOON)
    clock.forward(timedelta(seconds=11))
    watcher.check()
    assert watcher.problem == f"the watcher of {root} has not moved for 11 s"
    answers.set()
    inbox.wait_for(None)
    watcher.stop()


def test_a_deaf_watcher_is_found_out(root: Path, inbox: Inbox, watching: Watching) -> None:
    """By a full look that finds what no event announced: it begins anew; the second time it polls."""
    source, watcher = watching.start(lambda folders: Deaf(listen(folders)))
    inbox.wait_for(None)
    for number in range(2):
        for _ in range(2):
            source.fetch(parse)
        write(root, **{f"n{number}": b"1"})
        source.fetch(parse)
        watcher.check()
        assert watcher.problem == f"no event told of a change of n{number}.yaml; a full look found it"
        inbox.wait_for(None)
    inbox.wait_until(lambda: watcher.mode == "polling: changes came that no event told of")


def test_a_watcher_that_hears_is_never_called_deaf(
    root: Path, inbox: Inbox, watched: tuple[ProbedSource, Watcher]
) -> None:
    """Whatever changes, and however it is looked at."""
    source, watcher = watched
    for number in range(5):
        write(root, **{f"n{number}": b"1", f"d{number}__x": b"2"})
        inbox.wait_for(f"n{number}.yaml", f"d{number}")
        source.fetch(parse)
        (root / f"n{number}.yaml").unlink()
        inbox.wait_for(f"n{number}.yaml")
        source.fetch(parse)
        watcher.check()
    assert watcher.mode == "inotify"
    assert watcher.problem == ""


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_died_is_started_again(root: Path, watching: Watching, inbox: Inbox) -> None:
    """Whatever killed it, the daemon's next tick brings it back."""
    deaths = [ZeroDivisionError()]

    def begin(folders: list[str]) -> Events:
        if deaths:
            raise deaths.pop()
        return listen(folders)

    _, watcher = watching.start(begin)
    for thread in threading.enumerate():
        if thread.name == "watcher":
            thread.join(SOON)
    watcher.check()
    inbox.wait_for(None)
    write(root, a=b"1")
    inbox.wait_for("a.yaml")


def test_it_ends_when_it_is_told_to(watching: Watching, inbox: Inbox) -> None:
    """Also before it was started, while it polls, and twice."""
    Watcher(DirectorySource(watching.root, SystemClock()), inbox, SystemClock()).stop()
    _, watcher = watching.start(Failing(*[RuntimeError("no")] * 99))
    inbox.wait_for(None)
    watcher.stop()
    watcher.stop()
    assert watcher.problem == ""
