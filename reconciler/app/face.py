"""HTTP beside the daemon: the socket, the process that serves it, and what that process is made of."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from reconciler import telemetry
from reconciler.app.places import Addresses
from reconciler.daemon.clock import SystemClock
from reconciler.errors import UsageError
from reconciler.settings import Settings, hand_over, take_over

if TYPE_CHECKING:
    from reconciler.ports import Face
    from reconciler.report.steps import PlanReport
    from reconciler.store.connect import Connection
    from reconciler.web.guard import Guard
    from reconciler.web.serve import Line

_PR_SET_PDEATHSIG: Final = 1


Bound = socket.socket | str | None
"""A socket that listens; None when none is asked for; a note when another process has the default address."""


@contextmanager
def bind(settings: Settings) -> Iterator[Bound]:
    """Listen where HTTP is to be served, for as long as the daemon runs.

    Raises:
        UsageError: an address that somebody asked for can't be had.

    """
    bound = _bind(settings)
    try:
        yield bound
    finally:
        if isinstance(bound, socket.socket):
            bound.close()


def _bind(settings: Settings) -> Bound:
    from reconciler.web.listen import listen

    if settings.http is None:
        return None
    try:
        return listen(settings.http.host, settings.http.port)
    except UsageError as error:
        if settings.found["http"].given:
            raise
        return f"{error.what} at {settings.http}: {error.why}; {error.fix}"


def make_face(
    bound: Bound, settings: Settings, addresses: Addresses, exposition: Callable[[], bytes]
) -> Face | None:
    """Give what serves HTTP while the daemon runs."""
    from reconciler.web.process import Serving, Unserved, WebProcess

    if bound is None:
        return None
    if isinstance(bound, str):
        return Unserved(bound)
    charge = json.dumps({"settings": hand_over(settings), "addresses": asdict(addresses)}).encode()
    # -P: the folder in which the daemon was started may hold anything; nothing is imported from there.
    command = (sys.executable, "-P", "-c", _ENTRY, str(Path(__file__).parents[2]))
    return WebProcess(Serving(bound, command, charge, exposition), SystemClock())


_ENTRY: Final = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); from reconciler.app.face import main; main()"
)


def main() -> None:
    """Serve HTTP: what the process does from its start to its end."""
    from reconciler.web.serve import Line, serve

    bound, line, parent = map(int, sys.argv[1:4])
    _die_with(parent)
    daemon = Line(socket.socket(fileno=line), SystemClock())
    charge = json.loads(daemon.charge())
    settings = take_over(charge["settings"])
    telemetry.configure(settings.log_format, telemetry.Level[settings.log_level.upper()])
    listening = socket.socket(fileno=bound)
    application = _application(settings, Addresses(**charge["addresses"]), listening, daemon)
    serve(application, listening, daemon)


def _die_with(parent: int) -> None:
    """Have the kernel end this process when the daemon ends, however it does: see prctl(2)."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(1)


def _application(settings: Settings, addresses: Addresses, bound: socket.socket, daemon: Line) -> Guard:
    from reconciler.app.plans import policy_of
    from reconciler.sources.declared import DeclaredFolder
    from reconciler.status import BoardReader
    from reconciler.store.connect import connect, describe
    from reconciler.store.errors import translated
    from reconciler.store.pool import Pool
    from reconciler.web.access import Door
    from reconciler.web.application import create_app, guarded
    from reconciler.web.boards import Boards
    from reconciler.web.clerk import Clerk
    from reconciler.web.edges import Edges
    from reconciler.web.errands import Errands
    from reconciler.web.guard import Rules
    from reconciler.web.hooks import Hooks
    from reconciler.web.listen import is_loopback
    from reconciler.web.manifests import Manifests
    from reconciler.web.pages import Pages
    from reconciler.web.stream import Stream
    from reconciler.web.tallies import tallies_of

    clock = SystemClock()
    pool = Pool(addresses.database_url, f"reconciler http {settings.instance}")

    def dial() -> BoardReader:
        return BoardReader(addresses.redis_url, settings.instance, clock)

    @contextmanager
    def session() -> Iterator[Connection]:
        where = describe(addresses.session_url)
        with connect(addresses.session_url, "reconciler http request") as connection, translated(where):
            yield connection

    edges = Edges(
        instance=settings.instance,
        clock=clock,
        pool=pool,
        boards=Boards(dial() if addresses.redis_url else None, pool, settings.instance, clock),
        tallies=tallies_of(pool, settings.instance, clock),
        stream=Stream(dial if addresses.redis_url else None),
        manifests=Manifests(settings.manifests, pool, settings.instance, policy_of(settings)),
        pages=Pages(clock),
        daemon=daemon,
        door=Door(pool, settings.instance, clock, local=is_loopback(bound)),
        clerk=Clerk(settings.instance, DeclaredFolder(settings.manifests), pool, session),
        errands=Errands(),
        plan=partial(_plan, settings),
        hooks=Hooks(settings.hook_secret.reveal(), clock) if settings.hook_secret else None,
    )
    hosts = [*(settings.http_hosts or ()), *([settings.http.host] if settings.http else [])]
    return guarded(create_app(edges, Rules.of(hosts)))


def _plan(settings: Settings) -> PlanReport:
    from reconciler.app.passes import preview
    from reconciler.report.steps import PlanReport

    draft = preview(settings)
    return PlanReport.of(draft.plan, draft.actual, draft.part)
