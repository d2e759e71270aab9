"""Work that may hang, done elsewhere."""

from __future__ import annotations

import gc
import threading
from concurrent.futures import wait

import pytest

from reconciler.status.worker import Worker


def _threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "test-worker"]


def test_jobs_are_done_one_after_the_other_in_one_thread_elsewhere() -> None:
    """Whoever asks gets what each returned."""
    worker = Worker("test-worker")
    done = [worker.run(threading.get_ident) for _ in range(3)]
    threads = {future.result(5) for future in done}
    assert len(threads) == 1
    assert threading.get_ident() not in threads
    worker.stop()


def test_what_a_job_raises_is_raised_where_it_was_asked_for() -> None:
    """And the next job is done all the same."""
    worker = Worker("test-worker")
    failed, done = worker.run(lambda: 1 // 0), worker.run(lambda: 1)
    with pytest.raises(ZeroDivisionError):
        failed.result(5)
    assert done.result(5) == 1
    worker.stop()


def test_nobody_waits_for_a_job_that_hangs() -> None:
    """Nor does the interpreter, when it ends."""
    worker, go = Worker("test-worker"), threading.Event()
    hanging = worker.run(go.wait)
    assert not wait([hanging], 0.01).done
    assert [thread.daemon for thread in _threads()] == [True]
    go.set()
    hanging.result(5)
    worker.stop()


def test_the_thread_ends_with_its_worker() -> None:
    """Whether it was stopped or forgotten."""
    for forget in (False, True):
        worker = Worker("test-worker")
        worker.run(threading.get_ident).result(5)
        (thread,) = _threads()
        if not forget:
            worker.stop()
        del worker
        gc.collect()
        thread.join(5)
        assert not thread.is_alive()


def test_a_stopped_worker_starts_again_when_there_is_work() -> None:
    """To withdraw is not to be out of use."""
    worker = Worker("test-worker")
    worker.stop()
    worker.run(threading.get_ident).result(5)
    worker.stop()
    assert worker.run(lambda: 2).result(5) == 2
    worker.stop()
