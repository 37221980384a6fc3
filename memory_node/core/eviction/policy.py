"""What is lost with an observation: the one question that a policy of eviction answers."""

from __future__ import annotations

from typing import Protocol

from memory_node.core.eviction.coverage import Coverage
from memory_node.core.eviction.fifo import OldestFirst
from memory_node.core.eviction.inventory import Left

__all__ = ['POLICIES', 'Policy', 'policy_named']


class Policy(Protocol):
    """Says which observation is missed least; one file each, one line in ``POLICIES``."""

    @property
    def name(self) -> str:
        """Name in settings and tables."""

    def begin(self, left: Left) -> None:
        """Look at everything once, before the first is taken away."""

    def worth(self, row: int) -> float:
        """
        Return what would be lost with a row now; the least goes first.

        It never falls while others are taken away: ``plan`` looks again only at the least.
        """


POLICIES = (Coverage, OldestFirst)


def policy_named(name: str) -> Policy:
    """Return a policy by its name, one of ``store.eviction``."""
    return next(made for made in (kind() for kind in POLICIES) if made.name == name)
