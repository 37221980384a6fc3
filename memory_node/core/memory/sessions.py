"""
Sessions of a robot whose odometry begins anew: each is a map of its own until it is joined.

Observations that were poured into one map from two frames can not be told apart again, while two
maps of one place can be joined whenever enough was seen. So where in doubt, a session is its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
import math
import re

import numpy as np

from memory_node.core.data import Pose
from memory_node.core.errors import MapsDifferError, MemoryNodeError
from memory_node.core.memory.facade import Memory
from memory_node.core.worker import Worker

__all__ = ['SessionJoiner', 'goes_on', 'newest_of', 'next_session', 'sessions_of']

#: Odometry goes on where it is this near to where the map ends [m, rad].
_NEAR_M, _NEAR_RAD = 0.5, 0.35
#: Observations of a session after which joining is first tried; then at half as many more.
_FIRST_TRY, _MORE = 16, 1.5


def sessions_of(map_id: str, maps: Iterable[str]) -> list[str]:
    """Return which of some maps are sessions of one: ``home``, ``home~2``, ``home~3``."""
    named = re.compile(rf'{re.escape(map_id)}(?:~[1-9][0-9]*)?')
    return [name for name in maps if named.fullmatch(name)]


def next_session(map_id: str, maps: Iterable[str]) -> str:
    """Return the name of a session that comes after all there were."""
    tails = [name[len(map_id) + 1 :] for name in sessions_of(map_id, maps)]
    return f'{map_id}~{1 + max((int(tail or 1) for tail in tails), default=1)}'


def newest_of(memory: Memory, maps: Iterable[str]) -> str:
    """Return the map of the newest observation among some maps; '' where they hold none."""
    held = memory.snapshot()
    wanted = [held.map_ids.index(name) for name in maps if name in held.map_ids]
    rows = np.flatnonzero(np.isin(held.maps, wanted))
    return held.map_ids[int(held.maps[rows[-1]])] if len(rows) else ''


def goes_on(
    memory: Memory,
    map_id: str,
    pose: Pose | None,
    stamp_ns: int | None = None,
    max_speed_m_s: float = 0.0,
) -> bool:
    """
    Tell whether the odometry of a robot at ``pose`` is plainly that which the map ends with.

    So it is where the map ends. So it is, too, where the robot can have driven from there since,
    and can not have driven from the origin, where odometry that began anew has been since then.
    """
    held = memory.snapshot()
    if pose is None or map_id not in held.map_ids:
        return False
    rows = np.flatnonzero(held.maps == held.map_ids.index(map_id))
    if not len(rows):
        return False
    last = memory.by_keys([int(held.keys[rows[-1]])])
    if not last:  # removed meanwhile
        return False
    own = last[0].pose  # the robot's: headings of a snapshot are those of cameras
    turned = math.remainder(pose.yaw_rad - own.yaw_rad, 2.0 * math.pi)
    away = math.dist(pose.position, own.position)
    if away <= _NEAR_M and abs(turned) <= _NEAR_RAD:
        return True
    elapsed_s = 0.0 if stamp_ns is None else (stamp_ns - last[0].stamp_ns) * 1e-9
    if elapsed_s <= 0.0 or max_speed_m_s <= 0.0:
        return False
    return away <= _NEAR_M + max_speed_m_s * elapsed_s < math.hypot(*pose.position)


class SessionJoiner:
    """
    Joins earlier sessions into the one going on, in a thread, once that is verified.

    The earlier map is moved, so the frame that the robot is in stays as it is. Tried again as the
    session grows; what fits no earlier map stays a map of its own.
    """

    def __init__(
        self,
        memory: Memory,
        *,
        wanted: Callable[[], bool],
        current: Callable[[], tuple[str, str]],
        say: Callable[[str], None],
    ) -> None:
        """
        Wait for ``stored``.

        ``wanted`` tells whether to join; ``current`` returns the map that is asked for and the
        one that poses belong to now; ``say`` is told of each join.
        """
        self._memory = memory
        self._wanted = wanted
        self._current = current
        self._say = say
        self._tried: dict[str, int] = {}
        self._worker = Worker('memory-sessions', self.join)

    def stored(self) -> None:
        """Take note that an observation came."""
        if self._wanted():
            self._worker.notify()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until nothing is left to try; False on time-out."""
        return self._worker.wait(timeout_s)

    def close(self) -> None:
        """Stop after the join in hand."""
        self._worker.close()

    def join(self) -> None:
        """Join what earlier sessions fit, where the one going on has grown enough since."""
        asked, now = self._current()
        held = self._memory.snapshot()
        if now not in held.map_ids:
            return
        count = int((held.maps == held.map_ids.index(now)).sum())
        if count < self._tried.get(now, _FIRST_TRY):
            return
        self._tried[now] = round(_MORE * count)
        base = [name for name in self._memory.map_ids if name.partition('@')[0] == asked]
        others = [*sessions_of(asked, self._memory.map_ids), *base]
        for name in dict.fromkeys(others):
            if name == now or self._worker.closing or not self._wanted():
                continue
            try:
                joined = self._memory.join_maps(name, now)
            except MapsDifferError:
                continue
            except MemoryNodeError as error:
                self._say(f'map {name!r} could not be joined to {now!r}: {error}')
                continue
            assert joined.match is not None
            self._say(
                f'map {name!r} is of the same place as {now!r}: {joined.match.found} things found'
                f' again, {joined.observations} observations brought over (sessions.join: off'
                ' keeps them apart; memory join --part takes it back)'
            )
