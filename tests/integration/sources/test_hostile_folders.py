"""What stands in a folder and is no manifest, or may not be read as one."""

from __future__ import annotations

import errno
import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from reconciler.errors import SourceRefused, SourceUnavailable
from reconciler.sources import DirectorySource, Reading
from reconciler.sources.tree import Content, Listing, Tree
from tests.contract.source_suite import Model, parse
from tests.integration.sources.folders import FileClock, write

LEFTOVERS = (
    ".x.yaml.swp", ".x.yaml.swo", "x.yaml~", "4913", ".#x.yaml", "#x.yaml#", "#x.yaml", "flycheck_x.yaml",
    "x.yaml___jb_tmp___", "x.yaml___jb_old___", ".x.yaml.Ab12Cd", ".x.yaml.kate-swp",
    ".goutputstream-AB12CD", "x.yaml.save", "x.yaml.tmp", "x.yaml.bak", "x.yaml.orig", "x.yaml.part",
    "~$x.json", "~syncthing~x.yaml.tmp", "~syncthing~x.yaml", ".nfs000001", "._x.yaml", "x_LOCAL_4711.yaml",
    "x_BACKUP_4711.yml", ".x.yaml",
)  # fmt: skip


class FaultyTree(Tree):
    """A tree of which some calls fail, with one after the other of the errors given; None lets one pass."""

    faults: dict[tuple[str, str], list[int | None]]

    def _fail(self, call: str, path: str) -> None:
        errors = self.faults.get((call, path))
        code = errors.pop(0) if errors else None
        if code is not None:
            raise OSError(code, os.strerror(code), path)

    @contextmanager
    def listing(self, folder: str) -> Iterator[Listing]:
        """List, or fail."""
        self._fail("listing", folder)
        with super().listing(folder) as listing:
            yield listing

    def content(self, path: str, most: int) -> Content:
        """Read, or fail."""
        self._fail("content", path)
        return super().content(path, most)

    def status(self, path: str) -> os.stat_result:
        """Look, or fail."""
        self._fail("status", path)
        return super().status(path)


class Faults:
    """Errors to come, by call and path."""

    def __init__(self, root: Path, clock: FileClock, reading: Reading) -> None:
        self.to_come: dict[tuple[str, str], list[int | None]] = {}
        self.source = DirectorySource(root, clock, reading, open_tree=self._open)

    def _open(self, root: Path) -> Tree:
        tree = FaultyTree(root)
        tree.faults = self.to_come
        return tree


@pytest.fixture
def faults(root: Path, clock: FileClock) -> Faults:
    """Give a source whose disk fails as it is told to."""
    return Faults(root, clock, Reading())


def unguarded(root: Path) -> Tree:
    """Open a root as on a kernel that can't be told to stay inside of it."""
    return Tree(root, openat2=False)


@pytest.fixture(params=[Tree, unguarded], ids=["openat2", "verified"])
def either(request: pytest.FixtureRequest, root: Path, clock: FileClock) -> DirectorySource:
    """Make a source that opens files in one of the two ways."""
    return DirectorySource(root, clock, open_tree=request.param)


@pytest.mark.parametrize("name", LEFTOVERS)
def test_what_editors_leave_is_ignored(root: Path, source: DirectorySource, name: str) -> None:
    """Swap files, backups, locks, half-done transfers."""
    (root / name).write_bytes(b"!")
    snapshot = source.fetch(parse)
    assert (snapshot.files, snapshot.unsettled) == ((), ())


def test_only_regular_files_are_read_and_nothing_blocks(
    root: Path, source: DirectorySource, model: Model
) -> None:
    """A pipe, a socket and a device with a manifest's name are refused; a folder is a folder."""
    os.mkfifo(root / "pipe.yaml")
    os.mkfifo(root / ".reconcilerignore.d")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(os.fspath(root / "socket.yaml"))
    write(root, folder="1".encode())  # noqa: UP012 - the same form as its neighbours
    (root / "dir.yaml").mkdir()
    (root / "dir.yaml" / "in.yaml").write_bytes(b"2")
    model.take(source.fetch(parse))
    assert model.contents == {"folder.yaml": b"1", "dir.yaml/in.yaml": b"2"}
    assert model.refused == {"pipe.yaml": "RC503", "socket.yaml": "RC503"}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may make a device")
