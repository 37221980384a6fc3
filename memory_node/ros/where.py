"""Where the robot and its cameras are, in which frame, and which map that is; of one node."""

from __future__ import annotations

from rclpy.node import Node

from memory_node.core.config import IngestConfig
from memory_node.core.data import Observation
from memory_node.core.memory import Memory
from memory_node.core.memory.map_frames import MapFrames
from memory_node.core.memory.sessions import SessionJoiner
from memory_node.core.perception.camera_names import ONLY
from memory_node.core.perception.cameras import CameraPoses
from memory_node.core.perception.frame_tree import FrameTree
from memory_node.core.perception.poses import RobotPoses
from memory_node.ros.map_jumps import MapJumps
from memory_node.ros.parameters import Parameters
from memory_node.ros.pose_source import has_tf_messages, mounting, pose_frames
from memory_node.ros.request_frames import RequestFrames
from memory_node.ros.settings import NodeConfig, SessionsConfig

__all__ = ['Where']


class Where:
    """Poses, the maps they belong to, and the frames of requests; made when configured."""

    def __init__(self, node: Node, settings: Parameters, memory: Memory) -> None:
        """Begin without a pose; raises ``MissingPackageError`` where none could be heard."""
        self._settings = settings
        map_frame = settings(NodeConfig).map_frame.lstrip('/')
        logger = node.get_logger()
        #: What TF says.
        self.tree = FrameTree()
        # A place in the code logs at one level only: rclpy refuses another.
        self.poses = RobotPoses(
            lambda: settings(IngestConfig),
            tree=self.tree if has_tf_messages() else None,
            frames=pose_frames(settings(NodeConfig)),
            say=lambda line: logger.info(line),
            warn=lambda line: logger.warning(line),
        )
        #: Poses of each camera by its name; that of the only one is empty.
        self.cameras = {
            name: CameraPoses(self.poses, mounting(settings.camera(name)))
            for name in settings(NodeConfig).cameras or (ONLY,)
        }
        self.maps = MapFrames(
            memory,
            map_frame,
            join=lambda target, source: self.poses.between(target, source, None),
            warn=lambda line: logger.warning(line),
            anew=lambda: settings(SessionsConfig).new,
            max_speed_m_s=lambda: settings(SessionsConfig).max_speed_m_s,
        )
        self._joiner = SessionJoiner(
            memory,
            wanted=lambda: settings(SessionsConfig).join == 'auto',
            current=self._current,
            say=lambda line: logger.info(line),
        )
        self._jumps = MapJumps(
            memory,
            self.poses,
            map_frame,
            wanted=lambda: settings(SessionsConfig).map_jumps == 'follow',
            say=lambda line: logger.info(line),
        )
        self.requests = RequestFrames(
            memory,
            self.poses,
            map_frame,
            lambda: self.maps.current(settings(NodeConfig).map_id),
        )

    def _current(self) -> tuple[str, str]:
        asked = self._settings(NodeConfig).map_id
        return asked, self.maps.current(asked)

    def stored(self, item: Observation, map_id: str, frame_id: str) -> None:
        """Take note of an observation that was stored where ``map_id`` was asked for."""
        self.maps.stored(item.id, map_id, frame_id)
        self._jumps.stored(item, frame_id)
        self._joiner.stored()

    def close(self) -> None:
        """End joining sessions and following jumps."""
        self._joiner.close()
        self._jumps.close()

    def follow_parameters(self) -> None:
        """Place the cameras as the parameters say now."""
        for name, camera in self.cameras.items():
            camera.base_T_camera = mounting(self._settings.camera(name))
