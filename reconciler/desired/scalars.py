"""Plain scalars to values, as the core schema of YAML 1.2 has them: `no` is text, `010` is ten."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Final

Scalar = str | int | float | bool | None

CONSTANTS: Final[Mapping[str, bool | None]] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
NUMERIC_START: Final = frozenset("+-.0123456789")
"""What a number begins with; any other plain scalar is a constant or text."""

_INTEGER: Final = re.compile(r"[-+]?[0-9]+")
_OCTAL_OR_HEX: Final = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE: Final = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_DIGITS: Final = 21
"""As many digits as an integer of 64 bits can have, in octal."""


class NumberRange(ValueError):
    """A number that is well-formed and that neither JSON nor a column of 64 bits can hold."""


def resolve(text: str) -> Scalar:
    """Give the value of a plain scalar.

    Raises:
        NumberRange: it is a number beyond 64 bits, infinite or not a number.

    """
    if text in CONSTANTS:
        return CONSTANTS[text]
    return number(text) if text[0] in NUMERIC_START else text


def number(text: str) -> str | int | float:
    """Give the number that a scalar is, or the text itself when it is none."""
    if _INTEGER.fullmatch(text):
        return _bounded(text, 10)
    if _FLOAT.fullmatch(text):
        value = float(text)
        if math.isinf(value):
            raise NumberRange("the number is too large for a double")
        return value
    if _OCTAL_OR_HEX.fullmatch(text):
        return _bounded(text[2:], 8 if text[1] == "o" else 16)
    if _NOT_FINITE.fullmatch(text):
        raise NumberRange("JSON has no infinity and no NaN")
    return text


def _bounded(text: str, base: int) -> int:
    # Converting decimal digits takes quadratic time: what can't fit is not converted.
    digits = text.lstrip("+-0") or "0"
    if len(digits) <= _DIGITS:
        value = -int(digits, base) if text.startswith("-") else int(digits, base)
        if -(1 << 63) <= value < 1 << 63:
            return value
    raise NumberRange("the number does not fit into 64 bits")
