"""Watching a folder: events become hints where to look, and whatever goes wrong with them becomes looking."""

from __future__ import annotations

from collections.abc import Callable
from threading import Condition, Thread

from reconciler.desired import Snapshot
from reconciler.ports import Clock, Parse
from reconciler.sources.directory import DirectorySource
from reconciler.sources.ears import Ears, Listen, listen
from reconciler.sources.mounts import remote_kind
from reconciler.sources.probe import Probe
from reconciler.sources.tree import identify
from reconciler.telemetry import get_logger

Wake = Callable[[frozenset[str] | None], None]
"""Asks for a pass: the paths, relative to the root, that may have changed; None when anything may have."""

# All in seconds.
_PAUSED = 1.0  # who was not scheduled for so long may have missed what overflowed meanwhile
_HANGS = 10.0
_POLL = 2.0
_POLL_REMOTE = 5.0
_MISSING = 0.2
_SETTLED = 60.0  # a life so long was a good one, and a trouble so old is over
_DEAF = 600.0
_PATIENCE = (0.0, 0.1, 0.5, 2.0, 5.0, 15.0, 60.0)

_GONE = "polling: the folder is missing"

log = get_logger(__name__)


class CannotHear(RuntimeError):
    """Events are of no use here; `wait` is how long that will stay so, in seconds."""

    def __init__(self, reason: str, wait: float, interval: float = _POLL) -> None:
        super().__init__(reason)
        self.wait = wait
        self.interval = interval


