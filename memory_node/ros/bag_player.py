"""
Feed a rosbag2 recording to the memory node over DDS.

At bag speed, or with ``--rate 0`` as fast as the node takes it: the node's statistics say how many
pictures have arrived and how many keyframes wait, and the player stays a small window ahead, so
that nothing is lost on the way. Messages go out as they were recorded, byte for byte.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path
import sys
import time

from memory_msgs.msg import Statistics
from nav_msgs.msg import Odometry
from rcl_interfaces.srv import SetParameters
import rclpy
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.publisher import Publisher
from rclpy.qos import QoSProfile, ReliabilityPolicy
import rclpy.utilities
from rclpy.utilities import remove_ros_args
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rosbags.highlevel import AnyReader
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from memory_node.core.errors import InvalidObservationError, MemoryNodeError, NotActiveError
from memory_node.core.perception.camera_names import check_camera_names, topic_of
from memory_node.interchange.camera_roles import told_by_camera
from memory_node.interchange.recording import open_recording, peek
from memory_node.interchange.topics import assign_roles, of_the_camera, Topic
from memory_node.ros import qos
from memory_node.ros.pose_source import has_tf_messages
from memory_node.ros.qos import prefer_shared_memory

__all__ = ['Replayer', 'main']

MESSAGE_TYPES = {
    'image': Image,
    'image/compressed': CompressedImage,
    'depth': Image,
    'depth/compressedDepth': CompressedImage,
    'camera_info': CameraInfo,
    'depth/camera_info': CameraInfo,
    'odom': Odometry,
}
PICTURES = ('image', 'image/compressed')
#: Pictures under way; below the depth of the node's subscription.
WINDOW = 10
#: Time between two statistics while playing as fast as it goes [s].
REPORT_S = 0.1
#: Keyframes waiting in the node above which the player holds back.
MAX_WAITING = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaySettings:
    """What to play, how fast, and to which node."""

    bag: Path
    #: 1 is bag speed; 0 is as fast as the node takes it.
    rate: float = 1.0
    #: Role to topic of the recording, where the type and name do not tell.
    topics: Mapping[str, str]
    #: Names of the cameras, where there are several: parts of the names of their topics.
    cameras: Sequence[str] = ()
    #: Name of the memory node, for its statistics.
    memory: str = 'memory'
    publish_clock: bool = True
    #: Longest wait for the memory node to appear, or to take anything [s].
    patience_s: float = 30.0


def _assigned(reader: AnyReader, settings: ReplaySettings) -> dict[str, Topic]:
    """
    Return the recorded topic for each topic of the node, as ``image`` or ``front/image``.

    Raises ``InvalidObservationError`` where a camera has no pictures, or there is no odometry.
    """
    heads, found = peek(reader), dict[str, Topic]()
    missing = []
    for name, told in told_by_camera(settings.topics, settings.cameras).items():
        topics = of_the_camera(reader.connections, name, told.values())
        own = assign_roles(topics, told, heads)
        if not any(role in own for role in PICTURES):
            missing.append(f'colour pictures{f" of {name}" if name else ""}')
        for role, topic in own.items():
            found.setdefault(role if role == 'odom' else topic_of(name, role), topic)
    if 'odom' not in found or not found['odom'].msgtype.endswith('/Odometry'):
        missing.append('odometry')
    if missing:
        there = ', '.join(sorted(c.topic for c in reader.connections))
        raise InvalidObservationError(
            f'{settings.bag} has no {" and no ".join(missing)}; it has {there};'
            ' --topic ROLE=TOPIC names them'
        )
    return found


class Replayer(Node):
    """Publishes one recording; spun by its own loop."""

    def __init__(self, settings: ReplaySettings) -> None:
        super().__init__('replay')
        self._settings = settings
        self._heard: Statistics | None = None
        self._sent_pictures = 0
        self._received_before = 0
        self._clock_publisher = self.create_publisher(Clock, '/clock', 10)
        self.create_subscription(
            Statistics, f'{settings.memory}/statistics', self._on_statistics, 10
        )

    def _on_statistics(self, message: Statistics) -> None:
        self._heard = message

    def play(self, console: Console) -> Mapping[str, int]:
        """
        Play to the end and return how many messages of each topic went out.

        Raises ``NotActiveError`` when the memory node can't be heard or stops taking pictures.
        """
        with open_recording(self._settings.bag) as reader:
            roles = _assigned(reader, self._settings)
            quality = QoSProfile(depth=100, reliability=ReliabilityPolicy.RELIABLE)
            publishers = {
                role: self.create_publisher(MESSAGE_TYPES[self._own(role)], role, quality)
                for role in roles
            }
            self._await_memory(publishers)
            publishers.update(self._transform_publishers(reader))
            by_topic = {topic.topic: role for role, topic in roles.items()}
            by_topic |= {name: name for name in publishers if name not in roles}
            by_id = {c.id: by_topic[c.topic] for c in reader.connections if c.topic in by_topic}
            return self._publish_all(reader, by_id, publishers, console)

    def _own(self, role: str) -> str:
        """Return a role without the name of its camera."""
        camera, _, rest = role.partition('/')
        return rest if camera in self._settings.cameras else role

    def _is_picture(self, role: str) -> bool:
        return self._own(role) in PICTURES

    def _by_need(self, message: tuple[str, bytes]) -> bool:
        """Sort what a picture needs before it: of one stamp, a recorder keeps no order."""
        return self._is_picture(message[0])

    def _transform_publishers(self, reader: AnyReader) -> Mapping[str, Publisher]:
        """Play TF too, by which cameras are mounted, where its messages are installed."""
        recorded = {c.topic for c in reader.connections if c.msgtype.endswith('/TFMessage')}
        if not recorded or not has_tf_messages():
            return {}
        from tf2_msgs.msg import TFMessage

        return {
            topic: self.create_publisher(
                TFMessage, topic, qos.TF_STATIC if topic == '/tf_static' else qos.TF
            )
            for topic in recorded & {'/tf', '/tf_static'}
        }

    def _await_memory(self, publishers: Mapping[str, Publisher]) -> None:
        """Wait until the memory node speaks and listens."""

        def ready() -> bool:
            listening = all(p.get_subscription_count() > 0 for p in publishers.values())
            return self._heard is not None and listening

        name = self._settings.memory
        self._spin_until(ready, f'memory node {name!r} is not active on these topics')
        assert self._heard is not None
        if self._settings.rate == 0:
            self._ask_for_reports()
        self._received_before = self._heard.images_received

    def _ask_for_reports(self) -> None:
        """Have the statistics sent more often: the player goes as fast as it hears of room."""
        client = self.create_client(SetParameters, f'{self._settings.memory}/set_parameters')
        request = SetParameters.Request()
        request.parameters = [Parameter('report_interval_s', value=REPORT_S).to_parameter_msg()]
        self._spin_until(client.service_is_ready, 'the memory node takes no parameters')
        client.call_async(request)

    def _spin_until(self, condition: Callable[[], object], complaint: str) -> None:
        deadline = time.monotonic() + self._settings.patience_s
        while not condition():
            if time.monotonic() > deadline:
                raise NotActiveError(f'{complaint} after {self._settings.patience_s:.0f} s')
            rclpy.spin_once(self, timeout_sec=0.05)

    def _publish_all(
        self,
        reader: AnyReader,
        roles: Mapping[int, str],
        publishers: Mapping[str, Publisher],
        console: Console,
    ) -> Mapping[str, int]:
        wanted = [c for c in reader.connections if c.id in roles]
        sent = dict.fromkeys(publishers, 0)
        begin_wall, begin_bag = time.monotonic(), reader.start_time
        columns = (TextColumn('replay'), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=console) as progress:
            task = progress.add_task('replay', total=sum(c.msgcount for c in wanted))
            for stamp_ns, group in groupby(reader.messages(wanted), key=itemgetter(1)):
                messages = [(roles[connection.id], content) for connection, _, content in group]
                for role, content in sorted(messages, key=self._by_need):
                    self._hold_back(role, begin_wall + self._bag_seconds(stamp_ns - begin_bag))
                    self._tick(stamp_ns)
                    publishers[role].publish(content)
                    sent[role] += 1
                    self._sent_pictures += self._is_picture(role)
                    progress.advance(task)
            self._drain()
        return sent

    def _bag_seconds(self, elapsed_ns: int) -> float:
        return elapsed_ns * 1e-9 / self._settings.rate if self._settings.rate > 0 else 0.0

    def _tick(self, stamp_ns: int) -> None:
        if self._settings.publish_clock:
            message = Clock()
            message.clock.sec, message.clock.nanosec = divmod(stamp_ns, 10**9)
            self._clock_publisher.publish(message)

    def _hold_back(self, role: str, due: float) -> None:
        """Wait for the message's moment, and for the node to have room for a picture."""
        while (left := due - time.monotonic()) > 0:
            rclpy.spin_once(self, timeout_sec=left)
        if self._is_picture(role) and self._settings.rate == 0:
            self._spin_until(self._has_room, 'the memory node takes no more pictures')

    def _has_room(self) -> bool:
        assert self._heard is not None
        return self._under_way() < WINDOW and self._heard.queue_length <= MAX_WAITING

    def _under_way(self) -> int:
        assert self._heard is not None
        return self._sent_pictures - int(self._heard.images_received - self._received_before)

    def _drain(self) -> None:
        """Wait until everything sent has been heard and described, or nothing more moves."""
        try:
            heard_before = self._heard
            self._spin_until(
                lambda: (
                    self._heard is not heard_before
                    and self._under_way() <= 0
                    and self._heard is not None
                    and self._heard.queue_length == 0
                ),
                'the memory node has not taken everything',
            )
        except NotActiveError as error:
            self.get_logger().warning(
                f'{error}: {max(0, self._under_way())} pictures are unaccounted for'
            )

    def report(self, sent: Mapping[str, int], console: Console) -> None:
        """Say what went out and what the memory made of it."""
        console.print('sent ' + ', '.join(f'{n} {role}' for role, n in sorted(sent.items())))
        if self._heard is not None:
            s = self._heard
            console.print(
                f'memory: {s.observations} observations; of {s.images_received} pictures'
                f' {s.keyframes} keyframes, {s.frames_gated} redundant,'
                f' {s.frames_dropped} dropped, {s.frames_unpaired} unpaired'
            )


