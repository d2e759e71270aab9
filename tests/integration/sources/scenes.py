"""Scenes for a process in a namespace of its own: `python -m …scenes SCENE FOLDER`."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reconciler.daemon.clock import SystemClock
from reconciler.sources import DirectorySource, ProbedSource, Watcher
from tests.contract.source_suite import Model, parse
from tests.integration.sources.folders import write
from tests.integration.sources.inbox import Inbox, follow

LIMITS = Path("/proc/sys/user")


@contextmanager
def watching(root: Path) -> Iterator[tuple[ProbedSource, Watcher, Inbox]]:
    """Watch a folder."""
    source, inbox = DirectorySource(root, SystemClock()), Inbox()
    watcher = inbox.watcher = Watcher(source, inbox, SystemClock())
    watcher.start()
    try:
        yield ProbedSource(source, watcher), watcher, inbox
    finally:
        watcher.stop()


def unmounted(root: Path) -> None:
    """A volume is taken away and put back: another root each time, told at once, watched again."""
    mount = ["mount", "-t", "tmpfs", "none", str(root)]
    subprocess.run(mount, check=True)
    write(root, a=b"1")
    model = Model()
    with watching(root) as (source, watcher, inbox):
        follow(source, inbox, model, {"a.yaml": b"1"})
        roots = [model.last and model.last.root]
        subprocess.run(["umount", "--lazy", str(root)], check=True)
        follow(source, inbox, model, {})
        roots.append(model.last and model.last.root)
        subprocess.run(mount, check=True)
        inbox.wait_for(None)
        write(root, b=b"1")
        follow(source, inbox, model, {"b.yaml": b"1"})
        roots.append(model.last and model.last.root)
        assert len(set(roots)) == len(roots), roots
        assert watcher.mode == "inotify"


def no_watches_left(root: Path) -> None:
    """With fewer watches than folders it polls, and says why; it hears again when there are enough."""
    (LIMITS / "max_inotify_watches").write_text("3", encoding="ascii")
    write(root, **{f"d{number}__x": b"1" for number in range(5)})
    model = Model()
    with watching(root) as (source, watcher, inbox):
        reason = "polling: no inotify watches left (fs.inotify.max_user_watches)"
        inbox.wait_until(lambda: watcher.mode == reason)
        follow(source, inbox, model, {f"d{number}/x.yaml": b"1" for number in range(5)})
        write(root, d3__x=b"2")
        follow(source, inbox, model, {f"d{n}/x.yaml": b"2" if n == 3 else b"1" for n in range(5)})
        (LIMITS / "max_inotify_watches").write_text("100", encoding="ascii")
        inbox.wait_until(lambda: watcher.mode == "inotify")


def no_instances_left(root: Path) -> None:
    """The same for the number of watchers."""
    (LIMITS / "max_inotify_instances").write_text("0", encoding="ascii")
    with watching(root) as (source, watcher, inbox):
        inbox.wait_until(lambda: "max_user_instances" in watcher.mode)
        (LIMITS / "max_inotify_instances").write_text("10", encoding="ascii")
        inbox.wait_until(lambda: watcher.mode == "inotify")
        assert source.fetch(parse).whole


if __name__ == "__main__":
    {"unmounted": unmounted, "no_watches_left": no_watches_left, "no_instances_left": no_instances_left}[
        sys.argv[1]
    ](Path(sys.argv[2]))
