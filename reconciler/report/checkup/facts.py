"""What there is to know of a machine, a folder and servers before anything is made of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


def skew(theirs: datetime, asked: datetime, answered: datetime) -> timedelta:
    """Give how far a server's clock is ahead; the time that its answer took is nobody's fault."""
    if asked <= theirs <= answered:
        return timedelta()
    return theirs - answered if theirs > answered else theirs - asked


@dataclass(frozen=True, slots=True)
class Package:
    """A library: the version that is installed, "" for none, and the oldest and the newest that will do."""

    name: str
    installed: str
    at_least: str = ""
    below: str = ""


@dataclass(frozen=True, slots=True)
class Machine:
    """This machine. `open_files` is the limit of this process, None for none."""

    python: tuple[int, int, int]
    packages: tuple[Package, ...]
    open_files: int | None


@dataclass(frozen=True, slots=True)
class Folder:
    """The folder with the manifests. `error` says why it can't be used; then nothing else is known.

    `complete` is false when looking through it took too long: the numbers are of what was seen until then.
    """

    path: str
    error: str = ""
    files: int = 0
    bytes: int = 0
    folders: int = 0
    unreadable: tuple[str, ...] = ()
    complete: bool = True
    remote: str = ""


@dataclass(frozen=True, slots=True)
class Watching:
    """What the kernel allows in watching files, None where it does not say; `error` when a trial failed."""

    watches: int | None
    instances: int | None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Room:
    """How much room there is where data lies."""

    what: str
    path: str
    free: int
    total: int


@dataclass(frozen=True, slots=True)
class Missing:
    """Rights on a table that the role lacks, as `grant` takes them: `UPDATE (username)`."""

    table: str
    rights: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another instance in the same database; `alive` when a daemon of it was heard of in the last minute."""

    instance: str
    source: str
    alive: bool


@dataclass(frozen=True, slots=True)
class Session:
    """The way into PostgreSQL: `local` is a Unix socket or this machine; `pooled` when sessions are lent."""

    where: str
    role: str
    encrypted: bool
    local: bool
    pooled: bool
    database: str = ""


@dataclass(frozen=True, slots=True)
class Server:
    """PostgreSQL itself; `version` as `server_version_num` has it, `left` how many more connections it takes.

    `data` is the folder of its data where it is on this machine and may be told, else "". `read_only_by` says
    who keeps sessions from writing, as `pg_settings.source` has it.
    """

    version: int
    read_only: bool
    standby: bool
    left: int
    most: int
    ahead: timedelta
    data: str = ""
    read_only_by: str = ""


@dataclass(frozen=True, slots=True)
class Schema:
    """The tables: the version found ("" for none, None when it may not be read), and how they differ."""

    found: str | None
    needed: str
    may_create: bool
    misfits: tuple[str, ...] = ()
    triggers_missing: tuple[str, ...] = ()
    triggers_off: tuple[str, ...] = ()
    missing: tuple[Missing, ...] = ()


@dataclass(frozen=True, slots=True)
class Database:
    """A PostgreSQL that answered. `source` is the one on record of the instance that was asked about."""

    session: Session
    server: Server
    schema: Schema
    neighbours: tuple[Neighbour, ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True)
class Redis:
    """A Redis that answered, or what is like it, the `product`; what it did not want to tell is None.

    `trial` says why a trial of all that the daemon does there failed, "" when it did not.
    """

    where: str
    ahead: timedelta
    user: str = "default"
    product: str = "Redis"
    trial: str = ""
    version: str | None = None
    policy: str | None = None
    used: int | None = None
    limit: int | None = None
    replica: bool = False


@dataclass(frozen=True, slots=True)
class Embedded:
    """What the embedded servers left or need in this folder.

    `pid` is the daemon that runs here; `stale` what one that was killed left behind; `footing` why root can't
    run PostgreSQL here, "" when it can or need not; `installer` the command that brings what is missing.
    """

    home: str
    present: bool
    installer: str
    pid: int | None = None
    stale: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    footing: str = ""


@dataclass(frozen=True, slots=True)
class Door:
    """The address of the HTTP interface; `taken` says why it can't be had.

    `by` are the processes that listen there, `above` those that started them.
    """

    address: str
    taken: str = ""
    by: frozenset[int] = frozenset()
    above: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Choices:
    """What the settings say of servers; `strange` are variables that look like settings and are none."""

    database: bool
    session: bool
    redis: bool
    embedded: bool
    prune: bool
    max_prune: float
    strange: tuple[str, ...] = ()
