"""Occupancy grids, where they are published, keep goals in free space."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
import threading
from typing import Any

from nav_msgs.msg import OccupancyGrid
from rclpy.callback_groups import MutuallyExclusiveCallbackGroup
from rclpy.node import Node

from memory_node.core.data import Place, Pose
from memory_node.core.errors import InvalidObservationError
from memory_node.core.perception.poses import RobotPoses
from memory_node.core.topology.grid_messages import grid_from_msg, updated
from memory_node.core.topology.stand_poses import Grid, Placed, Robot, Stand, stand_pose
from memory_node.ros import qos
from memory_node.ros.settings import NavigationConfig

__all__ = ['Ground']

#: Topic of each grid, and whether it is a costmap: grown by the robot's radius.
TOPICS = {'map': False, 'global_costmap/costmap': True}


class Ground:
    """Hears the grids and says where to stand; thread-safe."""

    def __init__(
        self,
        node: Node,
        poses: RobotPoses,
        *,
        frame_of: Callable[[str], str],
        config: Callable[[], NavigationConfig],
        refuse: Callable[[str, str], None],
    ) -> None:
        """Subscribe; ``frame_of`` tells the frame of a map, ``refuse`` hears what cannot be."""
        self._node, self._poses = node, poses
        self._frame_of, self._config, self._refuse = frame_of, config, refuse
        self._lock = threading.Lock()
        self._grids: dict[str, Grid] = {}
        group = MutuallyExclusiveCallbackGroup()
        self._subscriptions: list[Any] = [
            node.create_subscription(
                OccupancyGrid,
                topic,
                partial(self._on_grid, topic),
                qos.LATCHED,
                callback_group=group,
            )
            for topic in TOPICS
        ]
        if find_spec('map_msgs') is not None:
            from map_msgs.msg import OccupancyGridUpdate

            self._subscriptions += [
                node.create_subscription(
                    OccupancyGridUpdate,
                    f'{topic}_updates',
                    partial(self._on_update, topic),
                    qos.UPDATES,
                    callback_group=group,
                )
                for topic in TOPICS
            ]

    def close(self) -> None:
        """Unsubscribe."""
        for subscription in self._subscriptions:
            self._node.destroy_subscription(subscription)

    def stand(self, place: Place, pose: Pose | None = None) -> Stand:
        """
        Return where to stand for a place, its own pose unless another is given.

        Raises ``NoFreePoseError`` where the robot fits nowhere near.
        """
        pose = pose or place.pose
        config = self._config()
        with self._lock:
            grids = list(self._grids.values()) if config.use_map else []
        frame = self._frame_of(place.map_id)
        placed, notes = [], []
        for grid in grids:
            grid_T_map = self._poses.between(grid.frame_id, frame, None)
            if grid_T_map is None:
                why = self._poses.why_not(grid.frame_id, frame)
                note = f'{grid.name} is in {grid.frame_id!r} and goals are in {frame!r}: {why}'
                self._refuse(grid.name, note)
                notes.append(f'{note}; it is left aside')
            else:
                placed.append(Placed(grid, grid_T_map))
        if not placed:
            return Stand(pose=pose, note='; '.join(notes))
        robot = Robot(
            radius_m=config.robot_radius_m,
            search_m=config.search_radius_m,
            occupied_from=config.occupied_from,
        )
        stand = stand_pose(placed, pose, place.target_position, robot)
        return replace(stand, note='; '.join(filter(None, [*notes, stand.note])))

    def _on_grid(self, topic: str, msg: OccupancyGrid) -> None:
        name = self._node.resolve_topic_name(topic)
        try:
            grid = grid_from_msg(msg, name, inflated=TOPICS[topic])
        except InvalidObservationError as error:
            self._refuse(topic, str(error))
            return
        with self._lock:
            self._grids[topic] = grid

    def _on_update(self, topic: str, msg: Any) -> None:
        with self._lock:
            grid = self._grids.get(topic)
            if grid is None:
                return  # the whole grid is still to come, and holds it
            try:
                self._grids[topic] = updated(grid, msg)
            except InvalidObservationError as error:
                self._refuse(f'{topic}_updates', str(error))
