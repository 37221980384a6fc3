"""What can be drawn of a memory: observations, the way driven, objects, areas, an answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from geometry_msgs.msg import Point, Vector3
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull, QhullError
from std_msgs.msg import ColorRGBA
from visualization_msgs.msg import Marker

from memory_node.core.data import Place
from memory_node.core.view import View
from memory_node.ros.conversions import pose_msg

__all__ = ['MAX_AREAS', 'MAX_LABELS', 'MAX_OBJECTS', 'MAX_SHOWN', 'Drawing', 'answer', 'drawings']

Points = NDArray[np.floating]

#: Newest observations, objects and areas seen in most views; a viewer slows down beyond.
MAX_SHOWN, MAX_OBJECTS, MAX_LABELS, MAX_AREAS = 5000, 2000, 300, 200
#: Observations, and ids of objects, in one marker: what changes is sent again with these.
_CHUNK = 512
#: Longest step between consecutive observations that is drawn as driven [m].
MAX_STEP_M = 3.0
#: Places are drawn again once they have moved by this [m].
_MOVED_M = 0.05
_BLUE = ColorRGBA(r=0.15, g=0.45, b=0.85, a=0.9)
_GREY = ColorRGBA(r=0.5, g=0.5, b=0.5, a=0.6)
_DARK = ColorRGBA(r=0.1, g=0.1, b=0.1, a=0.9)
_ORANGE = ColorRGBA(r=0.95, g=0.55, b=0.1, a=1.0)
_GREEN = ColorRGBA(r=0.2, g=0.7, b=0.3, a=0.8)
_PURPLE = ColorRGBA(r=0.5, g=0.25, b=0.7, a=0.8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """One marker: what tells it from others, what it shows, and how it is made."""

    name: str
    number: int
    #: The map whose frame it is in.
    map_id: str
    #: The marker is the same while this is.
    content: object
    make: Callable[[], Marker]


def drawings(view: View) -> Iterator[Drawing]:
    """Yield what is drawn of a memory, bounded whatever it holds."""
    yield from _observations(view)
    yield from _objects(view)
    yield from _areas(view)


def answer(places: tuple[Place, ...]) -> Iterator[Drawing]:
    """Yield the places of an answer: where to stand, what is there, and how sure that is."""
    for rank, place in enumerate(places):
        color = ColorRGBA(r=_ORANGE.r, g=_ORANGE.g, b=_ORANGE.b, a=1.0 if rank == 0 else 0.35)
        for part, make in enumerate((_arrow, _caption, _target)):
            if make is not _target or place.target_position is not None:
                yield Drawing(
                    name='answer',
                    number=3 * rank + part,
                    map_id=place.map_id,
                    content=place,
                    make=lambda m=make, r=rank, p=place, c=color: m(r, p, c),  # type: ignore[misc]
                )


# Observations and the way driven


def _observations(view: View) -> Iterator[Drawing]:
    snapshot = view.snapshot
    first = max(0, len(snapshot) - MAX_SHOWN)
    for start in range(first - first % _CHUNK, len(snapshot), _CHUNK):
        rows = np.arange(start, min(start + _CHUNK, len(snapshot)))
        before = rows[:1] - 1 if start else rows[:0]
        for map_row in np.unique(snapshot.maps[rows]).tolist():
            own = rows[snapshot.maps[rows] == map_row]
            linked = np.concatenate([before[snapshot.maps[before] == map_row], own])
            number = _number(start // _CHUNK, map_row)
            map_id = snapshot.map_ids[map_row]
            content = snapshot.epoch, len(own)
            places, steps = snapshot.positions[own], _steps(view, linked)
            yield _list('observations', number, map_id, content, places)
            yield _list('driven', number, map_id, content, steps)


def _steps(view: View, rows: NDArray[np.int64]) -> Points:
    """Return (2 n, 3) ends of the steps between rows that look driven."""
    rows = rows[np.argsort(view.snapshot.stamps[rows], kind='stable')]
    a, b = view.snapshot.positions[rows[:-1]], view.snapshot.positions[rows[1:]]
    driven = np.linalg.norm(a - b, axis=1) <= MAX_STEP_M
    return np.stack([a[driven], b[driven]], axis=1).reshape(-1, 3)


# Objects and their names


def _objects(view: View) -> Iterator[Drawing]:
    objects, map_ids = view.objects, view.snapshot.map_ids
    there = np.isfinite(objects.positions).all(axis=1) & (objects.existence > 0.0)
    shown = np.flatnonzero(there)
    shown = shown[np.argsort(-objects.frames[shown], kind='stable')][:MAX_OBJECTS]
    places = np.round(objects.positions / _MOVED_M) * _MOVED_M
    for i in shown[:MAX_LABELS].tolist():
        text, map_id = view.names.texts[int(objects.labels[i])], map_ids[int(objects.maps[i])]
        place = places[i].astype(np.float64) + (0.0, 0.0, _above(objects.extents[i]))
        yield _text('names', int(objects.ids[i]), map_id, text, place)
    chunks = np.stack([objects.ids[shown] // _CHUNK, objects.maps[shown]], axis=1)
    for chunk, map_row in np.unique(chunks, axis=0).tolist():
        own = np.sort(shown[(chunks == (chunk, map_row)).all(axis=1)])
        points = places[own]
        content = points.tobytes()
        yield _list('objects', _number(chunk, map_row), map_ids[map_row], content, points)


def _above(extent: Points) -> float:
    """Return how far above its middle the name of a thing is written [m]."""
    return 0.15 + (float(extent[2]) / 2 if np.isfinite(extent[2]) else 0.0)


# Rooms


def _areas(view: View) -> Iterator[Drawing]:
    rooms, map_ids = view.rooms, view.snapshot.map_ids
    sizes = np.diff(rooms.row_starts)
    for room in np.argsort(-sizes, kind='stable')[:MAX_AREAS].tolist():
        center = rooms.centers[room]
        if not np.isfinite(center).all() or int(rooms.maps[room]) >= len(map_ids):
            continue
        number, map_id = int(rooms.ids[room]), map_ids[int(rooms.maps[room])]
        place = np.round(center / _MOVED_M) * _MOVED_M + (0.0, 0.0, 1.5)
        yield _text('areas', number, map_id, rooms.names[room] or 'area', place, area=True)
        rows = rooms.rows_of(room)
        seen = view.snapshot.positions[rows[rows < len(view.snapshot)]]
        border = _border(np.round(seen / _MOVED_M) * _MOVED_M)
        if len(border):
            yield _list('borders', number, map_id, border.tobytes(), border)


def _border(points: Points) -> Points:
    """Return (n, 3) corners around points on the floor, the first again at the end."""
    if len(points) < 3:
        return points[:0]
    try:
        corners = ConvexHull(points[:, :2]).vertices
    except QhullError:  # all on one line
        return points[:0]
    border: Points = points[np.append(corners, corners[0])].astype(np.float64)
    border[:, 2] = points[:, 2].mean()
    return border


# Markers


def _number(chunk: int, map_row: int) -> int:
    """Return an id that no other chunk of any map has."""
    return chunk * 4096 + map_row % 4096


_KINDS = {
    'observations': (Marker.SPHERE_LIST, 0.15, _BLUE),
    'driven': (Marker.LINE_LIST, 0.03, _GREY),
    'objects': (Marker.CUBE_LIST, 0.08, _GREEN),
    'borders': (Marker.LINE_STRIP, 0.05, _PURPLE),
}


def _list(name: str, number: int, map_id: str, content: object, points: Points) -> Drawing:
    def make() -> Marker:
        kind, size, color = _KINDS[name]
        marker = Marker(type=kind, color=color, points=[_point(p) for p in points])
        marker.scale = Vector3(x=size, y=size, z=size)
        marker.pose.orientation.w = 1.0
        return marker

    return Drawing(name=name, number=number, map_id=map_id, content=content, make=make)


def _text(
    name: str, number: int, map_id: str, text: str, place: Points, *, area: bool = False
) -> Drawing:
    def make() -> Marker:
        color = _PURPLE if area else _DARK
        marker = Marker(type=Marker.TEXT_VIEW_FACING, color=color, text=text)
        marker.pose.position = _point(place)
        marker.pose.orientation.w = 1.0
        marker.scale.z = 0.4 if area else 0.15
        return marker

    content = text, place.tobytes()
    return Drawing(name=name, number=number, map_id=map_id, content=content, make=make)


def _point(p: Points) -> Point:
    return Point(x=float(p[0]), y=float(p[1]), z=float(p[2]))


def _arrow(rank: int, place: Place, color: ColorRGBA) -> Marker:
    arrow = Marker(type=Marker.ARROW, color=color, pose=pose_msg(place.pose))
    arrow.scale = Vector3(x=0.6, y=0.1, z=0.1)
    return arrow


def _caption(rank: int, place: Place, color: ColorRGBA) -> Marker:
    text = Marker(type=Marker.TEXT_VIEW_FACING, color=color, pose=pose_msg(place.pose))
    text.pose.position.z += 0.6
    text.scale.z = 0.25
    text.text = f'{rank + 1}. {place.label or place.caption[:40]} ({place.confidence:.2f})'
    return text


def _target(rank: int, place: Place, color: ColorRGBA) -> Marker:
    target = Marker(type=Marker.CUBE, color=color)
    target.pose.position = _point(np.array(place.target_position))
    target.pose.orientation.w = 1.0
    ex, ey, ez = place.target_extent or (0.0, 0.0, 0.0)
    target.scale = Vector3(x=max(ex, 0.1), y=max(ey, 0.1), z=max(ez, 0.1))
    return target
