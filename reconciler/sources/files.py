"""Reading one file, and the judgement whether what was read may be believed."""

from __future__ import annotations

import errno
import stat
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from reconciler.desired import LIMITS, ParsedFile, SourceFile
from reconciler.ports import Clock, Parse
from reconciler.sources import refusals
from reconciler.sources.imprint import digest_of, imprint, is_cut_off
from reconciler.sources.memory import Doubt, Known
from reconciler.sources.names import RULES_NAME
from reconciler.sources.rules import RulesBroken, compile_rules
from reconciler.sources.step import Step
from reconciler.sources.tree import Content, Tree, signature

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

GONE = frozenset({errno.ENOENT, errno.ENOTDIR})
_OURS = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM})  # our trouble, not the file's
_TRIES = 3
_RACY = timedelta(milliseconds=50)  # more than the tick in which the kernel stamps files


@dataclass(frozen=True, slots=True)
class Reading:
    """How carefully files are read.

    `settle` is how long doubtful content must stand before it is believed: zero for a command that runs once.
    Doubtful is what does not parse, is empty, or is the beginning of what stood there before: it may be half
    written. A file of more than `most_bytes` is refused unread.
    """

    settle: timedelta = timedelta(0)
    most_bytes: int = LIMITS.file_bytes


@dataclass(frozen=True, slots=True)
class Files:
    """Reads files of `tree` into `step`."""

    tree: Tree
    step: Step
    parse: Parse
    reading: Reading
    clock: Clock

    def read(self, path: str) -> bool:
        """Look at the content of one file; False says that it vanished, and that nothing is concluded."""
        try:
            content = self._content(path)
        except OSError as error:
            if error.errno in GONE:
                return False
            self.refuse(path, error)
            return True
        most = self.reading.most_bytes
        if not stat.S_ISREG(content.before.st_mode):
            self.step.refuse(path, refusals.not_regular(path, content.before.st_mode))
        elif content.before.st_size > most or len(content.data) > most:
            self.step.refuse(path, refusals.too_large(path, most))
        elif not content.is_whole:
            self.step.doubts[path] = Doubt(b"", self.clock.monotonic())
        else:
            self._take(path, content)
        return True

    def refuse(self, path: str, error: OSError) -> None:
        """Put down what the system said; raises it when it is not about this path but about us."""
        if error.errno in _OURS:
            raise error
        self.step.refuse(path, refusals.unreadable(path, error))

    def _content(self, path: str) -> Content:
        """Read until nobody writes meanwhile, or often enough."""
        for _ in range(_TRIES - 1):
            try:
                content = self.tree.content(path, self.reading.most_bytes)
            except OSError as error:
                if error.errno not in (errno.ESTALE, errno.EAGAIN):
                    raise
            else:
                if content.is_whole or content.before.st_size > self.reading.most_bytes:
                    return content
        return self.tree.content(path, self.reading.most_bytes)

    def _take(self, path: str, content: Content) -> None:
        now = Known(self._trusted(content), imprint(content.data))
        known = self.step.memory.get(path)
        if known and digest_of(known.imprint) == digest_of(now.imprint):
            if known.signature != now.signature:
                self.step.memory.put(path, now)
        elif self._is_cut_off(content, known) and not self._has_settled(path, content):
            self._doubt(path, content)
        elif path.endswith(RULES_NAME):
            self._take_rules(path, content, now)
        else:
            self._take_manifests(path, content, now)

    def _take_manifests(self, path: str, content: Content, now: Known) -> None:
        parsed = self.parse(SourceFile(path, content.data))
        if parsed.understood or self._has_settled(path, content) or self._is_old(content):
            self.step.accept(path, now, parsed)
        else:
            self._doubt(path, content)

    def _take_rules(self, path: str, content: Content, now: Known) -> None:
        outcome = _rules(path, content.data)
        if not isinstance(outcome, ParsedFile):
            self.step.accept_rules(path, now, outcome)
        elif self._has_settled(path, content) or self._is_old(content):
            self.step.refuse(path, outcome)
        else:
            self._doubt(path, content)

    def _is_cut_off(self, content: Content, known: Known | None) -> bool:
        return not content.data.strip() or (known is not None and is_cut_off(content.data, known.imprint))

    def _has_settled(self, path: str, content: Content) -> bool:
        doubt = self.step.memory.doubts.get(path)
        looks_the_same = doubt is not None and doubt.signature == signature(content.after)
        since = doubt.since if doubt and looks_the_same else self.clock.monotonic()
        return self.clock.monotonic() - since >= self.reading.settle.total_seconds()

    def _doubt(self, path: str, content: Content) -> None:
        seen = signature(content.after)
        before = self.step.memory.doubts.get(path)
        again = before is not None and before.signature == seen
        self.step.doubts[path] = before if before and again else Doubt(seen, self.clock.monotonic())

    def _is_old(self, content: Content) -> bool:
        """Whether a mistake has stood for long by the wall clock, so that it need not settle.

        Only for mistakes: should that clock be wrong, one is told a moment too early, and nothing else
        happens.
        """
        return self._age(content) > timedelta(seconds=1) + self.reading.settle

    def _trusted(self, content: Content) -> bytes:
        """Give the signature; none when another write within the same tick would leave it as it is."""
        return signature(content.after) if self._age(content) > _RACY else b""

    def _age(self, content: Content) -> timedelta:
        return timedelta(seconds=self.clock.now().timestamp() - content.after.st_ctime)


def _rules(path: str, data: bytes) -> GitIgnoreSpec | ParsedFile:
    try:
        return compile_rules(data)
    except RulesBroken as error:
        return refusals.broken_rules(path, str(error))
