"""Where the robot and its cameras are, in which frame, and which map that is; of one node."""

from __future__ import annotations

from rclpy.node import Node

from memory_node.core.config import IngestConfig
from memory_node.core.memory import Memory
from memory_node.core.memory.map_frames import MapFrames
from memory_node.core.perception.camera_names import ONLY
from memory_node.core.perception.cameras import CameraPoses
from memory_node.core.perception.frame_tree import FrameTree
from memory_node.core.perception.poses import RobotPoses
from memory_node.ros.parameters import Parameters
from memory_node.ros.pose_source import has_tf_messages, mounting, pose_frames
from memory_node.ros.request_frames import RequestFrames
from memory_node.ros.settings import NodeConfig

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
        )
        self.requests = RequestFrames(
            memory,
            self.poses,
            map_frame,
            lambda: self.maps.current(settings(NodeConfig).map_id),
        )

    def follow_parameters(self) -> None:
        """Place the cameras as the parameters say now."""
        for name, camera in self.cameras.items():
            camera.base_T_camera = mounting(self._settings.camera(name))
