"""The line between the daemon and the process that serves HTTP."""

from __future__ import annotations

import pytest

from reconciler.web.line import LONGEST, Messages, Word, pack


def test_messages_come_out_as_they_went_in_however_they_are_cut() -> None:
    """A stream of bytes knows no messages."""
    sent = [(Word.CHARGE, b"x" * 1000), (Word.BEAT, b""), (Word.METRICS, b"a 1\n"), (Word.SERVING, b"")]
    stream = b"".join(pack(word, content) for word, content in sent)
    for size in (1, 3, 7, len(stream)):
        messages = Messages()
        pieces = [stream[start : start + size] for start in range(0, len(stream), size)]
        assert [one for piece in pieces for one in messages.take(piece)] == sent


def test_what_is_no_line_of_ours_is_refused() -> None:
    """Rather than a gigabyte waited for."""
    with pytest.raises(ValueError, match="a message of"):
        list(Messages().take(b"\x01" + (LONGEST + 1).to_bytes(4, "big")))
    with pytest.raises(ValueError, match="9 is not a valid"):
        list(Messages().take(pack(Word.BEAT).replace(b"\x03", b"\x09", 1)))
