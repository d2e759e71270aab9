"""Which file systems don't tell of changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.sources.mounts import find_remote, remote_kind

MOUNTS = r"""
22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
30 22 0:26 / /srv rw - nfs4 server:/export rw,vers=4.2
31 30 0:27 / /srv/local rw - tmpfs tmpfs rw
32 22 0:28 / /mnt/with\040space rw shared:7 master:2 - cifs //server/share rw
33 22 0:29 / /home/ada/mount rw - fuse.sshfs ada@host: rw
34 22 0:30 / /over rw - nfs server:/a rw
35 22 0:31 / /over rw - ext4 /dev/vdb rw
"""


@pytest.mark.parametrize(
    ("root", "kind"),
    [
        ("/etc/manifests", ""),
        ("/srv", "nfs4"),
        ("/srv/manifests", "nfs4"),
        ("/srvx", ""),
        ("/srv/local/manifests", ""),
        ("/mnt/with space/manifests", "cifs"),
        ("/home/ada", "fuse.sshfs"),
        ("/over/manifests", ""),
        ("/", "nfs"),
    ],
)
def test_a_root_is_remote_if_any_of_it_is(root: str, kind: str) -> None:
    """The mount around it counts, the last one if several hide each other, and those beneath it."""
    assert bool(find_remote(MOUNTS, Path(root))) == bool(kind)
    assert root == "/" or find_remote(MOUNTS, Path(root)) == kind


def test_this_folder_is_local(tmp_path: Path) -> None:
    """The real mounts can be read."""
    assert remote_kind(tmp_path) == ""