def test_a_device_is_refused_unopened(root: Path, source: DirectorySource, model: Model) -> None:
    """Neither a file nor a link may have a device opened."""
    os.mknod(root / "zero.yaml", 0o600 | 0o020000, os.makedev(1, 5))
    model.take(source.fetch(parse))
    assert model.refused == {"zero.yaml": "RC503"}


def test_a_large_file_is_refused_by_its_size(root: Path, source: DirectorySource, model: Model) -> None:
    """A sparse terabyte costs nothing; the limit itself is allowed."""
    with (root / "sparse.yaml").open("wb") as file:
        file.truncate(1 << 40)
    (root / "limit.yaml").write_bytes(b" " * 4194303 + b"1")
    (root / "above.yaml").write_bytes(b"1" * 4194305)
    model.take(source.fetch(parse))
    assert set(model.contents) == {"limit.yaml"}
    assert model.refused == {"sparse.yaml": "RC502", "above.yaml": "RC502"}


def test_links_that_lead_out_are_refused(
    tmp_path: Path, root: Path, either: DirectorySource, model: Model
) -> None:
    """To a file, a folder, /proc; by a relative or an absolute path, or through another link."""
    (tmp_path / "secret.yaml").write_bytes(b"secret")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret.yaml").write_bytes(b"secret")
    (root / "relative.yaml").symlink_to("../secret.yaml")
    (root / "absolute.yaml").symlink_to(tmp_path / "secret.yaml")
    (root / "proc.yaml").symlink_to("/proc/self/status")
    (root / "magic.yaml").symlink_to("/proc/self/cwd/x.yaml")
    (root / "hop.yaml").symlink_to("relative.yaml")
    (root / "folder").symlink_to("../outside")
    (root / "system").symlink_to("/proc")
    (root / "README").symlink_to("/etc/hostname")
    model.take(either.fetch(parse))
    assert model.contents == {}
    assert model.refused == {
        "relative.yaml": "RC504", "absolute.yaml": "RC504", "proc.yaml": "RC504", "magic.yaml": "RC507",
        "hop.yaml": "RC504", "folder/": "RC504", "system/": "RC504",
    }  # fmt: skip


def test_links_inside_the_root_work(root: Path, either: DirectorySource, model: Model) -> None:
    """To what is hidden: relative, absolute, through other links, as a mounted ConfigMap has them."""
    (root / "..2026").mkdir()
    (root / "..2026" / "x.yaml").write_bytes(b"1")
    (root / "..data").symlink_to("..2026")
    (root / "x.yaml").symlink_to("..data/x.yaml")
    (root / ".checkout" / "deep").mkdir(parents=True)
    (root / ".checkout" / "deep" / "y.yaml").write_bytes(b"2")
    (root / "current").symlink_to(root / ".checkout")
    (root / "notes.txt").write_bytes(b"3")
    (root / "z.yaml").symlink_to(root / "notes.txt")
    model.take(either.fetch(parse))
    assert model.contents == {"x.yaml": b"1", "current/deep/y.yaml": b"2", "z.yaml": b"3"}
    assert model.refused == {}


def test_what_stands_in_the_root_is_read_once_whatever_links_lead_to_it(
    root: Path, either: DirectorySource, model: Model
) -> None:
    """A second name for a manifest declares nothing a second time."""
    write(root, real__x=b"1")
    (root / "alias.yaml").symlink_to("real/x.yaml")
    (root / "folder").symlink_to("real")
    model.take(either.fetch(parse))
    assert model.contents == {"real/x.yaml": b"1"}
    assert model.refused == {}


def test_links_in_a_loop_are_refused_and_the_walk_ends(
    root: Path, either: DirectorySource, model: Model
) -> None:
    """A link to itself, two to one another, one to the root, one to the folder that it stands in."""
    write(root, a__x=b"1")
    (root / "self.yaml").symlink_to("self.yaml")
    (root / "ping").symlink_to("pong")
    (root / "pong").symlink_to("ping")
    (root / "a" / "up").symlink_to("..")
    (root / "a" / "here").symlink_to(".")
    (root / ".hidden" / "deep").mkdir(parents=True)
    (root / ".hidden" / "deep" / "up").symlink_to("../../.hidden")
    (root / "seen").symlink_to(".hidden")
    model.take(either.fetch(parse))
    assert model.contents == {"a/x.yaml": b"1"}
    assert model.refused == {
        "self.yaml": "RC507", "ping/": "RC507", "pong/": "RC507", "a/up/": "RC507", "a/here/": "RC507",
        "seen/deep/up/": "RC507",
    }  # fmt: skip


