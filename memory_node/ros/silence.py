"""Says once, some time after activation, on which topics nothing has come."""

from __future__ import annotations

from rclpy.callback_groups import CallbackGroup
from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.lifecycle import LifecycleNode

__all__ = ['SilenceWatch']

#: How long after activation it is looked [s].
PATIENCE_S = 10.0


class SilenceWatch:
    """Looks once whether each group of topics, one of which is enough, was heard."""

    def __init__(self, node: LifecycleNode, group: CallbackGroup) -> None:
        """Start waiting, in steady time."""
        self._node = node
        #: Groups of topics, as the node names them.
        self.needed: tuple[tuple[str, ...], ...] = ()
        self._heard: set[str] = set()
        self._timer = node.create_timer(
            PATIENCE_S,
            self._look,
            callback_group=group,
            clock=Clock(clock_type=ClockType.STEADY_TIME),
        )

    def heard(self, topic: str) -> None:
        """Take note that something came."""
        self._heard.add(topic)

    def close(self) -> None:
        """Stop waiting."""
        self._node.destroy_timer(self._timer)

    def _look(self) -> None:
        self._timer.cancel()
        silent = [topics for topics in self.needed if self._heard.isdisjoint(topics)]
        for topics in silent:
            named = ' or '.join(
                f'{self._node.resolve_topic_name(t)} ({self._node.count_publishers(t)} publishers)'
                for t in topics
            )
            self._node.get_logger().warning(
                f'nothing has come on {named} for {PATIENCE_S:.0f} s, so nothing is remembered:'
                ' is it remapped, is its publisher running, do perception.captioner and'
                ' pose_source fit?'
            )
