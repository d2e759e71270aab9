"""Answers made once for all who ask in the same moment."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from fastapi import Request, Response

from reconciler.errors import StoreUnavailable
from reconciler.web.pages import Pages
from tests.fakes import HandClock


def _asked(query: str = "", tag: str = "") -> Request:
    headers = [(b"if-none-match", tag.encode())] if tag else []
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/x",
        "query_string": query.encode(),
        "headers": headers,
    }
    return Request({**scope, "server": ("localhost", 80)})


class _Maker:
    """Makes documents that count, when it may."""

    def __init__(self) -> None:
        self.made = 0
        self.may = Event()
        self.may.set()

    def __call__(self) -> dict[str, Any]:
        assert self.may.wait(10)
        self.made += 1
        return {"n": self.made}


def test_who_asks_at_once_is_given_one_answer_and_later_a_newer_one() -> None:
    """By what was asked: another question has another answer."""

    async def ask() -> list[Response]:
        clock, make = HandClock(), _Maker()
        pages = Pages(clock)
        make.may.clear()
        waiting = [asyncio.create_task(pages.answer(_asked(), make)) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[0].cancel()  # who began it goes away
        make.may.set()
        told = [await one for one in waiting[1:]]
        told.append(await pages.answer(_asked("a=1"), make))
        told.append(await pages.answer(_asked(tag=told[0].headers["etag"]), make))
        clock.forward(timedelta(seconds=1))
        return [*told, await pages.answer(_asked(), make)]

    told = asyncio.run(ask())
    assert [one.body for one in told] == [b'{"n":1}', b'{"n":1}', b'{"n":2}', b"", b'{"n":3}']
    assert [one.status_code for one in told] == [200, 200, 200, 304, 200]


def test_an_error_is_not_remembered() -> None:
    """Who asks next may have more luck."""

    def fail() -> dict[str, Any]:
        raise StoreUnavailable("PostgreSQL is away")

    async def ask() -> bytes:
        pages = Pages(HandClock())
        with pytest.raises(StoreUnavailable):
            await pages.answer(_asked(), fail)
        return bytes((await pages.answer(_asked(), _Maker())).body)

    assert asyncio.run(ask()) == b'{"n":1}'
