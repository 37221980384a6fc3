"""What RViz and Foxglove show of the memory, sent again only where it has changed."""

from __future__ import annotations

from collections.abc import Callable
import threading

from builtin_interfaces.msg import Time
from std_msgs.msg import Header
from visualization_msgs.msg import Marker, MarkerArray

from memory_node.core.data import Place, Retrieval
from memory_node.core.view import View
from memory_node.ros.marker_layers import answer, Drawing, drawings

__all__ = ['MarkerScene']


class MarkerScene:
    """Remembers what viewers were shown, and tells them what is new; thread-safe."""

    def __init__(self, frames: Callable[[], Callable[[str], str]]) -> None:
        """Start empty; ``frames`` returns what tells the frame of a map by its id."""
        self._frames = frames
        self._lock = threading.Lock()
        self._answer: tuple[Place, ...] = ()
        #: What was drawn last.
        self._view: View | None = None
        self._places: tuple[Place, ...] = ()
        #: Content and frame of every marker that is shown.
        self._shown: dict[tuple[str, int], tuple[object, str]] = {}

    def show_answer(self, retrieval: Retrieval) -> None:
        """Show the places of an answer; nothing when it found nothing."""
        with self._lock:
            self._answer = retrieval.places if retrieval.found else ()

    def take(self, stamp: Time, view: View, *, everything: bool = False) -> MarkerArray | None:
        """
        Return markers that are new, have changed or are gone since the last call; None for none.

        ``everything`` is for a viewer that has seen nothing yet: it begins by removing all.
        """
        with self._lock:
            places = self._answer
        if not everything and self._view is view and self._places is places:
            return None
        self._view, self._places = view, places
        frame_of = self._frames()
        markers: list[Marker] = []
        if everything:
            self._shown.clear()
            markers.append(Marker(header=Header(stamp=stamp), action=Marker.DELETEALL))
        gone = self._shown.keys() - self._draw(stamp, view, places, frame_of, markers)
        for name, number in sorted(gone):
            _, frame_id = self._shown.pop((name, number))
            header = Header(stamp=stamp, frame_id=frame_id)
            markers.append(Marker(header=header, ns=name, id=number, action=Marker.DELETE))
        return MarkerArray(markers=markers) if markers else None

    def _draw(
        self,
        stamp: Time,
        view: View,
        places: tuple[Place, ...],
        frame_of: Callable[[str], str],
        markers: list[Marker],
    ) -> set[tuple[str, int]]:
        """Append what viewers do not show as it is; return what they are to show."""
        wanted = set()
        for drawing in (*drawings(view), *answer(places)):
            key, told = (drawing.name, drawing.number), _told(drawing, frame_of)
            wanted.add(key)
            if self._shown.get(key) != told:
                self._shown[key] = told
                marker = drawing.make()
                marker.header = Header(stamp=stamp, frame_id=told[1])
                marker.ns, marker.id = key
                markers.append(marker)
        return wanted


def _told(drawing: Drawing, frame_of: Callable[[str], str]) -> tuple[object, str]:
    return drawing.content, frame_of(drawing.map_id)
