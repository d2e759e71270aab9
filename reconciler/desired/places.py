"""Where each value of a document stands: a tree beside the values, in the same shape."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from reconciler.desired.text import Span


@dataclass(slots=True, eq=False)
class SequencePlace:
    """A list: its value, and the place of each item.

    `size` counts the nodes beneath it with aliases written out, `height` the levels. `end` is -1 until it
    is read.
    """

    start: int
    end: int = -1
    value: list[Any] = field(default_factory=list)
    items: list[Place] = field(default_factory=list)
    size: int = 0
    height: int = 1


@dataclass(slots=True, eq=False)
class MappingPlace:
    """A mapping: its value, and for each key where it stands and the place of its value.

    `key` and what follows it serve the reader while the mapping is open.
    """

    start: int
    end: int = -1
    value: dict[str, Any] = field(default_factory=dict)
    entries: dict[str, Entry] = field(default_factory=dict)
    size: int = 0
    height: int = 1
    key: str | None = None
    key_start: int = 0
    key_end: int = 0
    merged_at: Span | None = None
    merges: list[MappingPlace] = field(default_factory=list)

    def take_over(self) -> None:
        """Add the entries of the merged mappings: keys of its own win, then the earlier mapping."""
        for source in self.merges:
            for key, entry in source.entries.items():
                if key not in self.entries:
                    self.entries[key] = entry
                    self.value[key] = source.value[key]


Place = Span | SequencePlace | MappingPlace
Entry = tuple[int, int, Place]
"""Where a key begins and ends, and the place of its value."""


def find(root: Place, path: Iterable[str | int]) -> Place | None:
    """Give the place of a value by its path of keys and positions."""
    place = root
    for step in path:
        match place, step:
            case MappingPlace(entries=entries), str() if step in entries:
                place = entries[step][2]
            case SequencePlace(items=items), int() if step < len(items):
                place = items[step]
            case _:
                return None
    return place


def span(place: Place) -> Span:
    """Give the span of a value."""
    return place if isinstance(place, tuple) else (place.start, place.end)


def key_span(root: Place, path: tuple[str | int, ...]) -> Span | None:
    """Give the span of the key under which a value stands, None when it stands under none."""
    parent = find(root, path[:-1]) if path else None
    if isinstance(parent, MappingPlace) and (entry := parent.entries.get(str(path[-1]))):
        return entry[0], entry[1]
    return None


def head(root: Place, path: tuple[str | int, ...]) -> Span:
    """Give what to point at when something is said of a whole value: its key, its first key, or itself."""
    if key := key_span(root, path):
        return key
    place = find(root, path)
    if isinstance(place, MappingPlace) and place.entries:
        first = min(place.entries.values(), key=lambda entry: entry[0])
        return first[0], first[1]
    return span(place if place is not None else root)
