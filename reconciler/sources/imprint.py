"""What is remembered of a file's content: a digest, and enough to recognise a cut-off version of it."""

from __future__ import annotations

import hashlib
import zlib

DIGEST_SIZE = 16

_LENGTH_SIZE = 8
_SUM_SIZE = 2
_EVEN = 8
_NEAR_END = 11  # cuts a byte, two, four, and so on to a kilobyte before the end


def imprint(content: bytes) -> bytes:
    """Give up to 60 bytes: digest, length, and a checksum of what stands before each of some cuts."""
    parts = [digest(content), len(content).to_bytes(_LENGTH_SIZE)]
    checksum = before = 0
    for cut in _cuts(len(content)):
        checksum, before = zlib.crc32(content[before:cut], checksum), cut
        parts.append(_short(checksum))
    return b"".join(parts)


def digest(content: bytes) -> bytes:
    """Give the digest of a content, or of anything else that is to be told from others."""
    return hashlib.blake2b(content, digest_size=DIGEST_SIZE).digest()


def digest_of(remembered: bytes) -> bytes:
    """Give the digest in an imprint."""
    return remembered[:DIGEST_SIZE]


def is_cut_off(content: bytes, remembered: bytes) -> bool:
    """Whether `content` may be the beginning of what left this imprint.

    Never a wrong no. A wrong yes when all that differs stands after the last cut: among as many bytes as
    are missing, or an eighth of the file.
    """
    sums = remembered[DIGEST_SIZE + _LENGTH_SIZE :]
    length = int.from_bytes(remembered[DIGEST_SIZE : DIGEST_SIZE + _LENGTH_SIZE])
    if len(content) >= length:
        return False
    before = [cut for cut in _cuts(length) if cut <= len(content)]
    if not before:
        return True
    checksum = _short(zlib.crc32(content[: before[-1]]))
    return sums[(len(before) - 1) * _SUM_SIZE : len(before) * _SUM_SIZE] == checksum


def _cuts(length: int) -> list[int]:
    even = {length * part // _EVEN for part in range(1, _EVEN)}
    near_end = {length - (1 << power) for power in range(_NEAR_END)}
    return sorted(cut for cut in even | near_end if cut > 0)


def _short(checksum: int) -> bytes:
    return (checksum & 0xFFFF).to_bytes(_SUM_SIZE)
