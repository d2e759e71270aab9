"""The connection to Redis: who it is with, how long it may take, and what is wrong with it, in our words."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any, Final, TypeVar
from urllib.parse import unquote, urlsplit

import redis
from redis.backoff import NoBackoff
from redis.connection import parse_url
from redis.retry import Retry

from reconciler.errors import StatusUnavailable, UsageError
from reconciler.telemetry import mask

_T = TypeVar("_T")

_REASONS: Final[Mapping[str, tuple[str, str]]] = {
    "OOM": ("it is out of memory", "raise its maxmemory, or let it evict other keys"),
    "READONLY": ("it is a read-only replica", "let REDIS_URL name the primary"),
    "LOADING": ("it is still loading its data", ""),
    "MASTERDOWN": ("it is a replica that has lost its primary", ""),
    "CLUSTERDOWN": ("its cluster is down", ""),
    "MOVED": ("it is part of a cluster", "name a Redis or Valkey that is not run as a cluster"),
    "MISCONF": ("it can't save its data to disk and takes no writes", "see its log"),
    "NOREPLICAS": ("it has too few replicas to take writes", ""),
    "WRONGPASS": ("it does not know this user and password", "mend the password in REDIS_URL"),
    "NOAUTH": ("it wants a password", "put the password into REDIS_URL"),
    "NOPERM": ("its user may not do that", "allow it the keys and the channel reconciler:*, and scripts"),
    "NOPROTO": ("it speaks another protocol", ""),
    "WRONGTYPE": ("a key of ours holds something else", "the daemon puts it right when it next reports"),
    "BUSY": ("it is busy with somebody's script", ""),
}
# What the library raises over replies that are not of Redis' protocol, besides its own InvalidResponse.
_NONSENSE: Final = (ValueError, TypeError, LookupError)
_ANSWERS: Final = (
    redis.ResponseError,
    redis.AuthenticationError,
    redis.BusyLoadingError,
    redis.InvalidResponse,
    *_NONSENSE,
)
_CODES: Final = re.compile(rf"\b({'|'.join(_REASONS)})\b")


class _Plug:
    """What can be pulled out of the wall: each wait has its bound, all of them together have none."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None

    def greet(self, connection: redis.Connection) -> None:
        """Begin a connection as the library would, and give it a name if that is allowed."""
        self._socket = connection._sock  # noqa: SLF001 - there is no other way to it
        connection.on_connect()  # type: ignore[no-untyped-call]
        with suppress(redis.ResponseError):
            connection.send_command("CLIENT", "SETNAME", "reconciler")  # type: ignore[no-untyped-call]
            connection.read_response()

    def pull(self) -> None:
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)


def shaped(reply: object, shape: type[_T]) -> _T:
    """Give a reply if it is what it should be.

    Raises:
        redis.InvalidResponse: it is something else.

    """
    if not isinstance(reply, shape):
        raise redis.InvalidResponse(f"{type(reply).__name__} instead of {shape.__name__}")
    return reply


class Line:
    """A connection to one Redis, opened when it is first used and again after `close`.

    Every wait on it ends by `timeout`. Nothing is tried twice: whoever uses it knows better when.
    """

    def __init__(self, url: str, timeout: timedelta) -> None:
        self.address = address(url)
        self._options = _options(url)
        self._timeout = timeout.total_seconds()
        self._client: redis.Redis | None = None
        self._plug = _Plug()

    def cut(self) -> None:
        """End, from another thread, whatever is being waited for: it fails as if Redis had hung up."""
        self._plug.pull()

    def close(self) -> None:
        """Hang up; what was on its way may or may not have been done."""
        client, self._client = self._client, None
        if client is not None:
            client.close()
            client.connection_pool.disconnect()

    @contextmanager
    def asking(self) -> Iterator[redis.Redis]:
        """Give the client for as long as it takes, and hang up if something is wrong.

        Raises:
            StatusUnavailable: Redis does not answer, says no, or says what makes no sense.

        """
        try:
            if self._client is None:
                self._client = self._dial()
            yield self._client
        except (redis.RedisError, OSError, *_NONSENSE) as error:
            self.close()
            raise self._explained(error) from error
        except BaseException:
            # A reply may be on its way still, and would be taken for the next one's.
            self.close()
            raise

    def _dial(self) -> redis.Redis:
        kind = self._options.get("connection_class", redis.Connection)
        ours: dict[str, Any] = {
            "socket_timeout": self._timeout,
            "socket_connect_timeout": self._timeout,
            # The library tries ten times by itself, pings in between, and greets with five messages.
            "retry": Retry(NoBackoff(), 0),
            "health_check_interval": 0,
            "driver_info": None,
            "redis_connect_func": self._plug.greet,
            "protocol": 2,
            "decode_responses": True,
            "encoding_errors": "surrogatepass",
        }
        pool = redis.ConnectionPool(**{**self._options, **ours, "connection_class": kind})
        return redis.Redis(connection_pool=pool)

    def _explained(self, error: Exception) -> StatusUnavailable:
        why, fix = reason(error)
        answers = isinstance(error, _ANSWERS)
        what = "Redis does not serve us" if answers else "Redis does not answer"
        return StatusUnavailable(what, where=self.address, why=why, fix=fix)


def address(url: str) -> str:
    """Give a Redis URL without user, password and options, to show.

    Raises:
        UsageError: it is no URL of a Redis.

    """
    options = _options(url)
    scheme = urlsplit(url).scheme
    if scheme == "unix":
        return f"unix:{options['path']}"
    host = options.get("host", "localhost")
    shown = f"[{host}]" if ":" in host else host
    return f"{scheme}://{shown}:{options.get('port', 6379)}/{options.get('db', 0)}"


def _options(url: str) -> dict[str, Any]:
    try:
        options: dict[str, Any] = dict(parse_url(url))  # type: ignore[no-untyped-call]
        if urlsplit(url).scheme == "unix" and not unquote(urlsplit(url).path):
            raise ValueError("no path")  # noqa: TRY301 - one place says what a URL looks like
    except (ValueError, TypeError) as error:
        raise UsageError(
            "the URL of Redis can't be read",
            why="it is none of redis://HOST:PORT/DB, rediss://HOST:PORT/DB, unix:///PATH",
            fix="mend REDIS_URL, or redis_url in the settings",
        ) from error
    return options


def reason(error: Exception) -> tuple[str, str]:
    """Say why Redis failed, and what would help, in words without secrets."""
    text = f"{getattr(error, 'status_code', None) or ''} {error}"
    if found := _CODES.search(text):
        return _REASONS[found[1]]
    cause = error.__cause__ or error.__context__
    if isinstance(error, redis.AuthenticationError):
        return "it refuses the user or password", "mend the password in REDIS_URL"
    if isinstance(error, redis.TimeoutError | TimeoutError):
        return "no reply in time", ""
    if isinstance(cause, ssl.SSLError):
        return f"TLS failed, {cause.reason or 'no reason given'}".lower(), ""
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror.lower(), ""
    if isinstance(error, UnicodeError):
        return "it holds text that is not UTF-8", "the daemon puts it right when it next reports"
    if isinstance(error, (redis.InvalidResponse, *_NONSENSE)):
        return "its reply makes no sense", "see whether it is a Redis that listens there"
    return _printable(mask(str(error))) or type(error).__name__, ""


def _printable(text: str) -> str:
    first = text.strip().partition("\n")[0][:200]
    return "".join(c if c.isprintable() else "\ufffd" for c in first)
