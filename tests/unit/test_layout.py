"""What holds for the repository as a whole: its lock files and its modules."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = sorted((ROOT / "requirements").glob("*.lock"))
MODULES = sorted((ROOT / "reconciler").rglob("*.py"))


def _requirements(lock: Path) -> list[str]:
    joined = lock.read_text(encoding="utf-8").replace("\\\n", " ")
    return [line for line in joined.splitlines() if line.strip() and not line.startswith("#")]


def test_there_are_four_lock_files() -> None:
    """One to build a wheel, one for an installation, one for `make run`, one for everything."""
    assert [lock.name for lock in LOCKS] == ["build.lock", "dev.lock", "run.lock", "runtime.lock"]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_file_pins_and_hashes_everything_and_names_no_index(lock: Path) -> None:
    """Every line is `name==version`, with hashes; options and addresses have no place in it."""
    requirements = _requirements(lock)
    assert requirements
    for requirement in requirements:
        assert re.match(r"[a-z0-9-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", requirement), requirement
        assert "://" not in requirement


def test_the_lock_files_agree() -> None:
    """A package has one version, whichever file installs it; and each file holds the smaller one."""
    build, dev, run, runtime = ({r.split()[0] for r in _requirements(lock)} for lock in LOCKS)
    assert runtime < run < dev
    assert build < run


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.relative_to(ROOT)))
def test_every_module_says_what_it_is(module: Path) -> None:
    """A module opens with a sentence: short enough for a line, and ended."""
    docstring = ast.get_docstring(ast.parse(module.read_text(encoding="utf-8")))
    assert docstring
    assert docstring.splitlines()[0].endswith(".")


def test_no_package_of_tests_is_empty() -> None:
    """A folder that promises tests has some, in itself or beneath."""
    packages = [file.parent for file in (ROOT / "tests").rglob("__init__.py")]
    assert [str(one) for one in packages if not list(one.rglob("test_*.py"))] == []
