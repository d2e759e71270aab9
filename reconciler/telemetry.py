"""Logging: a constant message plus keys, one line each: text on a terminal, JSON everywhere else."""

from __future__ import annotations

import json
import math
import os
import re
import sys
from collections.abc import Mapping, MutableMapping
from enum import IntEnum
from typing import Any, Final, Protocol, TextIO

_Event = MutableMapping[str, Any]


class Level(IntEnum):
    """How grave a line is; the numbers are those of `logging`."""

    DEBUG = 10
    INFO = 20
    WARNING = 30
    ERROR = 40


class Logger(Protocol):
    """What modules log with: the message never changes, what does stands in the keys."""

    def debug(self, event: str, /, **keys: object) -> None: ...
    def info(self, event: str, /, **keys: object) -> None: ...
    def warning(self, event: str, /, **keys: object) -> None: ...
    def error(self, event: str, /, **keys: object) -> None: ...
    def exception(self, event: str, /, **keys: object) -> None:
        """Log an error together with the exception that is being handled."""
        ...


def get_logger(name: str) -> Logger:
    """Give the logger of a module; it says nothing until `configure` was called."""
    return _Logger(name)


def configure(
    form: str = "auto", level: Level = Level.INFO, stream: TextIO | None = None, **keys: object
) -> None:
    """Begin to log: `form` is `console`, `json`, or `auto`, which is the former on a terminal.

    `keys` stand in every line. What other libraries log from WARNING upwards comes along.
    """
    import logging  # noqa: PLC0415 - with structlog 80 ms, which commands that log nothing need not spend

    import structlog  # noqa: PLC0415

    target = sys.stderr if stream is None else stream
    console = form == "console" or (form == "auto" and target.isatty())
    colour = console and target.isatty() and not os.environ.get("NO_COLOR")
    processors: list[Any] = [
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        structlog.processors.format_exc_info,
        _plain_values,
        _Console(colour=colour) if console else _as_json,
    ]
    _state.out = structlog.wrap_logger(
        _Sink(target), processors=processors, wrapper_class=structlog.BoundLogger
    ).bind(**keys)
    _state.level = level
    root = logging.getLogger()
    root.removeHandler(_state.bridge)
    _state.bridge = _bridge()
    root.addHandler(_state.bridge)


def reset() -> None:
    """Say nothing any more, as before `configure`."""
    import logging  # noqa: PLC0415

    logging.getLogger().removeHandler(_state.bridge)
    _state.out, _state.level, _state.bridge = None, Level.INFO, None


def set_level(level: Level) -> None:
    """Log from this level upwards from now on, in every thread."""
    _state.level = level


def get_level() -> Level:
    """Give the level from which upwards lines are logged."""
    return _state.level


_USER_INFO: Final = re.compile(r"(?<=://)[^\s'\"<>]*@")
_PASSWORD: Final = re.compile(
    r"\b((?:ssl)?password|passwd|pwd|token|secret|api_?key)(\s*[=:]\s*)('(?:[^'\\]|\\.)*'|[^\s&;,'\"]+)",
    re.IGNORECASE,
)


def mask(text: str) -> str:
    """Hide what may be a secret: the user info of URLs, and what follows `password=` and the like.

    Hides rather too much than too little: all up to the last `@` of a word that begins like a URL.
    """
    if "://" in text:
        text = _USER_INFO.sub("***@", text)
    return _PASSWORD.sub(r"\1\2***", text)


# --- how it is done -------------------------------------------------------------------------------------


class _State:
    """What `configure` set; `out` is None until then, and nothing is said."""

    out: Any = None
    level: Level = Level.INFO
    bridge: Any = None


_state = _State()


class _Logger:
    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name.removeprefix("reconciler.")

    def debug(self, event: str, /, **keys: object) -> None:
        self.say(Level.DEBUG, event, keys)

    def info(self, event: str, /, **keys: object) -> None:
        self.say(Level.INFO, event, keys)

    def warning(self, event: str, /, **keys: object) -> None:
        self.say(Level.WARNING, event, keys)

    def error(self, event: str, /, **keys: object) -> None:
        self.say(Level.ERROR, event, keys)

    def exception(self, event: str, /, **keys: object) -> None:
        self.say(Level.ERROR, event, {**keys, "exc_info": sys.exc_info()})

    def say(self, level: Level, event: str, keys: Mapping[str, object]) -> None:
        if _state.out is not None and level >= _state.level:
            _state.out.msg(event, **{"level": level.name.lower(), "logger": self._name, **keys})


