"""The names of an instance's keys in Redis, well-formed whatever its name holds."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one instance, all beneath `reconciler:INSTANCE:`.

    In names, anything but letters, digits and `_.-~` is percent-encoded, so that no name can reach into
    another's keys.
    """

    instance: str

    @property
    def prefix(self) -> str:
        """What all the keys begin with."""
        return f"reconciler:{quoted(self.instance)}:"

    @property
    def sync(self) -> str:
        """A hash: the last pass and the instance as its writer told it, each field as JSON."""
        return f"{self.prefix}sync"

    @property
    def resources(self) -> str:
        """A hash: `Kind/name` to the resource's status as JSON."""
        return f"{self.prefix}resources"

    @property
    def events(self) -> str:
        """A capped stream of what happened, and the channel on which the same is published."""
        return f"{self.prefix}events"

    @property
    def replicas(self) -> str:
        """A set: the replicas that have a heartbeat, or had one."""
        return f"{self.prefix}replicas"

    def daemon(self, replica: str) -> str:
        """A hash that expires: the heartbeat of one replica, each field as JSON."""
        return self.daemon_of(quoted(replica))

    def daemon_of(self, member: str) -> str:
        """Give the same for a replica as it stands in `replicas`."""
        return f"{self.prefix}daemon:{member}"

    def staging(self, view: str) -> str:
        """A hash that expires: the resources of a view that is being built."""
        return f"{self.prefix}resources:{view}"


def quoted(name: str) -> str:
    """Give a name as one part of a key."""
    return quote(name, safe="", errors="surrogatepass")
