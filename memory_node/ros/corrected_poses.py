"""Follows what a SLAM corrects after a loop closure: a path, or poses by key."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from nav_msgs.msg import Path
from rclpy.callback_groups import MutuallyExclusiveCallbackGroup
from rclpy.lifecycle import LifecycleNode

from memory_node.core.data import Pose
from memory_node.core.errors import InvalidObservationError, MemoryNodeError
from memory_node.core.memory import Memory
from memory_node.core.perception.geometry import pose_from_transform, transform_from_pose
from memory_node.core.perception.messages import pose_from_odometry, pose_from_tf, stamp_ns
from memory_node.core.worker import Worker
from memory_node.ros import qos
from memory_node.ros.pose_source import has_tf_messages
from memory_node.ros.where import Where

__all__ = ['CorrectedPoses', 'keyed_poses', 'path_poses']

PATH, KEYED = 'corrected_path', 'corrected_poses'
#: Poses are followed once they move an observation this far [m]: SLAM trembles by less.
LEAST_M = 0.05
#: Messages of keyed poses that may wait; a path stands for all that came before it.
_WAITING = 64

#: A pose by stamp [ns] or id of an observation, and the frame it is in; '' is that of the map.
Keyed = tuple[int | str, Pose, str]


def path_poses(msg: Path) -> list[Keyed]:
    """Return the poses of a path by stamp; ``InvalidObservationError`` names the first wrong."""
    poses: list[Keyed] = []
    for i, one in enumerate(msg.poses):
        at_ns = stamp_ns(one.header.stamp)
        if at_ns == 0:
            raise InvalidObservationError(f'poses[{i}].header.stamp is zero')
        try:
            poses.append((at_ns, pose_from_odometry(one), msg.header.frame_id.lstrip('/')))
        except InvalidObservationError as error:
            raise InvalidObservationError(f'poses[{i}].{error}') from error
    return poses


def keyed_poses(msg: Any, known: Callable[[Iterable[str]], Iterable[str]]) -> list[Keyed]:
    """
    Return the poses of a TFMessage: ``child_frame_id`` is the id of an observation, or any name.

    ``known`` returns which of some ids are those of observations; the rest goes by stamp. Raises
    ``InvalidObservationError``, which names the first that has neither.
    """
    ids = set(known([one.child_frame_id for one in msg.transforms]))
    poses: list[Keyed] = []
    for i, one in enumerate(msg.transforms):
        own = one.child_frame_id
        key = own if own in ids else stamp_ns(one.header.stamp)
        if key == 0:
            raise InvalidObservationError(
                f'transforms[{i}].child_frame_id is {own[:64]!r}, which no observation is called,'
                ' and its stamp is zero'
            )
        try:
            poses.append((key, pose_from_tf(one.transform), one.header.frame_id.lstrip('/')))
        except InvalidObservationError as error:
            raise InvalidObservationError(f'transforms[{i}].transform: {error}') from error
    return poses


@dataclass(frozen=True, kw_only=True)
class CorrectedPoses:
    """What the subscriptions work with."""

    memory: Memory
    where: Where
    refuse: Callable[[str, str], None]
    bug: Callable[[BaseException], None]

    def listen(self, node: LifecycleNode) -> Callable[[], None]:
        """Follow both topics, in a thread of their own; return what ends that."""
        paths: deque[Path] = deque(maxlen=1)
        keyed: deque[Any] = deque()

        def follow() -> None:
            for topic, waiting in ((PATH, paths), (KEYED, keyed)):
                while waiting:
                    moved = self.follow(topic, waiting.popleft())
                    if moved:
                        node.get_logger().info(f'{moved} observations moved to {topic}')

        worker = Worker('memory-path', follow)

        def hear_path(msg: Path) -> None:
            paths.append(msg)
            worker.notify()

        def hear_keyed(msg: Any) -> None:
            if len(keyed) < _WAITING:
                keyed.append(msg)
            else:
                self.refuse(KEYED, f'{_WAITING} messages wait already')
            worker.notify()

        group = MutuallyExclusiveCallbackGroup()
        make = node.create_subscription
        heard = [make(Path, PATH, hear_path, qos.RELIABLE, callback_group=group)]
        if has_tf_messages():
            from tf2_msgs.msg import TFMessage

            heard.append(make(TFMessage, KEYED, hear_keyed, qos.KEYED, callback_group=group))

        def close() -> None:
            for subscription in heard:
                node.destroy_subscription(subscription)
            worker.close()

        return close

    def follow(self, topic: str, msg: Any) -> int:
        """Move the memory to poses; what is wrong with them is refused by field and counted."""
        try:
            return self._follow(path_poses(msg) if topic == PATH else self._by_key(msg))
        except MemoryNodeError as error:
            self.refuse(topic, str(error))
        except Exception as error:  # noqa: BLE001  a bug must not end the thread
            self.bug(error)
        return 0

    def _by_key(self, msg: Any) -> list[Keyed]:
        return keyed_poses(msg, lambda ids: self.memory.known(list(ids)))

    def _follow(self, poses: list[Keyed]) -> int:
        map_id = self.where.requests.current_map()
        if map_id is None or not poses:
            return 0  # nothing was stored yet
        frame = self.where.requests.frame_of(map_id)
        brought: list[tuple[int | str, Pose]] = []
        for key, pose, own in poses:
            if own not in ('', frame):
                frame_T_own = self.where.poses.between(frame, own, None)
                if frame_T_own is None:
                    raise InvalidObservationError(
                        f'header.frame_id is {own[:64]!r} and map {map_id!r} is in {frame!r}:'
                        ' no TF joins the two'
                    )
                pose = pose_from_transform(frame_T_own @ transform_from_pose(pose))
            brought.append((key, pose))
        return self.memory.correct_poses(map_id, brought, least_m=LEAST_M)
