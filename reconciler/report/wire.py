"""What is reported, as JSON: the form in Redis, in PostgreSQL and of `-o json`, and the way back.

The form follows the types: a dataclass is a mapping with its fields in their order, a resource key is
`Kind/name`, bytes are hexadecimal digits, a time is `2026-11-03T10:15:30.000000Z` (always UTC, so that times
sort as text), a duration is a number of seconds. A whole document says its version. To read is to be lenient
forwards: fields that are not known are passed over, fields that are missing take their defaults.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Final, TypeVar, get_args, get_origin, get_type_hints
from uuid import UUID

from reconciler.resources import ResourceKey

VERSION: Final = "reconciler/v1"

_T = TypeVar("_T")
_Codec = Callable[[Any], Any]

# PostgreSQL's jsonb takes neither, and no terminal shows them.
_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")


class WireError(ValueError):
    """JSON that is not, or no longer, the form of the type that was asked for."""


def encode(value: object) -> Any:  # noqa: ANN401 - JSON has no narrower type
    """Give a reported value as what `json` takes.

    Raises:
        TypeError: the value holds something that has no form.

    """
    kind: Any = type(value)
    return _encoder(kind)(value)


def decode(kind: type[_T], data: object) -> _T:
    """Give the value back that `encode` took apart.

    Raises:
        WireError: the data has not the form of `kind`.

    """
    form: Any = kind
    try:
        value: _T = _decoder(form)(data)
    except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise WireError(f"not a {kind.__name__}: {error}") from error
    return value


def document(value: object) -> dict[str, Any]:
    """Give a reported value as a document that says its version and its kind."""
    return {"apiVersion": VERSION, "kind": type(value).__name__, **encode(value)}


def dumps(value: object) -> str:
    """Give a reported value, or a part of one, as JSON that is one line and that every store takes.

    NUL and lone surrogates, which PostgreSQL refuses, become U+FFFD.
    """
    data = encode(value)
    text = _text(data)
    if "\\u0000" in text or _UNSTORABLE.search(text):
        text = _text(_storable(data))
    return text


def loads(kind: type[_T], text: str | bytes) -> _T:
    """Read what `dumps` wrote.

    Raises:
        WireError: the text is not JSON, or not of the form of `kind`.

    """
    try:
        data = _parse(text.decode() if isinstance(text, bytes) else text)
    except (ValueError, RecursionError) as error:
        raise WireError(f"not a {kind.__name__}: {error}") from error
    return decode(kind, data)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


# Made once: to make one for each value takes as long as its work.
_text: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode
_parse: Final = json.JSONDecoder(parse_constant=_refuse_constant).decode


def _storable(data: object) -> object:
    match data:
        case str():
            return _UNSTORABLE.sub("\ufffd", data)
        case list():
            return [_storable(item) for item in data]
        case dict():
            return {_storable(key): _storable(value) for key, value in data.items()}
        case _:
            return data


def _plain(value: Any) -> Any:  # noqa: ANN401
    return value


def _encode_time(value: datetime) -> str:
    if value.tzinfo is None:
        raise TypeError(f"{value} has no time zone")
    return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _encode_list(value: Any) -> list[Any]:  # noqa: ANN401
    return [encode(item) for item in value]


def _encode_mapping(value: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(key): encode(item) for key, item in value.items()}


@cache
def _encoder(kind: type) -> _Codec:
    """Choose how values of a type are taken apart, once for each type."""
    if kind in {str, int, float, bool, NoneType}:
        return _plain
    if issubclass(kind, StrEnum | UUID | ResourceKey):
        return str
    if issubclass(kind, datetime):
        return _encode_time
    if issubclass(kind, bytes):
        return bytes.hex
    if is_dataclass(kind):
        names = tuple(field.name for field in fields(kind))
        return lambda value: {name: encode(getattr(value, name)) for name in names}
    if issubclass(kind, Mapping):
        return _encode_mapping
    if issubclass(kind, tuple | list | set | frozenset):
        return _encode_list
    raise TypeError(f"{kind.__name__} has no form in JSON")


@cache
def _decoder(kind: Any) -> _Codec:  # noqa: ANN401 - a type, or what stands for one in an annotation
    """Choose how values of an annotated type are put together, once for each type."""
    if kind in _DECODERS:
        return _DECODERS[kind]
    if (origin := get_origin(kind)) in _GENERIC:
        return _GENERIC[origin](get_args(kind))
    if isinstance(kind, type) and issubclass(kind, StrEnum | UUID):
        return kind
    if isinstance(kind, type) and is_dataclass(kind):
        return _decode_fields(kind)
    raise TypeError(f"{kind} has no form in JSON")


def _decode_exactly(kind: type) -> _Codec:
    def take(data: object) -> object:
        if type(data) is not kind:
            raise TypeError(f"{data!r:.80} is no {kind.__name__}")
        return data

    return take


def _decode_float(data: object) -> float:
    if isinstance(data, bool) or not isinstance(data, int | float):
        raise TypeError(f"{data!r:.80} is no number")
    return float(data)


def _decode_time(data: str) -> datetime:
    moment = datetime.fromisoformat(data)
    if moment.tzinfo is None:
        raise ValueError(f"{data!r:.80} has no time zone")
    return moment.astimezone(UTC)


def _decode_union(args: tuple[Any, ...]) -> _Codec:
    kinds = [arg for arg in args if arg is not NoneType]
    inner = _decoder(kinds[0]) if len(kinds) == 1 else _decode_one_of(kinds)
    if NoneType not in args:
        return inner
    return lambda data: None if data is None else inner(data)


def _decode_one_of(kinds: Sequence[type]) -> _Codec:
    """Tell dataclasses apart by the fields that they must have."""
    known = [(frozenset(field.name for field in fields(kind)), _decoder(kind)) for kind in kinds]

    def choose(data: Mapping[str, Any]) -> object:
        for names, inner in known:
            if names <= data.keys():
                return inner(data)
        raise TypeError(f"{data!r:.80} is none of {', '.join(kind.__name__ for kind in kinds)}")

    return choose


def _decode_tuple(args: tuple[Any, ...]) -> _Codec:
    if args[-1] is Ellipsis:
        each = _decoder(args[0])
        return lambda data: tuple(each(item) for item in _listed(data))
    parts = tuple(_decoder(arg) for arg in args)
    return lambda data: tuple(part(item) for part, item in zip(parts, _listed(data), strict=True))


def _listed(data: object) -> list[Any]:
    if not isinstance(data, list):
        raise TypeError(f"{data!r:.80} is no list")
    return data


def _decode_mapping(args: tuple[Any, ...]) -> _Codec:
    key, item = (_decoder(arg) for arg in args)
    return lambda data: {key(name): item(value) for name, value in data.items()}


def _decode_fields(kind: type) -> _Codec:
    hints = get_type_hints(kind)
    known = tuple((field.name, _decoder(hints[field.name])) for field in fields(kind))
    required = {f.name for f in fields(kind) if f.default is MISSING and f.default_factory is MISSING}

    def build(data: Mapping[str, Any]) -> object:
        missing = required - data.keys()
        if missing:
            raise KeyError(f"{', '.join(sorted(missing))} missing")
        return kind(**{name: part(data[name]) for name, part in known if name in data})

    return build


_DECODERS: Final[Mapping[Any, _Codec]] = {
    bool: _decode_exactly(bool),
    int: _decode_exactly(int),
    str: _decode_exactly(str),
    float: _decode_float,
    bytes: bytes.fromhex,
    datetime: _decode_time,
    Any: _plain,
    ResourceKey: ResourceKey.parse,
}
_GENERIC: Final[Mapping[Any, Callable[[tuple[Any, ...]], _Codec]]] = {
    UnionType: _decode_union,
    tuple: _decode_tuple,
    Mapping: _decode_mapping,
    dict: _decode_mapping,
}
