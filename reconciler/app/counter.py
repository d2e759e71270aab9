"""Where people ask an instance something: the connection that is lent for it, and who asks."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from reconciler.app.places import locate
from reconciler.settings import Settings

if TYPE_CHECKING:
    from reconciler.store.connect import Connection


@contextmanager
def desk(settings: Settings) -> Iterator[Connection]:
    """Lend a connection for what people ask of an instance: see `reconciler.store.desk`."""
    from reconciler.store.connect import connect, describe
    from reconciler.store.errors import translated

    url = locate(settings).session_url
    with connect(url, "reconciler command") as connection, translated(describe(url)):
        yield connection


def whoami() -> str:
    """Say who asks, for the record: user and host."""
    return f"{os.environ.get('USER') or os.getuid()}@{platform.node()}"
