"""`.reconcilerignore`: gitignore syntax, in any folder; the deepest file that mentions a path decides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec


class RulesBroken(ValueError):
    """The content of a `.reconcilerignore` can't be understood; the message says why."""


def compile_rules(content: bytes) -> GitIgnoreSpec:
    """Read one `.reconcilerignore`.

    Raises:
        RulesBroken: it is not UTF-8, or a pattern is not valid.

    """
    # Most folders have no such file, and `validate` is to be done before it is loaded.
    from pathspec import GitIgnoreSpec  # noqa: PLC0415
    from pathspec.patterns.gitignore import GitIgnorePatternError  # noqa: PLC0415

    try:
        return GitIgnoreSpec.from_lines(content.decode("utf-8-sig").splitlines())
    except UnicodeDecodeError as error:
        raise RulesBroken(f"byte {error.start} is not UTF-8") from error
    except GitIgnorePatternError as error:
        raise RulesBroken(str(error)) from error


def is_ignored(path: str, rules: Mapping[str, GitIgnoreSpec]) -> bool:
    """Whether `path` (a folder's ends in `/`) is ignored; `rules` are keyed by the folder they stand in."""
    if not rules:
        return False
    folder = path.rstrip("/")
    while folder:
        folder = folder.rpartition("/")[0]
        spec = rules.get(folder)
        if spec is not None:
            verdict = spec.check_file(path[len(folder) + 1 :] if folder else path).include
            if verdict is not None:
                return verdict
    return False
