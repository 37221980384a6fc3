"""How much room the disk of a store has left, and what is given up while it is little."""

from __future__ import annotations

from enum import IntEnum
import logging
import os
from pathlib import Path
import threading

from memory_node.core.config import StoreConfig

__all__ = ['DiskSpace', 'Shortage', 'free_bytes']

_LOG = logging.getLogger(__name__)
_MIB = 1 << 20
#: So much more than a limit has to be free again before a shortage is over: no flicker.
_OVER = 1.1


class Shortage(IntEnum):
    """How little room there is; each level gives up what those below do, too."""

    NONE = 0
    WARNED = 1
    NO_PICTURES = 2
    NO_OBSERVATIONS = 3


#: Setting that begins each level, and what happens then.
_LEVELS = {
    Shortage.WARNED: ('low_space_warn_mb', 'it is remembered as long as there is room'),
    Shortage.NO_PICTURES: ('low_space_pictures_mb', 'pictures are not stored'),
    Shortage.NO_OBSERVATIONS: (
        'low_space_stop_mb',
        'nothing is stored; questions are answered from what there is',
    ),
}


def free_bytes(path: Path) -> int:
    """Return what a user may still write where ``path`` is; 0 where its folder is gone."""
    try:
        state = os.statvfs(path.parent)
    except OSError:
        return 0
    return state.f_bavail * state.f_frsize


class DiskSpace:
    """Watches the disk of one store; thread-safe. A look takes microseconds."""

    def __init__(self, path: Path) -> None:
        """Watch where ``path`` is."""
        self._path = path
        self._guard = threading.Lock()
        self._level = Shortage.NONE
        #: What has happened, in one sentence that names the setting; '' with room enough.
        self.message = ''
        #: Pictures and observations that were not stored for want of room.
        self.pictures = 0
        self.observations = 0

    def look(self, config: StoreConfig) -> Shortage:
        """Return how little room there is now; a change is logged once."""
        free = free_bytes(self._path)
        with self._guard:
            before, self._level = self._level, self._level_of(free, config)
            self.message = self._told(free, config)
        if self._level > before:
            _LOG.warning('%s', self.message)
        elif self._level < before:
            _LOG.info('%d MiB are free at %s again', free // _MIB, self._path.parent)
        return self._level

    def _level_of(self, free: int, config: StoreConfig) -> Shortage:
        for level in sorted(_LEVELS, reverse=True):
            limit = getattr(config, _LEVELS[level][0]) * _MIB
            if free < limit * (_OVER if self._level >= level else 1.0):
                return level
        return Shortage.NONE

    def _told(self, free: int, config: StoreConfig) -> str:
        if self._level is Shortage.NONE:
            return ''
        setting, what = _LEVELS[self._level]
        return (
            f'{free / _MIB:.0f} MiB are free at {self._path.parent}, store.{setting} is'
            f' {getattr(config, setting)}: {what}'
        )

    def left_out(self, *, pictures: int = 0, observations: int = 0) -> None:
        """Count what was not stored."""
        with self._guard:
            self.pictures += pictures
            self.observations += observations
