"""What is said of a resource that is not there: which one was perhaps meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reconciler.resources import ResourceKey
    from reconciler.settings import Settings


def likely(settings: Settings, key: ResourceKey) -> str:
    """Name the resource of the instance that is most like this one, or else where to look; costs a query."""
    from reconciler import app

    return likeliest(key, app.names(settings, key.kind, key.name))


def likeliest(key: ResourceKey, names: Iterable[str], lists: str = "") -> str:
    """Name the resource of these that is most like this one, or else the command that `lists` them."""
    from reconciler.desired.suggest import closest

    name = closest(key.name, names)
    command = lists or f"reconciler get {key.kind.lower()}s"
    return f"did you mean {key.kind}/{name}?" if name else f"`{command}` lists them"


def is_unknown(settings: Settings, key: ResourceKey) -> bool:
    """Whether the instance has neither a manifest nor a row of this name, as far as it told."""
    from reconciler import app

    return key.name not in app.names(settings, key.kind, key.name)
