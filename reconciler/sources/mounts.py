"""Which file systems change without telling this machine: there nothing but looking helps."""

from __future__ import annotations

import os
import re
from pathlib import Path

_MOUNTS = Path("/proc/self/mountinfo")  # see proc_pid_mountinfo(5)
_FIELDS = re.compile(r"(?:\S+ ){4}(?P<place>\S+) .*? - (?P<kind>\S+)")
_REMOTE = frozenset(
    {"9p", "afs", "beegfs", "ceph", "cifs", "drvfs", "gfs2", "glusterfs", "gpfs", "lustre", "ncpfs", "nfs"}
    | {"nfs4", "ocfs2", "orangefs", "prl_fs", "smb3", "smbfs", "vboxsf", "virtiofs", "vmhgfs"}
)


def remote_kind(root: Path) -> str:
    """Name the kind of network file system that `root`, or a part of it, lies on; "" when there is none."""
    try:
        return find_remote(_MOUNTS.read_text(encoding="utf-8", errors="surrogateescape"), root.resolve())
    except OSError:  # without /proc nothing is known, and events show whether they come
        return ""


def find_remote(mounts: str, root: Path) -> str:
    """Do so for the text of a mountinfo, and a root without links."""
    place = f"{os.fspath(root).rstrip('/')}/"
    around, around_kind, beneath_kind = "", "", ""
    for match in _FIELDS.finditer(mounts):
        mount = f"{_unescaped(match['place']).rstrip('/')}/"
        if place.startswith(mount) and len(mount) >= len(around):
            around, around_kind = mount, match["kind"]
        elif mount.startswith(place) and _is_remote(match["kind"]):
            beneath_kind = match["kind"]
    return around_kind if _is_remote(around_kind) else beneath_kind


def _is_remote(kind: str) -> bool:
    return kind in _REMOTE or kind.startswith("fuse.")


def _unescaped(text: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), text)
