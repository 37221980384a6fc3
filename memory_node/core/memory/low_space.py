"""What is stored of observations while the disk is nearly full."""

from __future__ import annotations

from dataclasses import replace

from memory_node.core.config import StoreConfig
from memory_node.core.data import Observation
from memory_node.core.errors import LowSpaceError
from memory_node.core.store.space import DiskSpace, Shortage

__all__ = ['fitting']


def fitting(items: list[Observation], space: DiskSpace, config: StoreConfig) -> list[Observation]:
    """
    Return a batch as there is room for it: without pictures where there is little.

    Raises ``LowSpaceError`` naming the setting where there is room for nothing. What is left out
    is counted; observations come again by themselves once there is room.
    """
    shortage = space.look(config)
    if shortage is Shortage.NO_OBSERVATIONS:
        space.left_out(observations=len(items))
        raise LowSpaceError(space.message)
    if shortage is not Shortage.NO_PICTURES:
        return items
    space.left_out(pictures=sum(bool(item.keyframe) for item in items))
    return [replace(item, keyframe=b'') if item.keyframe else item for item in items]
