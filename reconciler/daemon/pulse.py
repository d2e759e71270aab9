"""The pulse: once a second, beside the passes, it looks after what waits and tells that the daemon lives."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from threading import Condition, Thread

from reconciler.daemon.bulletin import Bulletin
from reconciler.daemon.pace import TICK
from reconciler.daemon.supervision import Supervision
from reconciler.ports import Clock
from reconciler.telemetry import get_logger

log = get_logger(__name__)


class Pulse:
    """Beats on a thread of its own, so that a pass that takes long is told from a daemon that is gone.

    `looks` look after what waits: watcher, schedule, the process that serves HTTP. None of them takes long.
    """

    def __init__(
        self, clock: Clock, bulletin: Bulletin, supervision: Supervision, looks: Iterable[Callable[[], None]]
    ) -> None:
        self._clock = clock
        self._bulletin = bulletin
        self._supervision = supervision
        self._looks = tuple(looks)
        self._stop = Condition()
        self._stopped = False
        self._ill = ""
        self._thread = Thread(target=self._run, name="pulse", daemon=True)

    def start(self) -> None:
        """Begin to beat."""
        self._thread.start()

    def stop(self) -> None:
        """Beat no more; returns when the last beat is over."""
        with self._stop:
            self._stopped = True
            self._stop.notify_all()
        self._thread.join()

    def beat(self) -> None:
        """Look after what was given, and tell how things stand: the service manager in any case."""
        self._supervision.beat(self._bulletin.standing)
        for look in self._looks:
            look()
        self._bulletin.beat(self._ill)

    def _run(self) -> None:
        while not self._stopped:
            try:
                self.beat()
                self._ill = ""
            except Exception as error:  # noqa: BLE001 - a mistake in one beat must not end all others
                self._ail(error)
            with self._stop:
                if not self._stopped:
                    self._clock.wait(self._stop, TICK)

    def _ail(self, error: Exception) -> None:
        """Go on beating after a mistake of ours, and show it with the next beat that succeeds."""
        illness = f"the daemon's pulse met with a mistake of ours: {type(error).__name__}: {error}"
        if illness != self._ill:
            log.error("the pulse met with a mistake of ours", exc_info=error)
        self._ill = illness