def test_a_link_to_nothing_is_unknown_not_absent(root: Path, source: DirectorySource, model: Model) -> None:
    """What was known through it stands, and the state is not complete."""
    write(root, **{".v1__a": b"1"})
    (root / "current").symlink_to(".v1")
    model.take(source.fetch(parse))
    (root / ".v1").rename(root / ".v2")
    model.take(source.fetch(parse))
    assert model.contents == {"current/a.yaml": b"1"}
    assert model.refused == {"current/": "RC507"}
    (root / "current").unlink()
    (root / "current").symlink_to(".v2")
    model.take(source.fetch(parse))
    assert (model.contents, model.refused) == ({"current/a.yaml": b"1"}, {})


def test_a_flip_of_a_link_is_a_step(root: Path, source: DirectorySource, model: Model) -> None:
    """As git-sync and the kubelet do it; any hint has links looked at."""
    write(root, **{".v1__a": b"1", ".v1__b": b"1", ".v2__a": b"2"})
    (root / "current").symlink_to(".v1")
    model.take(source.fetch(parse))
    (root / "next").symlink_to(".v2")
    (root / "next").rename(root / "current")
    model.take(source.fetch(parse, frozenset({".v2"})))
    assert model.contents == {"current/a.yaml": b"2"}


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b"caf\xe9.yaml", "caf\\xe9.yaml"),
        (b"a\nb.yaml", "a\\x0ab.yaml"),
        (b"\x1b[31m.yaml", "\\x1b[31m.yaml"),
        ("a\u202eb.yaml".encode(), "a\\u202eb.yaml"),
        (b"a\\x0ab.yaml", "a\\\\x0ab.yaml"),
        (b"bad\xff", "bad\\xff/"),
    ],
)
def test_a_name_that_can_not_be_shown_is_refused(
    root: Path, source: DirectorySource, model: Model, name: bytes, shown: str
) -> None:
    """By a path in which it is escaped, and which no other file has."""
    path = os.fsencode(root) + b"/" + name
    if name.endswith(b".yaml"):
        with open(path, "wb") as file:  # noqa: PTH123 - a name that is not UTF-8
            file.write(b"1")
    else:
        os.mkdir(path)  # noqa: PTH102 - as above
        with open(path + b"/in.yaml", "wb") as file:  # noqa: PTH123 - as above
            file.write(b"1")
    write(root, good=b"1")
    model.take(source.fetch(parse))
    assert model.contents == {"good.yaml": b"1"}
    assert model.refused == {shown: "RC505"}
    os.rename(path, root / "\u63a8\u7406.yaml" if name.endswith(b".yaml") else root / "better")  # noqa: PTH104
    step = model.take(source.fetch(parse))
    assert step.removed == (shown,)
    assert len(model.contents) == 2


@pytest.mark.parametrize("code", [errno.EACCES, errno.EIO, errno.ESTALE])
def test_a_file_that_can_not_be_read_is_unknown_not_absent(
    root: Path, faults: Faults, model: Model, code: int
) -> None:
    """It becomes a refusal at its path, and is tried again by the next fetch."""
    write(root, a=b"1", b=b"2")
    model.take(faults.source.fetch(parse))
    write(root, a=b"11", b=b"22")
    faults.to_come["content", "a.yaml"] = [code] * 3
    step = model.take(faults.source.fetch(parse))
    assert step.removed == ()
    assert model.refused == {"a.yaml": "RC501"}
    assert model.contents == {"b.yaml": b"22"}
    faults.to_come.clear()
    model.take(faults.source.fetch(parse))
    assert (model.contents, model.refused) == ({"a.yaml": b"11", "b.yaml": b"22"}, {})


