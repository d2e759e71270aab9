"""Settings as people write them: `60s`, `30%`, `yes`, `127.0.0.1:8000`; each reader says why it refuses."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from reconciler.daemon.timing import Cron
from reconciler.telemetry import mask

_SECONDS: Final = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604_800}
_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d|w)")
_WORDS: Final = {
    **dict.fromkeys(("true", "yes", "on", "1"), True),
    **dict.fromkeys(("false", "no", "off", "0"), False),
}
_INSTANCE: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")
_PORTS: Final = 65535
_SECRET_LENGTH: Final = 16
_HOST: Final = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?|[0-9a-f:]*:[0-9a-f:.]*")
_LABEL: Final = 200


class Secret:
    """A text that is shown only masked, wherever it turns up."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Give the text itself."""
        return self._text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __str__(self) -> str:
        return mask(self._text)

    def __repr__(self) -> str:
        return f"Secret({str(self)!r})"


class Phrase(Secret):
    """A secret that is one altogether: nothing of it is shown."""

    __slots__ = ()

    def __str__(self) -> str:
        return "***"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server listens."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def text(raw: str) -> str:
    """Take any text that is not empty."""
    if not raw.strip():
        raise ValueError("it is empty")
    return raw


def path(raw: str) -> Path:
    """Take a path; `~` is the home folder."""
    return Path(text(raw)).expanduser()


def switch(raw: str) -> bool:
    """Take yes or no."""
    try:
        return _WORDS[raw.strip().lower()]
    except KeyError:
        raise ValueError(f"{raw!r} is neither yes nor no") from None


def name(raw: str) -> str:
    """Take a name that can stand in keys of Redis and in metrics."""
    if not _INSTANCE.fullmatch(raw):
        raise ValueError(f"{raw!r} is not 1 to 63 of A-Z a-z 0-9 . _ -, with a letter or digit at both ends")
    return raw


def label(raw: str) -> str:
    """Take a name that people give to something; it is shown, so it holds no secret."""
    if not raw.strip() or raw != raw.strip() or not raw.isprintable() or len(raw) > _LABEL:
        raise ValueError(f"it is not 1 to {_LABEL} characters that can be printed, without space around them")
    if mask(raw) != raw:
        raise ValueError("it holds what may be a password, and would be shown")
    return raw


def duration(at_least: timedelta, at_most: timedelta) -> Callable[[str], timedelta]:
    """Take a time with its unit, or several added up."""

    def read(raw: str) -> timedelta:
        compact = raw.replace(" ", "")
        parts = _DURATION.findall(compact)
        if not parts or "".join(number + unit for number, unit in parts) != compact:
            raise ValueError(f"{raw!r} is not a number with a unit")
        try:
            span = timedelta(seconds=sum(float(number) * _SECONDS[unit] for number, unit in parts))
        except OverflowError:
            span = timedelta.max
        if not at_least <= span <= at_most:
            raise ValueError(f"{raw!r} is not between {shown(at_least)} and {shown(at_most)}")
        return span

    return read


def age(at_least: timedelta, at_most: timedelta) -> Callable[[str], timedelta]:
    """Take a time after which something ends, or 0 when it never does."""
    bounded = duration(at_least, at_most)
    return lambda raw: timedelta(0) if raw.strip() in {"0", "0s"} else bounded(raw)


def share(raw: str) -> float:
    """Take a share of the whole: `30%`, or `0.3`."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?) *(%?)", raw.strip())
    if found is None:
        raise ValueError(f"{raw!r} is not a share")
    number = float(found[1]) / (100 if found[2] else 1)
    if number > 1:
        raise ValueError(f"{raw!r} is more than everything")
    return number


def count(raw: str) -> int:
    """Take a number of things."""
    if not re.fullmatch(r"\d{1,9}", raw.strip()):
        raise ValueError(f"{raw!r} is not a whole number")
    return int(raw)


class OneOf:
    """Takes one of these words."""

    def __init__(self, *words: str) -> None:
        self.words = words

    def __call__(self, raw: str) -> str:
        """Read it."""
        word = raw.strip().lower()
        if word not in self.words:
            likely = _likely(word, self.words)
            raise ValueError(f"{raw!r} is none of {', '.join(self.words)}{likely}")
        return word


def _likely(word: str, words: Iterable[str]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - only mistakes need it

    found = get_close_matches(word, words, 1)
    return f"; did you mean {found[0]}?" if found else ""


def address(raw: str) -> Address:
    """Take `HOST:PORT`; IPv6 in brackets; port 0 for any that is free."""
    found = re.fullmatch(r"(?:\[([0-9A-Fa-f:.]+)\]|([^:\s/]+)):(\d{1,5})", raw.strip())
    if found is None or int(found[3]) > _PORTS:
        raise ValueError(f"{raw!r} is not HOST:PORT")
    return Address(found[1] or found[2], int(found[3]))


def phrase(raw: str) -> Phrase:
    """Take a secret that is long enough not to be guessed."""
    said = raw.strip()
    if len(said) < _SECRET_LENGTH:
        raise ValueError(f"it has fewer than {_SECRET_LENGTH} characters")
    if not (said.isascii() and said.isprintable()):
        raise ValueError("it has characters that a header can't hold")
    return Phrase(said)


def hosts(raw: str) -> tuple[str, ...]:
    """Take names of hosts with commas in between: `reconciler.example, 10.0.0.7`."""
    names = tuple(name.strip().lower() for name in raw.split(",") if name.strip())
    for one in names:
        if not _HOST.fullmatch(one):
            raise ValueError(f"{one!r} is no name of a host")
    return names


def url(*schemes: str) -> Callable[[str], Secret]:
    """Take a URL of one of these schemes; what is wrong is said without showing it."""

    def read(raw: str) -> Secret:
        scheme, separator, rest = raw.strip().partition("://")
        if not separator or scheme not in schemes or not rest:
            raise ValueError(f"it does not begin with {' or '.join(f'{scheme}://' for scheme in schemes)}")
        try:
            urlsplit(raw.strip()).netloc.encode()
        except ValueError:  # says what it quotes of the URL, and that may be the password
            raise ValueError("its user, password or host can't be read; write @ / % as %40 %2F %25") from None
        return Secret(raw.strip())

    return read


def cron(raw: str) -> Cron:
    """Take a cron expression in Unix's meaning."""
    try:
        return Cron(raw)
    except ValueError as error:
        raise ValueError(f"{raw!r}: {error}") from error


def shown(value: object) -> str:
    """Write a value as it could be given, secrets masked."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case float():
            return f"{value * 100:g}%"
        case timedelta():
            return _span(value)
        case Cron():
            return value.expression
        case tuple():
            return ", ".join(map(str, value))
        case _:
            return str(value)


def _span(span: timedelta) -> str:
    """Write a time in the largest units that say it exactly."""
    left = round(span.total_seconds() * 1000)
    words = []
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)):
        number, left = divmod(left, size)
        words += [f"{number}{unit}"] if number else []
    return "".join(words) or "0s"
