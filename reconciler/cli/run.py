"""`reconciler run`: the daemon, in the foreground."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

import click

from reconciler.cli.called import own_name
from reconciler.cli.grammar import Command
from reconciler.cli.options import DAEMON, takes
from reconciler.cli.streams import say
from reconciler.settings import Settings
from reconciler.settings.resolve import Rank

if TYPE_CHECKING:
    from reconciler.desired import DesiredState
    from reconciler.embedded import Instance
    from reconciler.ports import Face
    from reconciler.report import PassReport


@click.command(
    "run",
    cls=Command,
    examples="""
        reconciler run --embedded                    PostgreSQL and Redis come along, in .reconciler/
        reconciler run --manifests study-7 --prune
        DATABASE_URL=postgresql://db/app reconciler run --cron '*/5 * * * *'
    """,
)
@takes(*DAEMON)
def command(settings: Settings) -> None:
    """Keep PostgreSQL equal to the manifests, until told to stop.

    Every change of a file is applied at once, and everything is compared again on a schedule. SIGTERM and
    Ctrl-C end it once the pass under way has ended, and so does closing its terminal; SIGHUP reads the
    settings anew and asks for a full pass. Logs go to stderr.
    """
    from reconciler import app, telemetry

    telemetry.configure(settings.log_format, telemetry.Level[settings.log_level.upper()])
    app.run(settings, None if settings.log_format == "json" else _Greeting(settings))


class _Greeting:
    """Tells a person, once, what the first pass came to and where to look further."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._told = False

    def __call__(self, report: PassReport, face: Face | None) -> None:
        """Take in a pass that has ended."""
        if not self._told:
            self._told = True
            # Nobody may be there to read it, or no room: the daemon goes on without.
            say("".join(f"{line}\n" for line in _greeting(self._settings, report, face)), sys.stdout)


def _greeting(settings: Settings, report: PassReport, face: Face | None) -> Iterator[str]:
    from reconciler.report.terminal import many

    result, name = report.result, own_name(Path.cwd())
    instance = _repeated(settings, "instance")
    took = (result.finished_at - result.started_at).total_seconds()
    yield f"{_relative(settings.manifests)}/: {result.counts}, in {took * 1000:,.0f} ms"
    yield f"  declared: {_declared(report.desired)}"
    if mistakes := sum(one.severity == "error" for one in result.diagnostics):
        told = f"{many(mistakes, 'mistake')} in the manifests"
        yield f"  {told}: {name} validate{_repeated(settings, 'manifests')}"
    if settings.embedded:
        yield from _servers()
    if face is not None:
        yield f"  HTTP:       {face.address or face.note}"
    yield "look further, in this folder, with"
    yield f"  {name} status{instance}"
    yield f"  {name} get workflows{instance}"
    yield "edit a file, and its rows follow; Ctrl-C stops"


def _repeated(settings: Settings, name: str) -> str:
    """Give the flag that other commands need too, when this one was given it."""
    found = settings.found[name]
    return f" --{name} {quote(found.raw)}" if found.origin.rank is Rank.FLAG else ""


def _servers() -> Iterator[str]:
    """Say how the servers that came along can be looked into."""
    from reconciler import embedded

    if found := embedded.find(Path.cwd()):
        yield from looked_into(found, _relative(embedded.find_psql()))


def looked_into(servers: Instance, psql: str) -> Iterator[str]:
    """Give the commands that open embedded servers, such that a shell can take them as they stand."""
    from urllib.parse import parse_qs, unquote, urlsplit

    database = urlsplit(servers.database_url)
    (folder,) = parse_qs(database.query)["host"]
    yield f"  PostgreSQL: {quote(psql)} -h {quote(folder)} -U {database.username}"
    yield f"  Redis:      redis-cli -s {quote(unquote(urlsplit(servers.redis_url).path))}"


def _declared(desired: DesiredState) -> str:
    from reconciler.report.terminal import many

    kinds = Counter(key.kind for key in desired.manifests)
    jobs = sum(len(manifest.job_lines) for manifest in desired.manifests.values())
    told = [many(number, kind.lower()) for kind, number in sorted(kinds.items())]
    return ", ".join([*told, many(jobs, "job")])


def _relative(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
