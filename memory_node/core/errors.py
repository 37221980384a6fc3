"""
Errors of the memory, one class per way a request can fail.

Every class carries the ``code`` that the ROS adapter returns; ``memory_msgs/Status`` names the
same codes, and a test keeps the two equal.
"""

from __future__ import annotations

from typing import ClassVar

__all__ = [
    'BusyError',
    'CaptionerError',
    'EmptyMemoryError',
    'EncoderError',
    'IndexDamagedError',
    'InvalidObservationError',
    'InvalidQueryError',
    'LanguageModelError',
    'LowSpaceError',
    'MapsDifferError',
    'MemoryNodeError',
    'NavigatorError',
    'NoFreePoseError',
    'NoRouteError',
    'NotActiveError',
    'RemovedError',
    'StoreAccessError',
    'StoreFormatError',
    'StoreVersionError',
    'UnknownMapError',
    'UnknownNodeError',
]


class MemoryNodeError(Exception):
    """Base of every error a caller can act on; anything else that escapes is a bug."""

    code: ClassVar[int] = 1
    name: ClassVar[str] = 'INTERNAL'

    def __str__(self) -> str:
        """Return one line that no terminal takes for orders, whatever reply or path it quotes."""
        told = super().__str__()
        if told.isprintable():
            return told
        return ''.join(c if c.isprintable() else ' ' if c.isspace() else '?' for c in told)


class NotActiveError(MemoryNodeError):
    """The node is not in the lifecycle state ``active``."""

    code = 2
    name = 'NOT_ACTIVE'


class BusyError(MemoryNodeError):
    """As many requests as may be are being answered or wait: ask again later."""

    code = 3
    name = 'BUSY'


class InvalidQueryError(MemoryNodeError):
    """A request field is empty, too long, out of range or not finite."""

    code = 10
    name = 'INVALID_QUERY'


class MapsDifferError(InvalidQueryError):
    """Two maps have too little in common to say how one lies in the other."""


class EmptyMemoryError(MemoryNodeError):
    """The memory, or the map that was asked for, holds no observation yet."""

    code = 11
    name = 'EMPTY_MEMORY'


class UnknownMapError(MemoryNodeError):
    """No observation carries the map id that was asked for."""

    code = 12
    name = 'UNKNOWN_MAP'


class UnknownNodeError(MemoryNodeError):
    """An observation or forest node id does not exist."""

    code = 13
    name = 'UNKNOWN_NODE'


class RemovedError(UnknownNodeError):
    """An observation was removed while a request that needs it was being answered."""


class NoRouteError(MemoryNodeError):
    """The topological map joins start and goal by no path."""

    code = 14
    name = 'NO_ROUTE'


class InvalidObservationError(MemoryNodeError):
    """An observation holds a value that no robot can have measured."""

    code = 20
    name = 'INVALID_OBSERVATION'


class EncoderError(MemoryNodeError):
    """The text encoder could not be loaded, raised, or does not fit the stored vectors."""

    code = 30
    name = 'ENCODER_FAILURE'


class CaptionerError(MemoryNodeError):
    """A captioner could not be loaded, raised, timed out or returned nonsense."""

    code = 31
    name = 'CAPTIONER_FAILURE'


class LanguageModelError(MemoryNodeError):
    """A language model was unreachable, too slow, or answered outside its schema."""

    code = 32
    name = 'LANGUAGE_MODEL_FAILURE'


class StoreAccessError(MemoryNodeError):
    """The store's path is missing, read-only, locked or full."""

    code = 40
    name = 'STORE_ACCESS'


class LowSpaceError(StoreAccessError):
    """The disk of the store is nearly full: nothing is stored until there is room again."""


class StoreFormatError(MemoryNodeError):
    """The file is not a memory store, or is damaged."""

    code = 41
    name = 'STORE_FORMAT'


class StoreVersionError(MemoryNodeError):
    """The store was written by a newer version of this package."""

    code = 42
    name = 'STORE_VERSION'


class IndexDamagedError(MemoryNodeError):
    """A derived index file is missing, stale or damaged; it is rebuilt from the store."""

    code = 43
    name = 'INDEX_DAMAGED'


class NavigatorError(MemoryNodeError):
    """No navigator is there, or it refused or gave up every goal."""

    code = 50
    name = 'NAVIGATOR_FAILURE'


class NoFreePoseError(MemoryNodeError):
    """The occupancy grid leaves no free pose near by that sees the target."""

    code = 51
    name = 'NO_FREE_POSE'