class _Sink:
    """Writes whole lines. What can't be written must not end the daemon, and nobody is left to be told."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def msg(self, line: str) -> None:
        try:
            self._stream.write(line + "\n")
            self._stream.flush()
        except (OSError, ValueError):
            return


def _bridge() -> Any:  # noqa: ANN401 - `logging` is not imported yet where the type would stand
    """Make the handler through which what other libraries log takes our form."""
    import logging  # noqa: PLC0415

    class Bridge(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            level = max((one for one in Level if one <= record.levelno), default=Level.DEBUG)
            keys = {"exc_info": record.exc_info} if record.exc_info else {}
            _Logger(record.name).say(level, record.getMessage(), keys)

    return Bridge(logging.WARNING)


# Control characters, line breaks of every kind, bidirectional and zero-width marks, lone surrogates.
_UNSAFE: Final = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
_NESTED: Final = 4


def one_line(text: str) -> str:
    """Escape what would break a line or hide in it: control characters, marks of direction, surrogates."""
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _plain_values(_logger: object, _method: str, event: _Event) -> _Event:
    """Turn every value into what JSON has, without secrets."""
    return {str(key): _plain(value, _NESTED) for key, value in event.items()}


def _plain(value: object, depth: int) -> Any:  # noqa: ANN401 - JSON has no narrower type
    match value:
        case bool() | None | int():
            return value
        case float():
            return round(value, 6) if math.isfinite(value) else str(value)
        case Mapping() if depth:
            return {mask(str(key)): _plain(item, depth - 1) for key, item in value.items()}
        case list() | tuple() | set() | frozenset() if depth:
            return [_plain(item, depth - 1) for item in value]
        case _:
            return mask(str(value))


def _as_json(_logger: object, _method: str, event: _Event) -> str:
    first = {"time": event.pop("time"), "level": event.pop("level"), "logger": event.pop("logger")}
    return one_line(json.dumps({**first, "message": event.pop("event"), **event}, ensure_ascii=False))


class _Console:
    """`20:15:03.120 info    message  key=value`; only a traceback takes further lines, each with a bar.

    Keys that serve programs alone stand in JSON alone, and so do those that have nothing to say.
    """

    _FOR_PROGRAMS: Final = frozenset({"pass_id", "revision", "stages"})
    _COLOURS: Final = {"debug": "2", "info": "32", "warning": "33", "error": "31"}

    def __init__(self, *, colour: bool) -> None:
        self._colour = colour

    def __call__(self, _logger: object, _method: str, event: _Event) -> str:
        level, trace = event.pop("level"), event.pop("exception", "")
        event.pop("logger")
        head = f"{event.pop('time')[11:23]} {self._painted(f'{level:<7}', self._COLOURS[level])} "
        message = one_line(event.pop("event"))
        said = {key: value for key, value in event.items() if value not in ("", [], {})}
        pairs = "".join(
            f" {self._painted(one_line(key), '2')}={_quoted(value)}"
            for key, value in said.items()
            if key not in self._FOR_PROGRAMS
        )
        tail = "".join(f"\n    | {one_line(line)}" for line in trace.splitlines())
        return f"{head}{message}{' ' if pairs else ''}{pairs}{tail}"

    def _painted(self, text: str, code: str) -> str:
        return f"\033[{code}m{text}\033[0m" if self._colour else text


def _quoted(value: object) -> str:
    """Show a value so that its end can be seen: text is quoted when it is not one word."""
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{one_line(str(key))}: {_quoted(item)}' for key, item in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_quoted, value))}]"
    if isinstance(value, str) and re.fullmatch(r"[^\s\"'=]+", value) and not _UNSAFE.search(value):
        return value
    return one_line(json.dumps(value, ensure_ascii=False))
