"""What the daemon tells at its start."""

from __future__ import annotations

import shlex

from reconciler.cli.run import looked_into
from reconciler.embedded import Instance


def test_the_commands_that_open_the_servers_can_be_pasted_from_any_folder() -> None:
    """A folder with blanks or Chinese characters stands in them as a shell wants it, not as a URL does."""
    servers = Instance(
        7,
        "postgresql://reconciler@/postgres?host=%2Fhome%2Fada%2Fmy%20%E6%95%B0%E6%8D%AE%2Frun",
        "unix:///home/ada/my%20%E6%95%B0%E6%8D%AE/run/valkey.sock?db=0",
    )

    postgresql, redis = looked_into(servers, ".venv/bin/psql")

    assert shlex.split(postgresql)[1:] == [
        ".venv/bin/psql",
        "-h",
        "/home/ada/my 数据/run",
        "-U",
        "reconciler",
    ]
    assert shlex.split(redis)[1:] == ["redis-cli", "-s", "/home/ada/my 数据/run/valkey.sock"]
