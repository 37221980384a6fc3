"""Parts that other packages bring, found by the entry points of what is installed."""

from __future__ import annotations

from importlib.metadata import entry_points, EntryPoint

__all__ = ['CAPTIONERS', 'plugin', 'plugin_names']

#: Entry points that make captioners.
CAPTIONERS = 'memory_node.captioners'


def plugin_names(group: str) -> tuple[str, ...]:
    """Return the names that installed packages offer in a group, sorted."""
    return tuple(sorted(entry_points(group=group).names))


def plugin(group: str, name: str) -> EntryPoint | None:
    """Return what a package offers under a name, not loaded yet; None where nothing does."""
    return next(iter(entry_points(group=group, name=name)), None)
