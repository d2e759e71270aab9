"""People and programs that look at the HTTP interface: many connections, each asking again and again."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass
from multiprocessing.synchronize import Event
from typing import Final
from urllib.parse import urlsplit

_LINES: Final = 65536


@dataclass(frozen=True, slots=True)
class Crowd:
    """So many connections to `url`; each asks, reads the answer, and pauses for about `pause` seconds."""

    url: str
    clients: int
    pause: float


@dataclass(frozen=True, slots=True)
class Heard:
    """How long each answer took, in seconds, and what came instead of one."""

    seconds: tuple[float, ...]
    failures: tuple[str, ...]


def ask(crowd: Crowd, stop: Event) -> Heard:
    """Ask until told to stop; `benchmarks.beside.Program`."""
    return asyncio.run(_ask(crowd, stop))


async def _ask(crowd: Crowd, stop: Event) -> Heard:
    seconds: list[float] = []
    failures: list[str] = []
    tasks = [
        asyncio.create_task(_one(crowd, random.Random(number), seconds, failures))  # noqa: S311 - no secret
        for number in range(crowd.clients)
    ]
    await asyncio.to_thread(stop.wait)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return Heard(tuple(seconds), tuple(failures))


async def _one(crowd: Crowd, chance: random.Random, seconds: list[float], failures: list[str]) -> None:
    address = urlsplit(crowd.url)
    target = f"{address.path}?{address.query}" if address.query else address.path
    request = f"GET {target} HTTP/1.1\r\nHost: {address.netloc}\r\n\r\n".encode()
    await asyncio.sleep(chance.uniform(0, crowd.pause))
    reader, writer = await asyncio.open_connection(address.hostname, address.port, limit=_LINES)
    while True:
        began = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0]
        await reader.readexactly(int(length))
        seconds.append(time.perf_counter() - began)
        if b" 200 " not in head.split(b"\r\n", 1)[0]:
            failures.append(head.split(b"\r\n", 1)[0].decode())
        await asyncio.sleep(crowd.pause * chance.uniform(0.5, 1.5))
