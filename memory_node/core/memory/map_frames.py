"""
One fixed frame for each map, whatever frame poses come in.

A robot often begins before it is localised: its first poses are odometry's. A map is in the frame
of what came first; what comes in another goes to a map of its own. Once this run's frame is joined
to the map, what the run has stored so far is brought into it. A run whose odometry began anew is a
session of its own: ``home~2``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
import threading

from memory_node.core.data import Observation, Pose
from memory_node.core.errors import MemoryNodeError
from memory_node.core.memory.facade import Memory
from memory_node.core.memory.loop_closure import carried
from memory_node.core.memory.sessions import goes_on, newest_of, next_session, sessions_of
from memory_node.core.perception.geometry import Transform

__all__ = ['MapFrames', 'moved']

#: Observations of a run that may be brought over: about an hour of keyframes.
MAX_MOVED = 4096
#: Characters of a frame that stand in the name of a map.
_MAX_FRAME_CHARS = 100


class MapFrames:
    """
    Says which map an observation belongs to, by the frame of its pose; thread-safe.

    Parameters
    ----------
    memory : Memory
        Keeps the frames of maps.
    map_frame : str
        Frame that poses are in once the robot is localised.
    join : callable
        Returns ``target_T_source`` of two frames as they are now, or None.
    warn : callable
        Told what a person should know, once each.
    anew : callable, optional
        Returns when a run begins a session of its own: 'never', 'always', or 'auto': where
        odometry does not go on from where the map ends. None: the map that is asked for is meant.
    max_speed_m_s : callable, optional
        Returns how fast the robot can be [m/s]; 0 or None: it is where the map ends, or anew.

    """

    def __init__(
        self,
        memory: Memory,
        map_frame: str,
        *,
        join: Callable[[str, str], Transform | None],
        warn: Callable[[str], None],
        anew: Callable[[], str] | None = None,
        max_speed_m_s: Callable[[], float] | None = None,
    ) -> None:
        self._memory = memory
        self._map_frame = map_frame
        self._join = join
        self._warn = warn
        self._anew = anew
        self._max_speed_m_s = max_speed_m_s
        self._held = dict(memory.frames)
        self._earlier = frozenset(self._held) & frozenset(memory.map_ids)
        self._warned: set[str] = set()
        #: Ids that this run has stored for a map in other frames than the map frame.
        self._apart: dict[tuple[str, str], list[str]] = {}
        self._chosen: dict[str, str] = {}
        #: The session that this run is, by map and frame.
        self._session: dict[tuple[str, str], str] = {}
        self._lock = threading.Lock()

    def current(self, map_id: str) -> str:
        """Return the map that poses belong to now, where ``map_id`` is asked for."""
        return self._chosen.get(map_id, map_id)

    def map_for(
        self,
        map_id: str,
        frame_id: str,
        pose: Pose | None = None,
        stamp_ns: int | None = None,
    ) -> str:
        """
        Return the map for poses in ``frame_id``, where ``map_id`` is asked for.

        ``pose`` is where the robot is, and ``stamp_ns`` when; the first ones tell whether odometry
        began anew.
        """
        with self._lock:
            if frame_id == self._map_frame and self._apart:
                self._bring_over(map_id)
            held = self._held.get(map_id)
            chosen = (
                map_id if held in (None, frame_id) else f'{map_id}@{frame_id[:_MAX_FRAME_CHARS]}'
            )
            if chosen != map_id:
                self._warn_once(
                    f'map {map_id!r} is in frame {held!r}, and poses come in {frame_id!r}:'
                    f' they are kept as map {chosen!r}'
                )
            chosen = self._session_of(chosen, frame_id, pose, stamp_ns)
            if chosen not in self._held:
                self._memory.set_frame(chosen, frame_id)
                self._held[chosen] = frame_id
            self._chosen[map_id] = chosen
            return chosen

    def _session_of(
        self, map_id: str, frame_id: str, pose: Pose | None, stamp_ns: int | None
    ) -> str:
        """Return the session of a map that this run is: an earlier one that goes on, or anew."""
        if (map_id, frame_id) in self._session:
            return self._session[map_id, frame_id]
        localised = frame_id == self._map_frame
        when = 'never' if self._anew is None else self._anew()
        runs = [map_id] if self._anew is None else sessions_of(map_id, self._earlier)
        held = [m for m in runs if m in self._earlier and self._held[m] == frame_id]
        last = map_id
        if held:
            last = newest_of(self._memory, held)
            speed = self._max_speed_m_s() if self._max_speed_m_s is not None else 0.0
            go_on = when == 'never' or (
                when == 'auto'
                and (localised or goes_on(self._memory, last, pose, stamp_ns, speed))
            )
            if not go_on:
                earlier, last = last, next_session(map_id, self._held)
                self._warn_once(
                    f'this run begins in frame {frame_id!r} elsewhere than map {earlier!r} ends:'
                    f' it is kept as map {last!r} until the two are joined (sessions.new: never'
                    ' goes on with the earlier one)'
                )
            elif not localised:
                self._warn_once(
                    f'map {last!r} holds an earlier run in frame {frame_id!r} and goes on: where'
                    ' odometry began anew since, set another map_id or sessions.new, or things'
                    ' appear twice'
                )
        self._session[map_id, frame_id] = last
        return last

    def stored(self, observation_id: str, map_id: str, frame_id: str) -> None:
        """Take note of what this run has stored for a map, so that it can be brought over."""
        if frame_id != self._map_frame:
            with self._lock:
                self._apart.setdefault((map_id, frame_id), []).append(observation_id)

    def _bring_over(self, map_id: str) -> None:
        """Bring into the map what this run has stored in frames that are joined to it now."""
        held = self._held.get(map_id)
        for (asked, frame_id), ids in list(self._apart.items()):
            if asked != map_id:
                continue
            map_T_frame = self._join(self._map_frame, frame_id)
            if map_T_frame is None or len(ids) > MAX_MOVED:
                continue
            if held == frame_id and map_id in self._earlier:
                continue  # the map is of earlier runs, whose odometry began elsewhere
            del self._apart[asked, frame_id]
            try:
                count = self._move(ids, map_T_frame, map_id)
            except MemoryNodeError as error:  # what comes next is stored all the same
                self._warn_once(f'what came in {frame_id!r} could not be brought over: {error}')
                continue
            if held == frame_id:
                self._memory.set_frame(map_id, self._map_frame)
                held = self._held[map_id] = self._map_frame
            self._warn_once(
                f'{frame_id!r} is joined to {self._map_frame!r} now: {count} observations of'
                f' this run are brought into map {map_id!r}'
            )

    def _move(self, ids: list[str], target_T_source: Transform, map_id: str) -> int:
        """Store observations again in another frame, then remove what they were made of."""
        known = self._memory.known(ids)
        found = [self._memory.observation(i) for i in ids if i in known]
        self._memory.add_many(moved(found, target_T_source, map_id))
        self._memory.forget([o.id for o in found])
        return len(found)

    def _warn_once(self, line: str) -> None:
        if line not in self._warned:
            self._warned.add(line)
            self._warn(line)


def moved(
    observations: Iterable[Observation], target_T_source: Transform, map_id: str
) -> list[Observation]:
    """Return observations in another fixed frame, under ids and a map of their own."""
    return [
        replace(
            carried(o, target_T_source),
            id=f'{o.id}~{map_id}'[-256:],
            map_id=map_id,
        )
        for o in observations
    ]
