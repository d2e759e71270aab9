"""The line between the daemon and the process that serves HTTP: short messages over a pair of sockets."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from enum import IntEnum, unique
from typing import Final

_HEADER: Final = struct.Struct("!BI")
LONGEST: Final = 16 * 1024 * 1024
"""Bytes of a message; both ends are ours, so a longer one is a mistake."""


@unique
class Word(IntEnum):
    """What a message is about."""

    CHARGE = 1
    """To the server, first: what it is to serve."""
    SERVING = 2
    """From the server: requests are answered from now on."""
    BEAT = 3
    """To the server: the daemon's pulse goes on, and this is the level from which upwards it logs."""
    METRICS = 4
    """From the server: it wants the metrics; to the server: here they are."""


def pack(word: Word, content: bytes = b"") -> bytes:
    """Give a message as it goes over the line."""
    return _HEADER.pack(word, len(content)) + content


class Messages:
    """Takes in bytes as they come, and gives the messages that are whole."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def take(self, data: bytes) -> Iterator[tuple[Word, bytes]]:
        """Give the messages that `data` completes.

        Raises:
            ValueError: this is not our line.

        """
        self._bytes += data
        while len(self._bytes) >= _HEADER.size:
            word, length = _HEADER.unpack_from(self._bytes)
            if length > LONGEST:
                raise ValueError(f"a message of {length} bytes")
            end = _HEADER.size + length
            if len(self._bytes) < end:
                return
            content = bytes(self._bytes[_HEADER.size : end])
            del self._bytes[:end]
            yield Word(word), content
