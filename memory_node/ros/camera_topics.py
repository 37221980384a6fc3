"""What one camera publishes, and what detectors say of it: each callback hands to its pipeline."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from rclpy.callback_groups import MutuallyExclusiveCallbackGroup
from rclpy.node import Node
from rclpy.qos import QoSProfile
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from memory_node.core.perception.camera_names import topic_of
from memory_node.core.perception.class_names import ClassNames
from memory_node.core.perception.counters import Counters
from memory_node.core.perception.depth_images import decode_compressed_depth, decode_depth, Depth
from memory_node.core.perception.descriptions import header_of
from memory_node.core.perception.frames import DepthPicture, Picture
from memory_node.core.perception.images import decode_color
from memory_node.core.perception.messages import intrinsics_from_msg, is_rectified, raw_image
from memory_node.core.perception.pipeline import Pipeline
from memory_node.ros import qos
from memory_node.ros.described_topics import DescribedTopics
from memory_node.ros.listener import Listener
from memory_node.ros.settings import CameraConfig

__all__ = ['Camera', 'CameraTopics', 'published']

_COLOR = ('image', 'image/compressed')
_DEPTH = ('depth', 'depth/compressedDepth')


def published(node: Node, camera: str) -> frozenset[str]:
    """Return which of ``image`` and ``depth`` of a camera have a publisher now."""
    kinds = {'image': _COLOR, 'depth': _DEPTH}
    return frozenset(
        kind
        for kind, topics in kinds.items()
        if any(node.count_publishers(topic_of(camera, topic)) for topic in topics)
    )


@dataclass(frozen=True, kw_only=True)
class Camera:
    """A camera: its name, which is empty for the only one, and what is known of it."""

    name: str
    config: CameraConfig
    pipeline: Pipeline
    #: Names of the class ids of its detector.
    names: ClassNames


class CameraTopics:
    """Subscribes to the topics of one camera."""

    def __init__(
        self,
        node: Node,
        camera: Camera,
        *,
        listener: Listener,
        small: MutuallyExclusiveCallbackGroup,
        counters: Counters,
        captioner: str,
        refuse: Callable[[str, str], None],
    ) -> None:
        """Subscribe to what the settings ask for; ``small`` is the group of small messages."""
        self._camera = camera
        self._pipeline = camera.pipeline
        self._counters = counters
        self._refuse = refuse
        self._said_frame = ''  # what pictures say theirs is
        images = qos.REPLAYED if node.get_parameter('use_sim_time').value else qos.IMAGES
        # A picture's copy out of DDS takes a millisecond: odometry does not wait for it.
        pictures, depths = (MutuallyExclusiveCallbackGroup() for _ in range(2))
        config, topic = camera.config, partial(topic_of, camera.name)
        listen = listener.listen
        self._rectified, self._depth_rectified = (
            is_rectified(node.resolve_topic_name(topic(name)), config.rectified)
            for name in (_COLOR[0], _DEPTH[0])
        )
        if config.image_transport != 'compressed':
            listen(pictures, Image, topic(_COLOR[0]), self._on_image, images)
        if config.image_transport != 'raw':
            listen(pictures, CompressedImage, topic(_COLOR[1]), self._on_compressed, images)
        if config.depth_transport in ('any', 'raw'):
            listen(depths, Image, topic(_DEPTH[0]), self._on_depth, images)
        if config.depth_transport in ('any', 'compressedDepth'):
            listen(depths, CompressedImage, topic(_DEPTH[1]), self._on_packed_depth, images)

        def listen_small(
            kind: type,
            topic: str,
            handler: Callable[[int, Any], None],
            profile: QoSProfile,
            *,
            stamped: bool = True,
        ) -> None:
            own = topic_of(camera.name, topic)
            listen(small, kind, own, handler, profile, stamped=stamped)

        # A latched one is only heard by a subscription that asks for it, which hears no other.
        def listen_fixed(kind: type, topic: str, handler: Callable[[int, Any], None]) -> None:
            listen_small(kind, topic, handler, qos.DETECTIONS, stamped=False)
            listener.listen_latched(small, kind, topic_of(camera.name, topic), handler)

        listen_fixed(CameraInfo, 'camera_info', self._on_camera_info)
        listen_fixed(CameraInfo, 'depth/camera_info', self._on_depth_info)
        described = DescribedTopics(
            captioner,
            listen_small,
            listen_fixed,
            names=camera.names,
            described=self._describe,
            say=node.get_logger().info,
        )
        #: Topics of which one is needed: those that say what was seen, else pictures.
        self.needed = tuple(map(topic, described.topics or _COLOR))

    def _frame_id(self, msg: Any) -> str:
        """Return the camera's optical frame: told, or as a message says."""
        return self._camera.config.frame or str(header_of(msg).frame_id).lstrip('/')

    def _depth_frame_id(self, msg: Any) -> str:
        """Return the frame of depth; where it is the picture's, that is told with it."""
        told = self._camera.config.frame
        same = told and msg.header.frame_id == self._said_frame
        return told if same else str(msg.header.frame_id)

    def _on_image(self, at_ns: int, msg: Image) -> None:
        self._counters.picture(self._camera.name, at_ns)
        raw = raw_image(msg)
        self._said_frame = msg.header.frame_id
        decode_color(raw)  # refuses a malformed one now; for rgb8 it costs nothing
        self._pipeline.image(at_ns, self._frame_id(msg), Picture(raw))

    def _on_compressed(self, at_ns: int, msg: CompressedImage) -> None:
        self._counters.picture(self._camera.name, at_ns)
        self._said_frame = msg.header.frame_id
        self._pipeline.image(at_ns, self._frame_id(msg), Picture(bytes(msg.data)))

    def _on_depth(self, at_ns: int, msg: Image) -> None:
        decode = partial(decode_depth, raw_image(msg), self._camera.config.depth_unit_m)
        self._take_depth(at_ns, msg, decode)

    def _on_packed_depth(self, at_ns: int, msg: CompressedImage) -> None:
        data, encoding = bytes(msg.data), msg.format
        unit_m = self._camera.config.depth_unit_m
        self._take_depth(at_ns, msg, partial(decode_compressed_depth, data, encoding, unit_m))

    def _take_depth(self, at_ns: int, msg: Any, decode: Callable[[], Depth]) -> None:
        frame_id, nbytes = self._depth_frame_id(msg), len(msg.data)
        picture = DepthPicture(decode=decode, frame_id=frame_id, nbytes=nbytes)
        self._pipeline.depth(at_ns, picture)

    def _on_camera_info(self, at_ns: int, msg: CameraInfo) -> None:
        self._pipeline.camera_info(intrinsics_from_msg(msg, rectified=self._rectified))

    def _on_depth_info(self, at_ns: int, msg: CameraInfo) -> None:
        rectified = self._depth_rectified
        self._pipeline.depth_camera_info(intrinsics_from_msg(msg, rectified=rectified))

    def _describe(
        self, topic: str, at_ns: int, msg: Any, caption: Any, refused: list[str]
    ) -> None:
        for reason in refused:
            self._refuse(topic_of(self._camera.name, topic), reason)
        if caption is not None:
            self._counters.count('descriptions_received')
            self._pipeline.described(at_ns, self._frame_id(msg), caption)
