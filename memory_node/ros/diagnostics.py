"""What the node tells at intervals: statistics and diagnostics; and markers when they change."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from memory_msgs.msg import Statistics
from rclpy.callback_groups import CallbackGroup
from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.lifecycle import LifecycleNode
from std_msgs.msg import Header
from visualization_msgs.msg import MarkerArray

from memory_node.core.memory import Memory
from memory_node.core.memory.statistics import MemoryStatistics
from memory_node.core.perception.camera_names import topic_of
from memory_node.core.perception.counters import Counters, Snapshot
from memory_node.core.perception.loss import Arrivals
from memory_node.ros import qos
from memory_node.ros.figures import COUNTS, figures
from memory_node.ros.map_watch import MapWatch
from memory_node.ros.markers import MarkerScene
from memory_node.ros.metrics import Metrics
from memory_node.ros.settings import MetricsConfig
from memory_node.ros.storage import storage_values, storage_warnings

__all__ = ['LOSS', 'Reporter', 'Sources', 'lost_pictures']

#: Share of the pictures from which on it is told that they are lost.
LOSS = 0.05
#: Reasons of refusals that one message names.
_NAMED = 3
_LOSSES = ('frames_dropped', 'captioner_failures')


@dataclass(frozen=True, kw_only=True)
class Sources:
    """Where the figures come from."""

    memory: Memory
    counters: Counters
    scene: MarkerScene
    queue_length: Callable[[], int]
    #: Topic that makes frames: ``image``, ``detections`` or ``caption``.
    trigger: str
    report_interval_s: Callable[[], float]
    marker_interval_s: Callable[[], float]
    frame_id: str
    metrics: MetricsConfig


class Reporter:
    """Owns the publishers and timers of reports; the node makes it when configured."""

    def __init__(self, node: LifecycleNode, group: CallbackGroup, sources: Sources) -> None:
        """Publish ``~/statistics``, ``~/markers`` and ``/diagnostics`` while active."""
        self._node = node
        self._sources = sources
        self._last: Snapshot | None = None
        self._map = MapWatch(node, sources.memory, sources.report_interval_s)
        self._next_markers_s, self._viewers, self._new_viewer = 0.0, 0, False
        self._statistics = node.create_lifecycle_publisher(
            Statistics, '~/statistics', qos.RELIABLE
        )
        self._markers = node.create_lifecycle_publisher(MarkerArray, '~/markers', qos.LATCHED)
        self._diagnostics = node.create_lifecycle_publisher(
            DiagnosticArray, '/diagnostics', qos.RELIABLE
        )
        self._metrics = Metrics(sources.metrics, self._scraped)
        if self._metrics.problem:
            node.get_logger().warning(self._metrics.problem)
        # Steady time: reports go on while simulated time stands still.
        self._timer = node.create_timer(
            sources.report_interval_s(), self._report, callback_group=group, clock=_steady_clock()
        )

    def close(self) -> None:
        """Destroy timers and publishers, and let nobody scrape any more."""
        self._metrics.close()
        self._map.close()
        self._node.destroy_timer(self._timer)
        for publisher in (self._statistics, self._markers, self._diagnostics):
            self._node.destroy_lifecycle_publisher(publisher)

    def _report(self) -> None:
        self._timer.timer_period_ns = round(self._sources.report_interval_s() * 1e9)
        if not self._statistics.is_activated:
            return
        now = self._node.get_clock().now().to_msg()
        snapshot = self._sources.counters.snapshot()
        header = Header(stamp=now, frame_id=self._sources.frame_id)
        queue_length = self._sources.queue_length()  # first: 0 then means that all is stored
        stored = self._sources.memory.stats()
        self._statistics.publish(figures(header, snapshot, stored, queue_length))
        self._diagnostics.publish(self._health(header, snapshot, stored))
        self._last = snapshot
        self._show(now)

    def _scraped(self) -> Statistics:
        queue_length = self._sources.queue_length()
        snapshot = self._sources.counters.snapshot()
        return figures(Header(), snapshot, self._sources.memory.stats(), queue_length)

    def _show(self, now: object) -> None:
        steady_s = _steady_clock().now().nanoseconds * 1e-9
        viewers, before = self._markers.get_subscription_count(), self._viewers
        self._viewers, view = viewers, self._map.view
        self._new_viewer |= viewers > before
        if not viewers or view is None or steady_s < self._next_markers_s:
            return
        scene = self._sources.scene.take(now, view, everything=self._new_viewer)
        self._new_viewer = False
        if scene is not None:
            self._next_markers_s = steady_s + self._sources.marker_interval_s()
            self._markers.publish(scene)

    def _health(
        self, header: Header, snapshot: Snapshot, stored: MemoryStatistics
    ) -> DiagnosticArray:
        level, message = self._judge(snapshot, stored)
        values: dict[str, object] = {name: snapshot.counts.get(name, 0) for name in COUNTS}
        for camera, came in self._sources.counters.arrivals().items():
            values[topic_of(camera, 'images_lost_of_last')] = f'{came.lost} of {came.sent}'
        values['object_map_missing'] = self._map.missing
        values['object_map_message'] = self._map.message
        values |= storage_values(stored)
        status = DiagnosticStatus(
            level=level,
            name=f'{self._node.get_fully_qualified_name()}: memory',
            message=message,
            hardware_id='',
            values=[KeyValue(key=k, value=str(v)) for k, v in values.items()],
        )
        status.values += [
            KeyValue(key=reason, value=str(n)) for reason, n in snapshot.rejected.items()
        ]
        return DiagnosticArray(header=header, status=[status])

    def _judge(self, snapshot: Snapshot, stored: MemoryStatistics) -> tuple[bytes, str]:
        """Return a level, and in words what was wrong since the last report."""
        said = '; '.join((*storage_warnings(stored), *self._warnings(snapshot)))
        return (DiagnosticStatus.WARN, said) if said else (DiagnosticStatus.OK, 'remembering')

    def _warnings(self, snapshot: Snapshot) -> Iterator[str]:
        before, now = self._last.counts if self._last is not None else {}, snapshot.counts
        for name in _LOSSES:
            if now.get(name, 0) > before.get(name, 0):
                yield f'{name} rose by {now[name] - before.get(name, 0)}'
        for camera, came in self._sources.counters.arrivals().items():
            if came.share >= LOSS:
                yield (f'{camera}: ' if camera else '') + lost_pictures(came)
        rejected = self._last.rejected if self._last is not None else {}
        refused = [r for r, count in snapshot.rejected.items() if count > rejected.get(r, 0)]
        for reason in refused[:_NAMED]:
            yield f'refused {reason}'
        if len(refused) > _NAMED:
            yield f'{len(refused) - _NAMED} more reasons, see the values'
        if warning := self._map.warning():
            yield warning
        if self._metrics.problem:
            yield self._metrics.problem
        trigger = self._sources.trigger
        if (
            trigger != 'image'
            and now.get('images_received')
            and not now.get('descriptions_received')
        ):
            yield (
                f'images come, but nothing on {trigger}: nothing is remembered;'
                ' see parameter perception.captioner'
            )


def lost_pictures(came: Arrivals) -> str:
    """Return in one sentence what is lost, and what helps."""
    return (
        f'{came.lost} of {came.sent} pictures do not arrive ({1.0 / came.period_s:.0f} Hz by their'
        f' stamps): start the camera driver with {qos.VARIABLE}={qos.PROFILE}, or use compressed'
        ' pictures'
    )


def _steady_clock() -> Clock:
    return Clock(clock_type=ClockType.STEADY_TIME)
