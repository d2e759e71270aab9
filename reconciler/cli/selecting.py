"""`--target` and `--label`: a part of everything, as commands take it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from reconciler.cli.arguments import KeyType, LabelType

if TYPE_CHECKING:
    from reconciler.plan import Selection

_F = TypeVar("_F", bound=Callable[..., Any])


def takes_selection(command: _F) -> _F:
    """Give a command `--target` and `--label`; it is called with `selection`, None when neither is given."""

    @click.option(
        "--target",
        "targets",
        multiple=True,
        type=KeyType(),
        help="This resource, and no other; may be given again. The user that a workflow needs comes along.",
    )
    @click.option(
        "-l",
        "--label",
        "labels",
        multiple=True,
        type=LabelType(),
        help="What is declared with this label, and nothing else; given again, with all of them.",
    )
    @functools.wraps(command)
    def called(*args: Any, targets: Any, labels: Any, **given: Any) -> Any:  # noqa: ANN401 - as the command takes it
        return command(*args, selection=_selection(targets, labels), **given)

    return called  # type: ignore[return-value]


def _selection(targets: tuple[Any, ...], labels: tuple[Any, ...]) -> Selection | None:
    if not targets and not labels:
        return None
    from reconciler.plan import Selection

    return Selection(frozenset(targets), tuple(sorted(labels)))