class Watcher:
    """Watches the folder of a source on a thread of its own: see `ports.Watcher`.

    It fails safe. When it can't hear (no watches left, a file name that watchfiles can't take, a network
    file system) it asks for looks at everything, every few seconds, and tries to hear again. Whenever it
    begins to hear, it asks for one: what happened before made no event. A root that is replaced, or whose
    link flips, is noticed by its identity, within a tenth of a second. And a full look that finds a change
    which no event announced proves it deaf (see `Probe`): it begins anew, and the second time within ten
    minutes it polls.
    """

    def __init__(
        self,
        source: DirectorySource,
        wake: Wake,
        clock: Clock,
        begin: Listen = listen,
        probe: Probe | None = None,
    ) -> None:
        self._source = source
        self._root = source.root
        self._wake = wake
        self._clock = clock
        self._begin = begin
        self._probe = probe or Probe()
        self._turn = Condition()
        self._stopped = False
        self._anew = False
        self._mode = "polling: not started yet"
        self._failures = 0
        self._deafness: list[float] = []
        self._trouble = ""
        self._alive_at = clock.monotonic()
        self._thread: Thread | None = None

    # --- the port -------------------------------------------------------------------------------------------

    @property
    def mode(self) -> str:
        return self._mode

    @property
    def problem(self) -> str:
        if self._thread is None or self._stopped:
            return ""
        now = self._clock.monotonic()
        if now - self._alive_at > _HANGS:
            return f"the watcher of {self._root} has not moved for {now - self._alive_at:.0f} s"
        recent = self._deafness and now - self._deafness[-1] < _SETTLED
        return self._trouble if recent else ""

    def start(self) -> None:
        self._alive_at = self._clock.monotonic()
        self._thread = Thread(target=self._run, name="watcher", daemon=True)
        self._thread.start()

    def check(self) -> None:
        """Begin anew when the thread has died, or has proved deaf."""
        if self._thread is None or self._stopped:
            return
        if not self._thread.is_alive():
            log.error("the watcher died and is started again", root=str(self._root))
            self.start()
        unheard = [path for path in self._probe.unheard(self._clock.monotonic()) if not self._has_links(path)]
        if unheard and self._mode == "inotify":
            self._prove_deaf(unheard)

    def stop(self) -> None:
        with self._turn:
            self._stopped = True
            self._turn.notify_all()
        if self._thread is not None:
            self._thread.join(_HANGS)

    # --- the probe ------------------------------------------------------------------------------------------

    def probe(self, snapshot: Snapshot) -> None:
        """Hold what a fetch found against what was heard."""
        if snapshot.whole:
            readable = (file.path for file in snapshot.files if file.understood)
            gone = (path for path in snapshot.removed if not path.endswith("/"))
            self._probe.found((*readable, *gone), self._clock.monotonic())

    def _prove_deaf(self, unheard: list[str]) -> None:
        more = f" and {len(unheard) - 1} more" if len(unheard) > 1 else ""
        self._trouble = f"no event told of a change of {unheard[0]}{more}; a full look found it"
        log.warning("the watcher is deaf and begins anew", root=str(self._root), unheard=len(unheard))
        self._deafness.append(self._clock.monotonic())
        self._anew = True

    def _has_links(self, path: str) -> bool:
        """Whether a path leads through a link: its events bear another path."""
        parts = path.split("/")
        return any(self._root.joinpath(*parts[:end]).is_symlink() for end in range(1, len(parts) + 1))

    # --- the thread -----------------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._stopped:
            began = self._clock.monotonic()
            try:
                self._live()
            except CannotHear as error:
                self._poll(str(error), error.wait, error.interval)
            except (OSError, RuntimeError) as error:
                self._failures = 0 if self._clock.monotonic() - began > _SETTLED else self._failures
                wait = _PATIENCE[min(self._failures, len(_PATIENCE) - 1)]
                self._failures += 1
                self._poll(_reason(error), wait, _POLL)

    def _live(self) -> None:
        """Hear, until stopped, or until there is a reason to begin anew."""
        self._refuse_to_hear()
        self._anew = False
        try:
            identity = identify(self._root)
        except FileNotFoundError:
            self._miss()
            return
        with Ears(self._root, self._source.concerns, self._begin) as ears:
            self._set_mode("inotify")
            self._tell(None)
            while not self._stopped and not self._anew and self._is_still(identity):
                began = self._clock.monotonic()
                hints = ears.hear()
                self._alive_at = self._clock.monotonic()
                if self._alive_at - began > _PAUSED:
                    self._tell(None)
                elif hints is None or hints:
                    self._tell(hints)

    def _is_still(self, identity: str) -> bool:
        try:
            return identify(self._root) == identity
        except FileNotFoundError:
            return False

    def _refuse_to_hear(self) -> None:
        kind = remote_kind(self._root)
        if kind:
            raise CannotHear(f"{kind} does not tell of changes made elsewhere", _SETTLED, _POLL_REMOTE)
        now = self._clock.monotonic()
        self._deafness = [since for since in self._deafness if now - since < _DEAF]
        if len(self._deafness) > 1:
            self._deafness.pop()
            raise CannotHear("changes came that no event told of", _DEAF)

    def _miss(self) -> None:
        """Wait for the root to come, or to come back; that it is gone is told once."""
        if self._mode != _GONE:
            self._set_mode(_GONE)
            self._tell(None)
        self._sleep(_MISSING)

    def _poll(self, reason: str, wait: float, interval: float) -> None:
        """Ask for full looks until it is time to try to hear again."""
        self._set_mode(f"polling: {reason}")
        until = self._clock.monotonic() + wait
        self._tell(None)
        while not self._stopped and (left := until - self._clock.monotonic()) > 0:
            self._sleep(min(interval, left))
            self._tell(None)

    def _tell(self, paths: frozenset[str] | None) -> None:
        if not self._stopped:
            self._probe.announce(paths)
            self._wake(paths)

    def _sleep(self, seconds: float) -> None:
        with self._turn:
            if not self._stopped:
                self._clock.wait(self._turn, seconds)
        self._alive_at = self._clock.monotonic()

    def _set_mode(self, mode: str) -> None:
        if mode != self._mode:
            log.info("the folder is watched", root=str(self._root), mode=mode)
        self._mode = mode


class ProbedSource:
    """A source whose every snapshot shows its watcher whether it still hears."""

    def __init__(self, source: DirectorySource, watcher: Watcher) -> None:
        self._source = source
        self._watcher = watcher

    @property
    def name(self) -> str:
        return self._source.name

    def fetch(self, parse: Parse, hints: frozenset[str] | None = None) -> Snapshot:
        """Fetch from the source: see `ports.Source`."""
        snapshot = self._source.fetch(parse, hints)
        self._watcher.probe(snapshot)
        return snapshot


def _reason(error: OSError | RuntimeError) -> str:
    """Say why the kernel or watchfiles refuses, and which limit to raise."""
    text = str(error)
    if "watch limit" in text or "os error 28" in text:
        return "no inotify watches left (fs.inotify.max_user_watches)"
    if "os error 24" in text:
        return "no inotify instances or file descriptors left (fs.inotify.max_user_instances, ulimit -n)"
    if "decode path" in text or isinstance(error, UnicodeError):
        return "a file name is not UTF-8"
    return (isinstance(error, OSError) and error.strerror) or text
