"""What RViz and Foxglove show of the memory: observations, the way driven, the last answer."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
import math
import threading

from builtin_interfaces.msg import Time
from geometry_msgs.msg import Point, Vector3
from std_msgs.msg import ColorRGBA, Header
from visualization_msgs.msg import Marker, MarkerArray

from memory_node.core.data import Observation, Place, Retrieval
from memory_node.ros.conversions import pose_msg

__all__ = ['MAX_SHOWN', 'MarkerScene']

#: Newest observations shown; a viewer slows down beyond.
MAX_SHOWN = 5000
#: Longest step between consecutive observations that is drawn as driven [m].
MAX_STEP_M = 3.0
_BLUE = ColorRGBA(r=0.15, g=0.45, b=0.85, a=0.9)
_GREY = ColorRGBA(r=0.5, g=0.5, b=0.5, a=0.6)
_ORANGE = ColorRGBA(r=0.95, g=0.55, b=0.1, a=1.0)
_GREEN = ColorRGBA(r=0.2, g=0.7, b=0.3, a=0.8)


class MarkerScene:
    """Collects what is to be shown; thread-safe."""

    def __init__(self, frames: Callable[[], Callable[[str], str]]) -> None:
        """Start empty; ``frames`` returns what tells the frame of a map by its id."""
        self._frames = frames
        self._lock = threading.Lock()
        self._points: deque[tuple[int, str, Point]] = deque(maxlen=MAX_SHOWN)
        self._objects: deque[tuple[str, Point]] = deque(maxlen=MAX_SHOWN)
        self._answer: tuple[Place, ...] = ()
        self._changed = True

    def add(self, observations: Iterable[Observation]) -> None:
        """Show more observations."""
        with self._lock:
            for o in observations:
                x, y, z = o.pose.position
                self._points.append((o.stamp_ns, o.map_id, Point(x=x, y=y, z=z)))
                for s in o.sightings:
                    if s.position is not None:
                        sx, sy, sz = s.position
                        self._objects.append((o.map_id, Point(x=sx, y=sy, z=sz)))
                self._changed = True

    def show_answer(self, retrieval: Retrieval) -> None:
        """Show the places of an answer; nothing when it found nothing."""
        with self._lock:
            self._answer = retrieval.places if retrieval.found else ()
            self._changed = True

    def take(self, stamp: Time) -> MarkerArray | None:
        """Return the scene if it changed since it was last taken."""
        with self._lock:
            if not self._changed:
                return None
            self._changed = False
            points = list(self._points)
            objects, answer = list(self._objects), self._answer
        frame_of = self._frames()
        frames = dict.fromkeys(frame_of(m) for m in dict.fromkeys(m for _, m, _ in points))
        markers = [Marker(header=Header(stamp=stamp), action=Marker.DELETEALL)]
        for number, frame_id in enumerate(frames):
            header = Header(stamp=stamp, frame_id=frame_id)
            own = [p for p in points if frame_of(p[1]) == frame_id]
            things = [point for map_id, point in objects if frame_of(map_id) == frame_id]
            markers.append(self._list(header, number, 'observations', [p for _, _, p in own]))
            markers.append(self._list(header, number, 'driven', _steps(own)))
            if things:
                markers.append(self._list(header, number, 'objects', things))
        for rank, place in enumerate(answer):
            header = Header(stamp=stamp, frame_id=frame_of(place.map_id))
            markers.extend(_answer_markers(header, rank, place))
        return MarkerArray(markers=markers)

    @staticmethod
    def _list(header: Header, number: int, name: str, points: list[Point]) -> Marker:
        kind, size, color = {
            'observations': (Marker.SPHERE_LIST, 0.15, _BLUE),
            'driven': (Marker.LINE_LIST, 0.03, _GREY),
            'objects': (Marker.CUBE_LIST, 0.08, _GREEN),
        }[name]
        marker = Marker(header=header, ns=name, id=number, type=kind, color=color, points=points)
        marker.scale = Vector3(x=size, y=size, z=size)
        marker.pose.orientation.w = 1.0
        return marker


def _steps(points: list[tuple[int, str, Point]]) -> list[Point]:
    """Return pairs of ends of the steps that look driven."""
    ends: list[Point] = []
    ordered = sorted(points, key=lambda item: (item[1], item[0]))
    for (_, map_a, a), (_, map_b, b) in zip(ordered, ordered[1:], strict=False):
        if map_a == map_b and math.dist((a.x, a.y, a.z), (b.x, b.y, b.z)) <= MAX_STEP_M:
            ends += [a, b]
    return ends


def _answer_markers(header: Header, rank: int, place: Place) -> list[Marker]:
    faded = ColorRGBA(r=_ORANGE.r, g=_ORANGE.g, b=_ORANGE.b, a=1.0 if rank == 0 else 0.35)
    arrow = Marker(header=header, ns='answer', id=3 * rank, type=Marker.ARROW, color=faded)
    arrow.pose = pose_msg(place.pose)
    arrow.scale = Vector3(x=0.6, y=0.1, z=0.1)
    text = Marker(
        header=header, ns='answer', id=3 * rank + 1, type=Marker.TEXT_VIEW_FACING, color=faded
    )
    text.pose = pose_msg(place.pose)
    text.pose.position.z += 0.6
    text.scale.z = 0.25
    text.text = f'{rank + 1}. {place.label or place.caption[:40]} ({place.confidence:.2f})'
    markers = [arrow, text]
    if place.target_position is not None:
        x, y, z = place.target_position
        target = Marker(header=header, ns='answer', id=3 * rank + 2, type=Marker.CUBE, color=faded)
        target.pose.position = Point(x=x, y=y, z=z)
        target.pose.orientation.w = 1.0
        ex, ey, ez = place.target_extent or (0.0, 0.0, 0.0)
        target.scale = Vector3(x=max(ex, 0.1), y=max(ey, 0.1), z=max(ez, 0.1))
        markers.append(target)
    return markers
