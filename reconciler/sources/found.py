"""What stands in one folder, sorted by what is to be done about it."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field

from reconciler.sources.files import GONE
from reconciler.sources.names import RULES_NAME, is_manifest
from reconciler.sources.tree import Tree, signature


@dataclass(slots=True)
class Found:
    """What a folder holds: `plain` files with their signature, `odd` what just bears a manifest's name.

    `mark` changes when a name in the folder comes or goes; `vanished` says that one went while this was found
    out.
    """

    mark: bytes
    plain: dict[str, bytes] = field(default_factory=dict)
    odd: dict[str, os.stat_result] = field(default_factory=dict)
    folders: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    rules: bool = False
    vanished: bool = False


def find(tree: Tree, folder: str, most: int) -> Found:
    """List one folder; a file of more than `most` bytes is odd. Raises OSError when it can't be listed."""
    with tree.listing(folder) as listing:
        found = Found(listing.mark)
        for entry in listing.entries:
            name = entry.name
            if name[0] == ".":
                found.rules = found.rules or name == RULES_NAME
            elif is_manifest(name):
                _find_manifest(entry, most, found)
            elif entry.is_symlink():
                found.links.append(name)
            elif entry.is_dir(follow_symlinks=False):
                found.folders.append(name)
    return found


def _find_manifest(entry: os.DirEntry[str], most: int, found: Found) -> None:
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError as error:
        if error.errno not in GONE:
            raise
        found.vanished = True
        return
    if stat.S_ISREG(status.st_mode) and status.st_size <= most:
        found.plain[entry.name] = signature(status)
    elif stat.S_ISLNK(status.st_mode):
        found.links.append(entry.name)
    elif stat.S_ISDIR(status.st_mode):
        found.folders.append(entry.name)
    else:
        found.odd[entry.name] = status