@pytest.mark.parametrize("code", [errno.EACCES, errno.EIO, errno.ESTALE])
def test_a_folder_that_can_not_be_listed_keeps_what_was_known_beneath(
    root: Path, faults: Faults, model: Model, code: int
) -> None:
    """It is refused by a path that ends in a slash; nothing in it is removed until it can be listed."""
    write(root, sub__a=b"1", sub__deep__b=b"2", c=b"3")
    model.take(faults.source.fetch(parse))
    faults.to_come["listing", "sub"] = [code] * 2
    for _ in range(2):
        step = model.take(faults.source.fetch(parse))
        assert step.removed == ()
        assert model.refused == {"sub/": "RC506"}
        assert set(model.contents) == {"sub/a.yaml", "sub/deep/b.yaml", "c.yaml"}
    (root / "sub" / "a.yaml").unlink()
    step = model.take(faults.source.fetch(parse))
    assert step.removed == ("sub/", "sub/a.yaml")
    assert model.refused == {}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_rights_that_are_taken_away_are_no_deletion(
    root: Path, source: DirectorySource, model: Model
) -> None:
    """The same with the real chmod."""
    write(root, sub__a=b"1", b=b"2")
    model.take(source.fetch(parse))
    (root / "sub").chmod(0)
    (root / "b.yaml").chmod(0)
    try:
        model.take(source.fetch(parse))
    finally:
        (root / "sub").chmod(0o700)
    assert model.refused == {"sub/": "RC506", "b.yaml": "RC501"}


@pytest.mark.parametrize("code", [errno.EMFILE, errno.ENFILE, errno.ENOMEM])
def test_our_own_want_is_no_fault_of_the_file(root: Path, faults: Faults, model: Model, code: int) -> None:
    """Without descriptors or memory the fetch fails as a whole, and the next one has it all."""
    write(root, a=b"1", b=b"2")
    faults.to_come["content", "b.yaml"] = [code]
    with pytest.raises(SourceUnavailable):
        faults.source.fetch(parse)
    model.take(faults.source.fetch(parse))
    assert set(model.contents) == {"a.yaml", "b.yaml"}


def test_what_vanishes_between_list_and_read_is_looked_for_again(
    root: Path, clock: FileClock, model: Model
) -> None:
    """A file that is renamed while the folder is read is found by its new name: it is not absent."""
    write(root, a=b"1", other__b=b"2")

    class Renames(Tree):
        def content(self, path: str, most: int) -> Content:
            if path == "a.yaml" and (root / "a.yaml").exists():
                (root / "a.yaml").rename(root / "z.yaml")
            return super().content(path, most)

    model.take(DirectorySource(root, clock, open_tree=Renames).fetch(parse))
    assert model.contents == {"z.yaml": b"1", "other/b.yaml": b"2"}
    assert model.last
    assert not model.last.unsettled


def test_what_moves_into_a_folder_that_was_listed_is_found(
    root: Path, clock: FileClock, model: Model
) -> None:
    """A manifest that moves from a folder still to be read into one already read is not lost."""
    write(root, a__x=b"1", b__y=b"2", c__z=b"3")

    class Moves(Tree):
        @contextmanager
        def listing(self, folder: str) -> Iterator[Listing]:
            with super().listing(folder) as listing:
                yield listing
            if folder == "c" and (root / "a" / "x.yaml").exists():
                (root / "a" / "x.yaml").rename(root / "c" / "x.yaml")

    source = DirectorySource(root, clock, open_tree=Moves)
    model.take(source.fetch(parse))
    assert model.contents == {"c/x.yaml": b"1", "b/y.yaml": b"2", "c/z.yaml": b"3"}


def test_a_folder_that_never_stands_still_is_not_taken_for_known(root: Path, clock: FileClock) -> None:
    """After a few rounds the snapshot says so, and does not wait for ever."""
    write(root, a__x=b"1")
    number = 0

    class Restless(Tree):
        @contextmanager
        def listing(self, folder: str) -> Iterator[Listing]:
            nonlocal number
            with super().listing(folder) as listing:
                yield listing
            if folder == "a":
                number += 1
                write(root, **{f"a__n{number}": b"1"})

    source = DirectorySource(root, clock, open_tree=Restless)
    assert source.fetch(parse).unsettled == ("a/",)
    assert source.fetch(parse, frozenset({"elsewhere.yaml"})).unsettled == ("a/",)
    source = DirectorySource(root, clock, open_tree=Tree)
    assert source.fetch(parse).unsettled == ()


