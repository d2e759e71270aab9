"""Which names count as manifests, which belong to editors and tools, and which can't be shown to anybody."""

from __future__ import annotations

import re
import unicodedata

RULES_NAME = ".reconcilerignore"

_SUFFIXES = (".yaml", ".yml", ".json")

# Beside dotfiles, these end in a manifest's suffix all the same. Emacs: `#x.yaml`, `flycheck_x.yaml`; office
# programs: `~$x.json`; Syncthing: `~syncthing~x.yaml`; git mergetool: `x_LOCAL_4711.yaml`. What vim (`4913`,
# `x~`, `.x.swp`), JetBrains (`x___jb_tmp___`), rsync (`.x.yaml.Ab12Cd`), Kate, gedit and nano leave is a
# dotfile, or ends in something else.
_LEFTOVER = re.compile(r"[#~]|flycheck_|.*_(?:BACKUP|BASE|LOCAL|REMOTE)_\d+\.")

_BREAKS_TEXT = frozenset({"Cc", "Cs", "Zl", "Zp"})
_TURNS_TEXT = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def is_manifest(name: str) -> bool:
    """Whether a file of this name holds manifests."""
    return name.endswith(_SUFFIXES) and name[0] != "." and not _LEFTOVER.match(name)


def is_hidden(path: str) -> bool:
    """Whether a part of this path begins with a dot: nothing there is read, except through a link."""
    return path.startswith(".") or "/." in path


def is_fit(name: str) -> bool:
    """Whether a name can be stored and shown as it is: no broken UTF-8, control characters or backslashes.

    Characters that turn the direction of text are refused too: they make one path look like another.
    """
    if name.isascii() and name.isprintable():
        return "\\" not in name
    return not any(map(_is_unfit, name))


def shown(path: str) -> str:
    r"""Give a path in which what is unfit is escaped, `\xff` for a byte: no fit path looks the same."""
    return path if is_fit(path) else "".join(_escape(char) if _is_unfit(char) else char for char in path)


def _is_unfit(char: str) -> bool:
    return char == "\\" or char in _TURNS_TEXT or unicodedata.category(char) in _BREAKS_TEXT


def _escape(char: str) -> str:
    code = ord(char)
    if char == "\\":
        return "\\\\"
    if unicodedata.category(char) == "Cs":  # a byte that is not UTF-8, as Python hands it through
        return f"\\x{code & 0xFF:02x}"
    return f"\\x{code:02x}" if code < 0x80 else f"\\u{code:04x}"  # noqa: PLR2004 - the end of ASCII
