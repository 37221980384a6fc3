"""Writes what a simulated robot senses to a rosbag2 MCAP, message by message as it came."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
import shutil
import struct
from typing import Any

from nav_msgs.msg import Odometry
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import get_typestore, Stores
from sensor_msgs.msg import CameraInfo, Image

__all__ = ['Recorder']

_TOPICS = {
    'camera/image': (Image, 'sensor_msgs/msg/Image'),
    'camera/depth': (Image, 'sensor_msgs/msg/Image'),
    'camera/camera_info': (CameraInfo, 'sensor_msgs/msg/CameraInfo'),
    'odom': (Odometry, 'nav_msgs/msg/Odometry'),
}


class Recorder:
    """Records camera and odometry while its node is spun; ``close`` completes the bag."""

    def __init__(self, node: Any, path: Path) -> None:
        """Begin a bag at ``path``, a folder that is replaced if there is one."""
        shutil.rmtree(path, ignore_errors=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._node = node
        self._writer = Writer(path, version=9, storage_plugin=StoragePlugin.MCAP)
        self._writer.open()
        types = get_typestore(Stores.ROS2_JAZZY)
        self._readers = []
        for topic, (message, kind) in _TOPICS.items():
            connection = self._writer.add_connection(f'/{topic}', kind, typestore=types)
            self._readers.append(
                node.create_subscription(message, topic, self._keep(connection), 50, raw=True)
            )

    def _keep(self, connection: Any) -> Callable[[bytes], None]:
        def keep(data: bytes) -> None:
            # Serialised messages begin with four bytes of encoding, then the header's stamp.
            seconds, nanoseconds = struct.unpack_from('<iI', data, 4)
            self._writer.write(connection, seconds * 10**9 + nanoseconds, data)

        return keep

    def close(self) -> None:
        """Stop listening and complete the bag."""
        for reader in self._readers:
            self._node.destroy_subscription(reader)
        self._writer.close()