def test_a_missing_root_is_unavailable_and_a_file_is_refused(tmp_path: Path, clock: FileClock) -> None:
    """The first may come back; the second is a wrong setting."""
    with pytest.raises(SourceUnavailable, match="missing"):
        DirectorySource(tmp_path / "nowhere", clock).fetch(parse)
    (tmp_path / "file").write_bytes(b"1")
    with pytest.raises(SourceRefused):
        DirectorySource(tmp_path / "file", clock).fetch(parse)


def test_another_folder_in_the_place_of_the_root_shows(
    tmp_path: Path, root: Path, source: DirectorySource, model: Model
) -> None:
    """Its identity differs, everything is read, the step is right, and hints narrow nothing."""
    write(root, a=b"1", b=b"2", c=b"3")
    before = model.take(source.fetch(parse))
    root.rename(tmp_path / "old")
    root.mkdir()
    write(root, a=b"1", b=b"22")
    step = model.take(source.fetch(parse, frozenset({"nothing.yaml"})))
    assert step.whole
    assert step.root != before.root
    assert step.removed == ("c.yaml",)
    assert model.contents == {"a.yaml": b"1", "b.yaml": b"22"}


def test_a_root_that_is_made_again_shows(root: Path, source: DirectorySource, model: Model) -> None:
    """Even if the file system gives the new folder the number of the old one."""
    write(root, a=b"1")
    roots = {model.take(source.fetch(parse)).root}
    for _ in range(3):
        shutil.rmtree(root)
        root.mkdir()
        roots.add(model.take(source.fetch(parse)).root)
    assert len(roots) == 4
    assert model.contents == {}


def test_a_root_that_is_a_link_shows_when_the_link_flips(
    tmp_path: Path, clock: FileClock, model: Model
) -> None:
    """Also when it leads to the same folder again: somebody replaced it."""
    write(tmp_path, v1__a=b"1", v2__a=b"2")
    link = tmp_path / "current"
    link.symlink_to("v1")
    source = DirectorySource(link, clock)
    roots = [model.take(source.fetch(parse)).root]
    for target in ("v2", "v1"):
        (tmp_path / "next").symlink_to(target)
        (tmp_path / "next").rename(link)
        roots.append(model.take(source.fetch(parse)).root)
    assert len(set(roots)) == 3
    assert model.contents == {"a.yaml": b"1"}


def test_a_root_that_is_replaced_during_the_fetch_fails_it(
    tmp_path: Path, root: Path, clock: FileClock
) -> None:
    """No snapshot mixes two folders."""
    write(root, a=b"1")

    class Replaced(Tree):
        def content(self, path: str, most: int) -> Content:
            content = super().content(path, most)
            root.rename(tmp_path / "old")
            root.mkdir()
            return content

    with pytest.raises(SourceUnavailable, match="replaced"):
        DirectorySource(root, clock, open_tree=Replaced).fetch(parse)


def test_no_descriptor_is_left_open(root: Path, faults: Faults) -> None:
    """Neither by a fetch that succeeds nor by one that fails."""
    write(root, a__x=b"1", b__y=b"2")
    (root / "out.yaml").symlink_to("/etc/passwd")
    faults.source.fetch(parse)
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - counted, not walked
    faults.source.fetch(parse)
    faults.to_come["listing", "a"] = [errno.EMFILE]
    with pytest.raises(SourceUnavailable):
        faults.source.fetch(parse)
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208 - as above


def test_a_rule_file_that_is_refused_hides_nothing_and_shows_nothing(
    root: Path, source: DirectorySource, model: Model, clock: FileClock
) -> None:
    """Without rules that were ever understood, what they were to ignore can't be told apart."""
    write(root, a=b"1", sub__b=b"2")
    (root / ".reconcilerignore").write_bytes(b"\xff")
    model.take(source.fetch(parse))
    assert (model.contents, model.refused) == ({}, {".reconcilerignore": "RC508"})
    (root / ".reconcilerignore").write_bytes(b"/sub/\n")
    clock.forward(timedelta(seconds=1))
    model.take(source.fetch(parse))
    assert (model.contents, model.refused) == ({"a.yaml": b"1"}, {})
    (root / ".reconcilerignore").write_bytes(b"\\\n")
    model.take(source.fetch(parse))
    assert (model.contents, model.refused) == ({"a.yaml": b"1"}, {".reconcilerignore": "RC508"})
