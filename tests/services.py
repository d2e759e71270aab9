"""The servers that tests run against: real ones, once per pytest process, with a database per test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
import redis
from psycopg import sql

from reconciler import embedded
from reconciler.store import migrate

_TEMPLATE = "template_of_tests"


def prepare_template(url: str) -> None:
    """Bring an empty database into the state in which every test shall find its own.

    Called once per pytest process. Whatever it opens it must close: PostgreSQL copies no database in use.
    """
    migrate.upgrade(url)


class Services:
    """A PostgreSQL and a Valkey, and what tests get from them."""

    def __init__(self, servers: embedded.EmbeddedServers, admin: psycopg.Connection) -> None:
        """Take running servers and a connection on which databases can be made."""
        self.redis_url = servers.redis_url
        self._servers = servers
        self._admin = admin
        self._numbers = count(1)
        self._admin.execute(sql.SQL("create database {}").format(sql.Identifier(_TEMPLATE)))
        prepare_template(self._url(_TEMPLATE))

    @contextmanager
    def database(self, template: str = _TEMPLATE) -> Iterator[str]:
        """Lend a database of its own: a copy of the template, dropped afterwards whoever still uses it."""
        name = f"test_{next(self._numbers)}"
        names = {"name": sql.Identifier(name), "template": sql.Identifier(template)}
        self._admin.execute(sql.SQL("create database {name} template {template}").format(**names))
        try:
            yield self._url(name)
        finally:
            self._admin.execute(sql.SQL("drop database {name} with (force)").format(**names))

    def empty_redis(self) -> str:
        """Give the URL of a Redis without a key."""
        with redis.Redis.from_url(self.redis_url) as client:
            client.flushall()
        return self.redis_url

    def _url(self, database: str) -> str:
        return self._servers.database_url.replace("/reconciler?", f"/{database}?", 1)


@contextmanager
def run_services(folder: Path, postgres: Path | None) -> Iterator[Services]:
    """Run the servers in `folder`, PostgreSQL from the folder `postgres` or else the wheel's.

    Nothing is flushed to disk: what tests need is speed.
    """
    with (
        embedded.start(folder, embedded.Options(postgres=postgres, durable=False)) as servers,
        psycopg.connect(servers.database_url, autocommit=True) as admin,
    ):
        yield Services(servers, admin)
