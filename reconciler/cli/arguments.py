"""What is said on the command line, read: resources, and spans of time."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import click

from reconciler.settings import Settings

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from reconciler.resources import ResourceKey

_LONGEST: Final = timedelta(days=3650)


class KeyType(click.ParamType):  # type: ignore[type-arg]  # older versions of click are not generic
    """A resource, such as `Workflow/cmu-1`."""

    name = "KIND/NAME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> ResourceKey:  # noqa: ANN401 - as click calls it
        """Read it; whether there is such a resource is for the command to find out."""
        from reconciler.resources import ResourceKey

        try:
            return value if isinstance(value, ResourceKey) else ResourceKey.parse(value)
        except ValueError as error:
            self.fail(f"{error}{_meant(value)}", param, ctx)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem[str]]:
        """Name the resources that there are."""
        from reconciler.cli import known

        return known.keys(ctx, param, incomplete)


def _meant(text: str) -> str:
    from reconciler.desired.suggest import closest
    from reconciler.resources import Kind

    kind, slash, name = text.partition("/")
    if not slash:
        return f"; did you mean {' or '.join(f'{one}/{text}' for one in reversed(Kind))}?" if text else ""
    near = closest(kind, Kind) if name else ""
    return f"; did you mean {near}/{name}?" if near else ""


class LabelType(click.ParamType):  # type: ignore[type-arg]  # as above
    """A label with its value, such as `study=nuclei`."""

    name = "NAME=VALUE"

    def convert(
        self,
        value: Any,  # noqa: ANN401 - as click calls it
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> tuple[str, str]:
        """Read it."""
        if isinstance(value, tuple):
            return value
        label, separator, said = str(value).partition("=")
        if not separator or not label:
            self.fail(f"{value!r} is not NAME=VALUE", param, ctx)
        return label, said


class SpanType(click.ParamType):  # type: ignore[type-arg]  # as above
    """A time with its unit, such as `30s` or `1h30m`."""

    name = "TIME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:  # noqa: ANN401 - as click calls it
        """Read it."""
        from reconciler.settings.values import duration

        try:
            return value if isinstance(value, timedelta) else duration(_MOMENT, _LONGEST)(value)
        except ValueError as error:
            self.fail(f"{error}; give it with a unit: 30s, 5m, 1h30m", param, ctx)


_MOMENT: Final = timedelta(milliseconds=1)


def named(key: ResourceKey | None, settings: Settings) -> str:
    """Say in a sentence what a command is about."""
    return str(key) if key else f"the instance {settings.instance}"
