"""`reconciler status --watch`: the status kept up to date, on a screen of its own or block by block."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from threading import Thread
from typing import Final

from reconciler import app
from reconciler.cli.live import Bell, Size, keep_drawing
from reconciler.cli.output import Form, Paper, View, paper_of
from reconciler.cli.status_view import view
from reconciler.cli.streams import write
from reconciler.cli.terminal import is_coloured, note
from reconciler.daemon.clock import SystemClock
from reconciler.errors import ReconcilerError, UsageError
from reconciler.report import Board, Verdict, judge
from reconciler.report.event import Event
from reconciler.report.layouts import event_layout
from reconciler.report.screen import gist
from reconciler.report.table import Grid
from reconciler.report.terminal import harmless, wrapped
from reconciler.settings import Settings

_SHARE: Final = 4
"""Looking may take a fifth of the time: a rest is so many times as long as the look before it."""
_LONGEST_REST: Final = 60.0

_SHOWN: Final = 8
_LOOKED_AT: Final = 50
"""So many events are shown, of so many that are looked at."""


def watch_status(settings: Settings, form: Form, *, daemon_only: bool) -> int:
    """Show the status, and show it again whenever it is otherwise; until `q`, or Ctrl-C.

    Raises:
        UsageError: the form is made for one document.

    """
    if form in {Form.YAML, Form.NAME}:
        raise UsageError("a status that goes on has no such form", where=f"-o {form}", fix="give -o json")
    watch = _Watch(settings, daemon_only)
    if form is not Form.JSON and _is_screen():
        _on_a_screen(watch, wide=form is Form.WIDE)
    else:
        _in_blocks(watch, form)
    return 0


def _is_screen() -> bool:
    """Whether there is somebody with keys, before a terminal on which lines can be drawn anew."""
    return sys.stdout.isatty() and sys.stdin.isatty() and os.environ.get("TERM") != "dumb"


@dataclass(frozen=True, slots=True)
class _Seen:
    """What one look saw."""

    board: Board
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class _Watch:
    """What is watched."""

    settings: Settings
    daemon_only: bool

    def look(self, tell: Callable[[_Seen | ReconcilerError], None], *, events: int = 0) -> None:
        """Tell, for ever, how things stand and what happened last, or why that can't be told."""
        for _ in app.nudges(self.settings, lambda _place, _why: None):
            began = time.monotonic()
            try:
                board = app.read_board(self.settings)
                tell(_Seen(board, app.read_events(self.settings, events).items if events else ()))
            except ReconcilerError as error:
                tell(error)
            time.sleep(min((time.monotonic() - began) * _SHARE, _LONGEST_REST))

    def judge(self, board: Board, now: datetime) -> Verdict:
        """Judge what was seen as of now: what is not heard of any more is not healthy."""
        return judge(board, now, daemon_only=self.daemon_only)


def _on_a_screen(watch: _Watch, *, wide: bool) -> None:
    bell, clock = Bell(), SystemClock()
    latest: list[_Seen | ReconcilerError] = []

    def take(seen: _Seen | ReconcilerError) -> None:
        latest[:] = [seen]
        bell.ring()

    def draw(size: Size) -> Sequence[str]:
        if not latest:
            return ["looking …"]
        seen, now = latest[0], clock.now()
        if isinstance(seen, ReconcilerError):
            return [f"{now.astimezone(UTC):%H:%M:%S} UTC", "", *wrapped(harmless(str(seen)), size.columns)]
        paper = Paper(is_coloured(sys.stdout), size.columns, wide)
        told = view(watch.settings, seen.board, watch.judge(seen.board, now), now).text(paper)
        return [*told.splitlines(), *_recent(seen.events, now, paper)]

    Thread(target=watch.look, args=[take], kwargs={"events": _LOOKED_AT}, name="status", daemon=True).start()
    keep_drawing(draw, bell)


def _recent(events: Sequence[Event], now: datetime, paper: Paper) -> list[str]:
    """Lay out what happened last; that passes come and go without effect is no news."""
    news = [one for one in events if not one.status.startswith("Reconciling") and one.status != "Unchanged"]
    lines = Grid(event_layout(now), replace(paper, wide=False)).lines(news[-_SHOWN:])
    return ["", *lines] if lines else []


def _in_blocks(watch: _Watch, form: Form) -> None:
    clock = SystemClock()
    told: list[object] = [None]

    def take(seen: _Seen | ReconcilerError) -> None:
        now = clock.now()
        if isinstance(seen, ReconcilerError):
            news: object = str(seen)
            if told[0] != news:
                note(str(seen))
        else:
            verdict = watch.judge(seen.board, now)
            news = gist(seen.board, verdict)
            if told[0] != news:
                write(_block(view(watch.settings, seen.board, verdict, now), form, now))
        told[0] = news

    watch.look(take)


def _block(shown: View, form: Form, now: datetime) -> str:
    if form is Form.JSON:
        return f"{json.dumps(shown.document(), ensure_ascii=False)}\n"
    return f"--- {now.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC\n{shown.text(paper_of(form))}\n\n"
