"""Whoever asks for a pass and waits is told what becomes of it: also while it fails and is tried again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from uuid import UUID, uuid4

import pytest

from reconciler.errors import SourceUnavailable
from reconciler.report import Order, Trigger, Wakeup
from reconciler.store import desk
from reconciler.store.connect import connect
from reconciler.store.ear import wait_for_answer
from tests.integration.passes.conftest import Instance, user


def _ask(instance: Instance) -> UUID:
    with connect(instance.url, "somebody") as connection:
        return desk.ask(connection, "default", "somebody")


def _serve(instance: Instance) -> None:
    """Run the pass that was asked for, as the daemon does."""
    with connect(instance.url, "ear") as connection:
        requests = desk.waiting(connection, "default")
    instance.reconciler.run(Order(Wakeup((Trigger.REQUEST,), None, requests), uuid4(), instance.epoch))


def test_who_waits_is_told_once_why_the_pass_failed_and_then_how_it_went(instance: Instance) -> None:
    """The folder is away for two attempts, and back for the third."""
    request = _ask(instance)
    reasons: SimpleQueue[str] = SimpleQueue()
    away = instance.folder.rename(instance.folder.with_name("away"))

    def wait() -> dict[str, object] | None:
        with connect(instance.url, "somebody") as connection:
            return wait_for_answer(connection, request, 30, reasons.put)

    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(wait)
        for _ in range(2):
            with pytest.raises(SourceUnavailable):
                _serve(instance)
        assert str(instance.folder) in reasons.get(timeout=30)
        away.rename(instance.folder)
        instance.write("ada.yaml", user())
        _serve(instance)
        told = answer.result(30)

    assert told is not None
    assert told["outcome"] == "Applied"
    assert reasons.empty()


def test_what_was_put_off_is_still_waiting(instance: Instance) -> None:
    """A daemon that starts meanwhile finds it, and serves it."""
    request = _ask(instance)
    with connect(instance.url, "somebody") as connection:
        instance.store.put_off(desk.waiting(connection, "default"), "the folder is away")

        assert [one.id for one in desk.waiting(connection, "default")] == [request]
        assert desk.reply_to(connection, request) == desk.Reply(None, "the folder is away")
        assert wait_for_answer(connection, request, 0) is None
        _serve(instance)
        assert desk.reply_to(connection, request).answer is not None
