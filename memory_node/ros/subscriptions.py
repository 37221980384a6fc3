"""Subscriptions: each callback checks the stamp, converts, and hands to the pipeline."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from nav_msgs.msg import Odometry
from rclpy.callback_groups import MutuallyExclusiveCallbackGroup
from rclpy.event_handler import SubscriptionEventCallbacks
from rclpy.lifecycle import LifecycleNode
from rclpy.qos import QoSProfile
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from memory_node.core.config import IngestConfig
from memory_node.core.errors import MemoryNodeError
from memory_node.core.perception.class_names import ClassNames
from memory_node.core.perception.counters import Counters
from memory_node.core.perception.depth_images import decode_compressed_depth, decode_depth, Depth
from memory_node.core.perception.descriptions import header_of
from memory_node.core.perception.frame_tree import FrameTree
from memory_node.core.perception.frames import DepthPicture, Picture
from memory_node.core.perception.images import decode_color
from memory_node.core.perception.messages import (
    intrinsics_from_msg,
    pose_from_odometry,
    raw_image,
    stamp_ns,
    transforms_from_msg,
)
from memory_node.core.perception.pipeline import Outlets, Pipeline
from memory_node.core.perception.poses import RobotPoses
from memory_node.core.perception.synchronizer import StampOrder
from memory_node.ros import qos
from memory_node.ros.described_topics import DescribedTopics
from memory_node.ros.pose_source import has_tf_messages
from memory_node.ros.settings import CameraConfig
from memory_node.ros.silence import SilenceWatch

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
        poses: RobotPoses,
        counters: Counters,
        camera: CameraConfig,
        config: Callable[[], IngestConfig],
        frames: FrameTree,
        captioner: str,
        names: ClassNames,
        outlets: Outlets,
    ) -> None:
        """Subscribe to what the settings ask for."""
        self._node = node
        self._pipeline = pipeline
        self._frames = frames
        self._depth_unit_m = camera.depth_unit_m
        self._camera_frame = camera.frame
        self._said_frame = ''  # what pictures say theirs is
        self._poses = poses
        self._counters = counters
        self._config = config
        self._out = outlets
        self._subscriptions: list[Any] = []
        images = qos.REPLAYED if node.get_parameter('use_sim_time').value else qos.IMAGES
        # A picture's copy out of DDS takes a millisecond: odometry does not wait for it.
        pictures, depths, small = (MutuallyExclusiveCallbackGroup() for _ in range(3))
        self._silence = SilenceWatch(node, small)
        if camera.image_transport != 'compressed':
            self._listen(pictures, Image, _COLOR[0], self._on_image, images)
        if camera.image_transport != 'raw':
            self._listen(pictures, CompressedImage, _COLOR[1], self._on_compressed, images)
        if camera.depth_transport in ('any', 'raw'):
            self._listen(depths, Image, _DEPTH[0], self._on_depth, images)
        if camera.depth_transport in ('any', 'compressedDepth'):
            self._listen(depths, CompressedImage, _DEPTH[1], self._on_packed_depth, images)
        listen = partial(self._listen, small)
        # A latched one is only heard by a subscription that asks for it, which hears no other.
        for profile in (qos.DETECTIONS, qos.LATCHED):
            listen(CameraInfo, 'camera_info', self._on_camera_info, profile, stamped=False)
            listen(CameraInfo, 'depth/camera_info', self._on_depth_info, profile, stamped=False)
        listen(Odometry, 'odom', self._on_odometry, qos.ODOMETRY)
        if has_tf_messages():
            self._listen_to_tf(small)
        described = DescribedTopics(
            captioner,
            listen,
            names=names,
            described=self._describe,
            say=node.get_logger().info,
        )
        poses_by = ('odom', '/tf') if has_tf_messages() else ('odom',)
        self._silence.needed = (described.topics or _COLOR, poses_by)

    @property
    def topics(self) -> dict[str, str]:
        """Topics that are heard, each with its reliability."""
        return {
            s.topic_name: s.qos_profile.reliability.name.lower().replace('_', ' ')
            for s in self._subscriptions
        }

    def close(self) -> None:
        """Unsubscribe."""
        self._silence.close()
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
        self._silence.heard(topic)
        fixed = topic == '/tf_static'
        for parent, child, pose, at_ns in transforms_from_msg(
            msg, partial(self._out.refuse, topic)
        ):
            self._frames.add(parent, child, pose, None if fixed else at_ns)

    def _listen(
        self,
        group: MutuallyExclusiveCallbackGroup,
        kind: type,
        topic: str,
        handler: Callable[[int, Any], None],
        profile: QoSProfile,
        *,
        stamped: bool = True,
    ) -> None:
        latched = profile is qos.LATCHED
        self._subscriptions.append(
            self._node.create_subscription(
                kind,
                topic,
                self._bounded(topic, handler, stamped=stamped),
                profile,
                callback_group=group,
                qos_overriding_options=None if latched else qos.overridable(),
                # Publishers that latch nothing are heard by the other subscription.
                event_callbacks=SubscriptionEventCallbacks(use_default_callbacks=not latched),
            )
        )

    def _bounded(
        self, topic: str, handler: Callable[[int, Any], None], *, stamped: bool
    ) -> Callable[[Any], None]:
        """Wrap a handler: refuse stamps that cannot be, count what it refuses."""

        def receive(msg: Any) -> None:
            self._silence.heard(topic)
            try:
                at_ns = stamp_ns(header_of(msg).stamp)
                now_ns = self._node.get_clock().now().nanoseconds
                if stamped and at_ns == 0 and now_ns > _STARTED_NS:
                    self._out.refuse(topic, 'header.stamp is zero: its publisher sets none')
                elif stamped and self._is_future(at_ns):
                    ahead_s = (at_ns - now_ns) * 1e-9
                    self._out.refuse(topic, f'header.stamp is in the future, got {ahead_s:.3f} s')
                else:
                    handler(at_ns, msg)
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

    def _frame_id(self, msg: Any) -> str:
        """Return the camera's optical frame: told, or as a message says."""
        return self._camera_frame or str(header_of(msg).frame_id).lstrip('/')

    def _depth_frame_id(self, msg: Any) -> str:
        """Return the frame of depth; where it is the picture's, that is told with it."""
        same = self._camera_frame and msg.header.frame_id == self._said_frame
        return self._camera_frame if same else str(msg.header.frame_id)

    def _on_image(self, at_ns: int, msg: Image) -> None:
        self._counters.count('images_received')
        self._counters.pictures.add(at_ns)
        raw = raw_image(msg)
        self._said_frame = msg.header.frame_id
        decode_color(raw)  # refuses a malformed one now; for rgb8 it costs nothing
        self._pipeline.image(at_ns, self._frame_id(msg), Picture(raw))

    def _on_compressed(self, at_ns: int, msg: CompressedImage) -> None:
        self._counters.count('images_received')
        self._counters.pictures.add(at_ns)
        self._said_frame = msg.header.frame_id
        self._pipeline.image(at_ns, self._frame_id(msg), Picture(bytes(msg.data)))

    def _on_depth(self, at_ns: int, msg: Image) -> None:
        decode = partial(decode_depth, raw_image(msg), self._depth_unit_m)
        self._take_depth(at_ns, msg, decode)

    def _on_packed_depth(self, at_ns: int, msg: CompressedImage) -> None:
        data, encoding = bytes(msg.data), msg.format
        decode = partial(decode_compressed_depth, data, encoding, self._depth_unit_m)
        self._take_depth(at_ns, msg, decode)

    def _take_depth(self, at_ns: int, msg: Any, decode: Callable[[], Depth]) -> None:
        frame_id, nbytes = self._depth_frame_id(msg), len(msg.data)
        picture = DepthPicture(decode=decode, frame_id=frame_id, nbytes=nbytes)
        self._pipeline.depth(at_ns, picture)

    def _on_camera_info(self, at_ns: int, msg: CameraInfo) -> None:
        self._pipeline.camera_info(intrinsics_from_msg(msg))

    def _on_depth_info(self, at_ns: int, msg: CameraInfo) -> None:
        self._pipeline.depth_camera_info(intrinsics_from_msg(msg))

    def _on_odometry(self, at_ns: int, msg: Odometry) -> None:
        self._counters.count('odometry_received')
        order = self._poses.add(
            at_ns,
            pose_from_odometry(msg),
            frame_id=msg.header.frame_id,
            child_frame_id=msg.child_frame_id,
        )
        if order is StampOrder.SUSPECT:
            self._out.refuse('odom', 'header.stamp jumped back')
        elif order is StampOrder.RESET:
            self._out.refuse('odom', 'header.stamp jumped back for good: time starts anew')
        self._pipeline.moved()

    def _describe(
        self, topic: str, at_ns: int, msg: Any, caption: Any, refused: list[str]
    ) -> None:
        for reason in refused:
            self._out.refuse(topic, reason)
        if caption is not None:
            self._counters.count('descriptions_received')
            self._pipeline.described(at_ns, self._frame_id(msg), caption)
