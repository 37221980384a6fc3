"""Subscriptions: each callback checks the stamp, converts, and hands to the pipeline."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from typing import Any

from memory_msgs.msg import Caption as CaptionMsg
from memory_msgs.msg import DetectionArray
from nav_msgs.msg import Odometry
from rclpy.callback_groups import MutuallyExclusiveCallbackGroup
from rclpy.event_handler import SubscriptionEventCallbacks
from rclpy.lifecycle import LifecycleNode
from rclpy.qos import QoSProfile
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from memory_node.core.config import IngestConfig
from memory_node.core.errors import MemoryNodeError
from memory_node.core.perception.counters import Counters
from memory_node.core.perception.depth_images import decode_compressed_depth, decode_depth, Depth
from memory_node.core.perception.frame_tree import FrameTree
from memory_node.core.perception.frames import DepthPicture, Picture
from memory_node.core.perception.images import decode_color
from memory_node.core.perception.messages import transforms_from_msg
from memory_node.core.perception.odometry import OdometryPoses
from memory_node.core.perception.pipeline import Outlets, Pipeline
from memory_node.core.perception.synchronizer import StampOrder
from memory_node.ros import conversions as convert
from memory_node.ros import qos
from memory_node.ros.pose_source import has_tf_messages, TransformPoses
from memory_node.ros.settings import CameraConfig

__all__ = ['Subscriptions', 'published']

_COLOR = ('image', 'image/compressed')
_DEPTH = ('depth', 'depth/compressedDepth')
#: A clock past this has begun: a stamp of zero is none then [ns].
_STARTED_NS = 10 * 10**9


def published(node: LifecycleNode) -> frozenset[str]:
    """Return which of ``image`` and ``depth`` have a publisher now."""
    kinds = {'image': _COLOR, 'depth': _DEPTH}
    return frozenset(
        kind
        for kind, topics in kinds.items()
        if any(node.count_publishers(topic) for topic in topics)
    )


class Subscriptions:
    """Owns the subscriptions; the node makes them when activated."""

    def __init__(
        self,
        node: LifecycleNode,
        *,
        pipeline: Pipeline,
        poses: OdometryPoses | TransformPoses,
        counters: Counters,
        camera: CameraConfig,
        config: Callable[[], IngestConfig],
        frames: FrameTree,
        captioner: str,
        outlets: Outlets,
    ) -> None:
        """Subscribe to what the settings ask for."""
        self._node = node
        self._pipeline = pipeline
        self._frames = frames
        self._depth_unit_m = camera.depth_unit_m
        self._poses = poses
        self._counters = counters
        self._config = config
        self._out = outlets
        self._subscriptions: list[Any] = []
        images = qos.REPLAYED if node.get_parameter('use_sim_time').value else qos.IMAGES
        # A picture's copy out of DDS takes a millisecond: odometry does not wait for it.
        pictures, depths, small = (MutuallyExclusiveCallbackGroup() for _ in range(3))
        if camera.image_transport != 'compressed':
            self._listen(Image, _COLOR[0], self._on_image, images, pictures)
        if camera.image_transport != 'raw':
            self._listen(CompressedImage, _COLOR[1], self._on_compressed, images, pictures)
        if camera.depth_transport in ('any', 'raw'):
            self._listen(Image, _DEPTH[0], self._on_depth, images, depths)
        if camera.depth_transport in ('any', 'compressedDepth'):
            self._listen(CompressedImage, _DEPTH[1], self._on_packed_depth, images, depths)
        # A latched one is only heard by a subscription that asks for it, which hears no other.
        for profile in (qos.DETECTIONS, qos.LATCHED):
            self._listen(CameraInfo, 'camera_info', self._on_camera_info, profile, small)
            self._listen(
                CameraInfo, 'depth/camera_info', self._on_depth_camera_info, profile, small
            )
        self._listen(Odometry, 'odom', self._on_odometry, qos.ODOMETRY, small)
        if isinstance(poses, OdometryPoses) and has_tf_messages():
            self._listen_to_tf(small)
        if captioner == 'detections':
            self._listen(DetectionArray, 'detections', self._on_detections, qos.DETECTIONS, small)
            if find_spec('vision_msgs') is not None:
                from vision_msgs.msg import Detection2DArray

                self._listen(
                    Detection2DArray, 'detections_2d', self._on_vision, qos.DETECTIONS, small
                )
        elif captioner == 'caption':
            self._listen(CaptionMsg, 'caption', self._on_caption, qos.DETECTIONS, small)

    def close(self) -> None:
        """Unsubscribe."""
        for subscription in self._subscriptions:
            self._node.destroy_subscription(subscription)

    def _listen_to_tf(self, group: MutuallyExclusiveCallbackGroup) -> None:
        """Hear where the camera sits on the robot, without tf2: messages alone will do."""
        from tf2_msgs.msg import TFMessage

        for topic, profile in (('/tf_static', qos.TF_STATIC), ('/tf', qos.TF)):
            self._subscriptions.append(
                self._node.create_subscription(
                    TFMessage,
                    topic,
                    partial(self._on_transforms, topic),
                    profile,
                    callback_group=group,
                )
            )

    def _on_transforms(self, topic: str, msg: Any) -> None:
        try:
            for parent, child, parent_T_child, stamp_ns in transforms_from_msg(msg):
                moving = None if topic == '/tf_static' else stamp_ns
                self._frames.add(parent, child, parent_T_child, moving)
        except MemoryNodeError as error:
            self._out.refuse(topic, str(error))

    def _listen(
        self,
        kind: type,
        topic: str,
        handler: Callable[[int, Any], None],
        profile: QoSProfile,
        group: MutuallyExclusiveCallbackGroup,
    ) -> None:
        latched = profile is qos.LATCHED
        self._subscriptions.append(
            self._node.create_subscription(
                kind,
                topic,
                self._bounded(topic, handler),
                profile,
                callback_group=group,
                qos_overriding_options=None if latched else qos.overridable(),
                # Publishers that latch nothing are heard by the other subscription.
                event_callbacks=SubscriptionEventCallbacks(use_default_callbacks=not latched),
            )
        )

    def _bounded(self, topic: str, handler: Callable[[int, Any], None]) -> Callable[[Any], None]:
        """Wrap a handler: refuse stamps from the future, count what it refuses."""

        def receive(msg: Any) -> None:
            try:
                stamp_ns = convert.stamp_ns(msg.header.stamp)
                if stamp_ns == 0 and self._node.get_clock().now().nanoseconds > _STARTED_NS:
                    self._out.refuse(topic, 'header.stamp is zero: its publisher sets none')
                elif self._is_future(stamp_ns):
                    ahead_s = (stamp_ns - self._node.get_clock().now().nanoseconds) * 1e-9
                    self._out.refuse(topic, f'header.stamp is in the future, got {ahead_s:.3f} s')
                else:
                    handler(stamp_ns, msg)
            except MemoryNodeError as error:
                self._out.refuse(topic, str(error))
            except Exception as error:  # noqa: BLE001  a bug must not stop the executor
                self._out.bug(error)

        return receive

    def _is_future(self, stamp_ns: int) -> bool:
        now_ns = self._node.get_clock().now().nanoseconds
        if now_ns == 0:  # simulated time whose /clock has not come yet: nothing to compare with
            return False
        return bool(stamp_ns > now_ns + self._config().future_tolerance_s * 1e9)

    def _on_image(self, stamp_ns: int, msg: Image) -> None:
        self._counters.count('images_received')
        raw = convert.raw_image(msg)
        decode_color(raw)  # refuses a malformed one now; for rgb8 it costs nothing
        self._pipeline.image(stamp_ns, msg.header.frame_id, Picture(raw))

    def _on_compressed(self, stamp_ns: int, msg: CompressedImage) -> None:
        self._counters.count('images_received')
        self._pipeline.image(stamp_ns, msg.header.frame_id, Picture(bytes(msg.data)))

    def _on_depth(self, stamp_ns: int, msg: Image) -> None:
        decode = partial(decode_depth, convert.raw_image(msg), self._depth_unit_m)
        self._take_depth(stamp_ns, msg, decode)

    def _on_packed_depth(self, stamp_ns: int, msg: CompressedImage) -> None:
        data, encoding = bytes(msg.data), msg.format
        decode = partial(decode_compressed_depth, data, encoding, self._depth_unit_m)
        self._take_depth(stamp_ns, msg, decode)

    def _take_depth(self, stamp_ns: int, msg: Any, decode: Callable[[], Depth]) -> None:
        frame_id, nbytes = msg.header.frame_id, len(msg.data)
        picture = DepthPicture(decode=decode, frame_id=frame_id, nbytes=nbytes)
        self._pipeline.depth(stamp_ns, picture)

    def _on_camera_info(self, stamp_ns: int, msg: CameraInfo) -> None:
        self._pipeline.camera_info(convert.intrinsics_from_msg(msg))

    def _on_depth_camera_info(self, stamp_ns: int, msg: CameraInfo) -> None:
        self._pipeline.depth_camera_info(convert.intrinsics_from_msg(msg))

    def _on_odometry(self, stamp_ns: int, msg: Odometry) -> None:
        self._counters.count('odometry_received')
        if not isinstance(self._poses, OdometryPoses):
            return
        order = self._poses.add(
            stamp_ns,
            convert.pose_from_odometry(msg),
            frame_id=msg.header.frame_id,
            child_frame_id=msg.child_frame_id,
        )
        if order is StampOrder.SUSPECT:
            self._out.refuse('odom', 'header.stamp jumped back')
        elif order is StampOrder.RESET:
            self._out.refuse('odom', 'header.stamp jumped back for good: time starts anew')
        self._pipeline.moved()

    def _on_detections(self, stamp_ns: int, msg: DetectionArray) -> None:
        caption, refused = convert.caption_from_detections(msg.detections)
        self._describe('detections', stamp_ns, msg, caption, refused)

    def _on_vision(self, stamp_ns: int, msg: Any) -> None:
        caption, refused = convert.caption_from_vision(msg.detections)
        self._describe('detections_2d', stamp_ns, msg, caption, refused)

    def _on_caption(self, stamp_ns: int, msg: CaptionMsg) -> None:
        caption, refused = convert.caption_from_text(msg.text)
        self._describe('caption', stamp_ns, msg, caption, refused)

    def _describe(
        self, topic: str, stamp_ns: int, msg: Any, caption: Any, refused: list[str]
    ) -> None:
        for reason in refused:
            self._out.refuse(topic, reason)
        if caption is not None:
            self._counters.count('descriptions_received')
            self._pipeline.described(stamp_ns, msg.header.frame_id, caption)
