"""A `metadata.name` for what is called otherwise: what is left of a text when only allowed characters are."""

from __future__ import annotations

import unicodedata

from reconciler.desired.schema import MAX_NAME


def proposed_name(text: str) -> str:
    """Give a name like a text, "" when letters of other scripts would be lost or nothing is left."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    if any(c.isalnum() and not c.isascii() for c in plain):
        return ""
    kept = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "-" for c in plain)
    joined = "-".join(part for part in kept.split("-") if part)
    return joined.strip("._-")[:MAX_NAME].rstrip("._-")