def parse_arguments(argv: Sequence[str]) -> ReplaySettings:
    """Read the command line, without its ROS arguments."""
    parser = argparse.ArgumentParser(prog='replay', description=__doc__)
    parser.add_argument('bag', type=Path, help='.mcap file or rosbag2 folder')
    parser.add_argument(
        '--rate', type=float, default=1.0, help='1 is bag speed, 0 as fast as it goes without loss'
    )
    parser.add_argument(
        '--topic',
        action='append',
        default=[],
        metavar='ROLE=TOPIC',
        help=f'topic of the recording for one of {", ".join(MESSAGE_TYPES)}',
    )
    parser.add_argument(
        '--cameras',
        default='',
        metavar='NAME,NAME',
        help='play several cameras: names that are parts of the names of their topics, and those'
        ' of the node; then --topic NAME/ROLE=TOPIC',
    )
    parser.add_argument('--memory', default='memory', help='name of the memory node')
    parser.add_argument('--no-clock', action='store_true', help='do not publish /clock')
    args = parser.parse_args(argv)
    if not 0.0 <= args.rate < float('inf'):
        parser.error(f'--rate must be >= 0, got {args.rate}')
    cameras = tuple(name.strip() for name in args.cameras.split(',') if name.strip())
    try:
        check_camera_names(cameras)
    except ValueError as error:
        parser.error(f'--cameras: {error}')
    topics = dict(item.partition('=')[::2] for item in args.topic)
    return ReplaySettings(
        bag=args.bag,
        rate=args.rate,
        topics=topics,
        cameras=cameras,
        memory=args.memory,
        publish_clock=not args.no_clock,
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Play a bag; the exit code is 0 when everything went out."""
    argv = sys.argv if argv is None else ['replay', *argv]
    settings = parse_arguments(remove_ros_args(argv)[1:])
    console = Console(stderr=True)
    prefer_shared_memory()
    rclpy.init(args=list(argv))
    node = Replayer(settings)
    try:
        sent = node.play(console)
        node.report(sent, console)
    except MemoryNodeError as error:
        console.print(f'{error.name} {error}', markup=False, style='red')
        return 1
    except (KeyboardInterrupt, ExternalShutdownException):
        return 130
    finally:
        node.destroy_node()
        rclpy.utilities.try_shutdown()
    return 0


if __name__ == '__main__':
    sys.exit(main())
