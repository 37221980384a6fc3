"""Hears the path that a SLAM publishes anew after a loop closure, and moves the memory to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from nav_msgs.msg import Path
from rclpy.callback_groups import MutuallyExclusiveCallbackGroup
from rclpy.lifecycle import LifecycleNode

from memory_node.core.data import Pose
from memory_node.core.errors import InvalidObservationError, MemoryNodeError
from memory_node.core.memory import Memory
from memory_node.core.perception.geometry import pose_from_transform, transform_from_pose
from memory_node.core.perception.messages import pose_from_odometry, stamp_ns
from memory_node.core.worker import Worker
from memory_node.ros import qos
from memory_node.ros.where import Where

__all__ = ['CorrectedPath', 'poses_of']

TOPIC = 'corrected_path'
#: A path is followed once it moves an observation this far [m]: SLAM trembles by less.
LEAST_M = 0.05


def poses_of(msg: Path) -> list[tuple[int | str, Pose]]:
    """Return the poses of a path by stamp; ``InvalidObservationError`` names the first wrong."""
    poses: list[tuple[int | str, Pose]] = []
    for i, one in enumerate(msg.poses):
        at_ns = stamp_ns(one.header.stamp)
        if at_ns == 0:
            raise InvalidObservationError(f'poses[{i}].header.stamp is zero')
        try:
            poses.append((at_ns, pose_from_odometry(one)))
        except InvalidObservationError as error:
            raise InvalidObservationError(f'poses[{i}].{error}') from error
    return poses


@dataclass(frozen=True, kw_only=True)
class CorrectedPath:
    """What the subscription works with."""

    memory: Memory
    where: Where
    refuse: Callable[[str, str], None]
    bug: Callable[[BaseException], None]

    def listen(self, node: LifecycleNode) -> Callable[[], None]:
        """Follow ``corrected_path``, in a thread of its own; return what ends that."""
        newest: list[Path] = []

        def follow() -> None:
            if newest:
                moved = self.follow(newest.pop())
                if moved:
                    node.get_logger().info(f'{moved} observations moved to {TOPIC}')

        worker = Worker('memory-path', follow)

        def receive(msg: Path) -> None:
            newest[:] = [msg]
            worker.notify()

        subscription = node.create_subscription(
            Path, TOPIC, receive, qos.RELIABLE, callback_group=MutuallyExclusiveCallbackGroup()
        )

        def close() -> None:
            node.destroy_subscription(subscription)
            worker.close()

        return close

    def follow(self, msg: Path) -> int:
        """Move the memory to a path; what is wrong with it is refused by field and counted."""
        try:
            return self._follow(msg)
        except MemoryNodeError as error:
            self.refuse(TOPIC, str(error))
        except Exception as error:  # noqa: BLE001  a bug must not end the thread
            self.bug(error)
        return 0

    def _follow(self, msg: Path) -> int:
        poses = poses_of(msg)
        map_id = self.where.requests.current_map()
        if map_id is None:
            return 0  # nothing was stored yet
        frame, own = self.where.requests.frame_of(map_id), msg.header.frame_id.lstrip('/')
        if own not in ('', frame):
            frame_T_own = self.where.poses.between(frame, own, None)
            if frame_T_own is None:
                raise InvalidObservationError(
                    f'header.frame_id is {own[:64]!r} and map {map_id!r} is in {frame!r}:'
                    ' no TF joins the two'
                )
            poses = [
                (key, pose_from_transform(frame_T_own @ transform_from_pose(pose)))
                for key, pose in poses
            ]
        return self.memory.correct_poses(map_id, poses, least_m=LEAST_M)
