"""A memory node as a process of its own, and a robot and a client that talk to it over DDS."""

from __future__ import annotations

from collections.abc import Callable, Iterator
import itertools
import os
from pathlib import Path
import signal
import subprocess
import sys
import time
from typing import Any

import numpy as np
import pytest

rclpy = pytest.importorskip('rclpy', reason='needs rclpy')
pytest.importorskip('memory_msgs', reason='needs memory_msgs, see make set-up')

from builtin_interfaces.msg import Time  # noqa: E402
from lifecycle_msgs.msg import Transition  # noqa: E402
from lifecycle_msgs.srv import ChangeState, GetState  # noqa: E402
from memory_msgs.msg import Caption, Detection, DetectionArray, Statistics  # noqa: E402
from memory_msgs.srv import NavigationGoal, Retrieve, Save  # noqa: E402
from nav_msgs.msg import Odometry  # noqa: E402
from rcl_interfaces.srv import DescribeParameters, SetParameters  # noqa: E402
from rclpy.context import Context  # noqa: E402
from rclpy.executors import SingleThreadedExecutor  # noqa: E402
from rclpy.qos import qos_profile_sensor_data  # noqa: E402
from sensor_msgs.msg import CameraInfo, CompressedImage, Image  # noqa: E402

from memory_node.ros.qos import prefer_shared_memory  # noqa: E402

os.environ['ROS_AUTOMATIC_DISCOVERY_RANGE'] = 'LOCALHOST'
prefer_shared_memory()

PATIENCE_S = 120.0
#: Every frame is a keyframe, and nothing waits long.
EAGER = {
    'keyframes.distance_m': 0.0,
    'keyframes.min_interval_s': 0.0,
    'ingest.companion_timeout_s': 0.5,
    'report_interval_s': 0.1,
}
WIDTH, HEIGHT, FOCAL = 64, 48, 50.0


_NUMBERS = itertools.count()


class NodeProcess:
    """The executable, started as a user starts it; always ended."""

    def __init__(
        self, domain: int, folder: Path, parameters: dict[str, Any], namespace: str = ''
    ) -> None:
        self.domain = domain
        # Its own: a node that ended is still heard of for a while.
        self.namespace = namespace or f'/t{os.getpid()}_{next(_NUMBERS)}'
        self.log = folder / f'node-{time.monotonic_ns()}.log'
        arguments = [
            f'--param={name}:={_yaml(value)}' for name, value in sorted(parameters.items())
        ]
        command = [sys.executable, '-m', 'memory_node.ros.main', '--ros-args']
        command += ['-r', f'__ns:={self.namespace}']
        for argument in arguments:
            command += ['-p', argument.removeprefix('--param=')]
        environment = dict(os.environ, ROS_DOMAIN_ID=str(domain), OMP_NUM_THREADS='1')
        with self.log.open('wb') as log:
            self.process = subprocess.Popen(
                command, stdout=log, stderr=subprocess.STDOUT, env=environment
            )

    def output(self) -> str:
        return self.log.read_text(errors='replace')

    def wait(self) -> int:
        return self.process.wait(timeout=PATIENCE_S)

    def end(self, number: int = signal.SIGINT) -> int:
        """Send a signal and return the exit status."""
        self.process.send_signal(number)
        return self.wait()

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def _yaml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"'{value}'" if isinstance(value, str) else str(value)


class Client:
    """A context of its own, so that nothing is shared with the node but DDS."""

    def __init__(self, process: NodeProcess) -> None:
        self.process = process
        self.context = Context()
        rclpy.init(context=self.context, domain_id=process.domain)
        self.node = rclpy.create_node('client', namespace=process.namespace, context=self.context)
        self.executor = SingleThreadedExecutor(context=self.context)
        self.executor.add_node(self.node)
        self.statistics: list[Statistics] = []
        self.subscribe(Statistics, 'memory/statistics', self.statistics)
        self._clients: dict[str, Any] = {}

    def close(self) -> None:
        self.executor.shutdown()
        self.node.destroy_node()
        rclpy.shutdown(context=self.context)

    def subscribe(self, kind: type, topic: str, received: list, profile: Any = 10) -> Any:
        return self.node.create_subscription(kind, topic, received.append, profile)

    def until(self, condition: Callable[[], Any], what: str) -> Any:
        """Spin until the condition holds and return its value."""
        deadline = time.monotonic() + PATIENCE_S
        while not (value := condition()):
            assert time.monotonic() < deadline, f'waited for {what}\n{self.process.output()}'
            assert self.process.process.poll() is None, self.process.output()
            self.executor.spin_once(timeout_sec=0.02)
        return value

    def call(self, kind: type, name: str, request: Any) -> Any:
        if name not in self._clients:
            self._clients[name] = self.node.create_client(kind, name)
        client = self._clients[name]
        self.until(client.service_is_ready, f'service {name}')
        future = client.call_async(request)
        self.until(future.done, f'answer of {name}')
        return future.result()

    def transition(self, name: str) -> bool:
        number = getattr(Transition, f'TRANSITION_{name.upper()}')
        request = ChangeState.Request(transition=Transition(id=number))
        return bool(self.call(ChangeState, 'memory/change_state', request).success)

    def state(self) -> str:
        return str(self.call(GetState, 'memory/get_state', GetState.Request()).current_state.label)

    def retrieve(self, text: str, **fields: Any) -> Any:
        request = Retrieve.Request(text=text, **fields)
        return self.call(Retrieve, 'memory/retrieve', request)

    def navigate(self, text: str, **fields: Any) -> Any:
        request = NavigationGoal.Request(text=text, **fields)
        return self.call(NavigationGoal, 'memory/navigation_goal', request)

    def save(self, **fields: Any) -> Any:
        return self.call(Save, 'memory/save', Save.Request(**fields))

    def set_parameters(self, *parameters: Any) -> list[Any]:
        request = SetParameters.Request(parameters=[p.to_parameter_msg() for p in parameters])
        return list(self.call(SetParameters, 'memory/set_parameters', request).results)

    def describe_parameters(self, *names: str) -> list[Any]:
        request = DescribeParameters.Request(names=list(names))
        answer = self.call(DescribeParameters, 'memory/describe_parameters', request)
        return list(answer.descriptors)

    def counted(self, condition: Callable[[Statistics], bool], what: str) -> Statistics:
        """Wait for a statistics message that is as wanted."""

        def newest() -> Statistics | None:
            return self.statistics[-1] if self.statistics else None

        return self.until(lambda: (s := newest()) is not None and condition(s) and s, what)

    def fresh(self) -> Statistics:
        """
        Return statistics that count all that the node has counted by now.

        Those that come next may have waited here. Under simulated time stamps tell nothing.
        """
        known, asked_ns = len(self.statistics), self.node.get_clock().now().nanoseconds

        def is_new(told: Statistics) -> bool:
            stamp = told.header.stamp
            simulated = stamp.sec < 10**9
            made_since = simulated or stamp.sec * 10**9 + stamp.nanosec > asked_ns
            return len(self.statistics) > known and made_since

        return self.counted(is_new, 'new statistics')

    def rejected(self) -> dict[str, int]:
        """Return how often what was refused by now."""
        told = self.fresh()
        return dict(zip(told.rejected_reasons, told.rejected_counts, strict=True))


class Robot:
    """Cameras, a detector and odometry; one call publishes what one moment brings."""

    def __init__(self, client: Client, cameras: tuple[str, ...] = ('',)) -> None:
        self.client = client
        make = client.node.create_publisher
        self.publishers = {'odom': make(Odometry, 'odom', qos_profile_sensor_data)}
        for camera in cameras:
            for topic, kind in (
                ('image', Image),
                ('image/compressed', CompressedImage),
                ('depth', Image),
                ('camera_info', CameraInfo),
            ):
                name = f'{camera}/{topic}' if camera else topic
                self.publishers[name] = make(kind, name, qos_profile_sensor_data)
        self.described: dict[str, Any] = {}
        self.rng = np.random.default_rng(0)

    def describe_by(self, topic: str) -> None:
        """Publish ``detections`` or ``caption`` too."""
        kind = DetectionArray if topic.endswith('detections') else Caption
        self.publishers[topic] = self.client.node.create_publisher(kind, topic, 10)

    def await_listener(self) -> None:
        for publisher in self.publishers.values():
            self.client.until(publisher.get_subscription_count, publisher.topic_name)

    def await_odometry(self) -> None:
        """Publish odometry until the node counts one, from a publisher made after all others.

        A publisher may know its subscriber before the subscriber knows it, and what is
        published best effort in between is lost. DDS announces publishers one by one, so who
        hears the last one knows them all.
        """
        node = self.client.node
        node.destroy_publisher(self.publishers.pop('odom'))
        self.publishers['odom'] = node.create_publisher(Odometry, 'odom', qos_profile_sensor_data)

        def heard() -> bool:
            self.publish('odom', self.odometry((0.0, 0.0, 0.0)), self.now())
            return self.client.statistics[-1].odometry_received > 0

        self.client.until(heard, 'odometry')

    def now(self, ahead_s: float = 0.0) -> Time:
        ns = self.client.node.get_clock().now().nanoseconds + int(ahead_s * 1e9)
        return Time(sec=ns // 10**9, nanosec=ns % 10**9)

    def publish(self, topic: str, message: Any, stamp: Time, frame_id: str | None = None) -> None:
        message.header.stamp = stamp
        own = 'odom' if topic == 'odom' else 'camera_optical'
        message.header.frame_id = own if frame_id is None else frame_id
        self.publishers[topic].publish(message)

    def odometry(self, position: tuple[float, float, float], yaw: float = 0.0) -> Odometry:
        msg = Odometry(child_frame_id='base_link')
        p, q = msg.pose.pose.position, msg.pose.pose.orientation
        p.x, p.y, p.z = position
        q.z, q.w = float(np.sin(yaw / 2)), float(np.cos(yaw / 2))
        return msg

    def image(self, width: int = WIDTH, height: int = HEIGHT) -> Image:
        pixels = self.rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
        return Image(
            width=width,
            height=height,
            step=3 * width,
            encoding='rgb8',
            data=pixels.tobytes(),
        )

    def depth(self, metres: float, width: int = WIDTH, height: int = HEIGHT) -> Image:
        data = np.full((height, width), round(1000 * metres), np.uint16).tobytes()
        return Image(width=width, height=height, step=2 * width, encoding='16UC1', data=data)

    def camera_info(self) -> CameraInfo:
        k = [FOCAL, 0.0, (WIDTH - 1) / 2, 0.0, FOCAL, (HEIGHT - 1) / 2, 0.0, 0.0, 1.0]
        return CameraInfo(width=WIDTH, height=HEIGHT, k=k)

    def detections(self, *labels: str) -> DetectionArray:
        """Return boxes around the centre of the picture, one for each label."""
        box = {'left': 24.0, 'right': 40.0, 'top': 16.0, 'bottom': 32.0}
        return DetectionArray(
            detections=[Detection(label=label, confidence=0.9, **box) for label in labels]
        )

    def look(
        self,
        *labels: str,
        position: tuple[float, float, float] = (0.0, 0.0, 0.0),
        yaw: float = 0.0,
        depth_m: float = 2.0,
    ) -> Time:
        """Stand somewhere and see things ahead at one depth."""
        stamp = self.now()
        self.publish('odom', self.odometry(position, yaw), stamp)
        self.publish('camera_info', self.camera_info(), stamp)
        self.publish('depth', self.depth(depth_m), stamp)
        self.publish('image', self.image(), stamp)
        if 'detections' in self.publishers:
            self.publish('detections', self.detections(*labels), stamp)
        return stamp


@pytest.fixture(scope='module')
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp('memory')


@pytest.fixture(scope='module')
def start(request: pytest.FixtureRequest, folder: Path) -> Iterator[Callable[..., NodeProcess]]:
    """Start node processes in the module's own domain; parameters are keyword arguments."""
    started: list[NodeProcess] = []

    def begin(parameters: dict[str, Any] | None = None, namespace: str = '') -> NodeProcess:
        given = {'memory_path': str(folder / 'memory.sqlite'), **(parameters or {})}
        started.append(NodeProcess(request.module.DOMAIN, folder, given, namespace))
        return started[-1]

    yield begin
    for process in started:
        process.close()


@pytest.fixture(scope='module')
def connect() -> Iterator[Callable[[NodeProcess], Client]]:
    """Make clients, closed at the end of the module."""
    clients: list[Client] = []

    def connected(process: NodeProcess) -> Client:
        clients.append(Client(process))
        return clients[-1]

    yield connected
    for client in clients:
        client.close()


@pytest.fixture(scope='module')
def eager(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Parameters of an active node that keeps every frame, and the module's own."""
    return {**EAGER, 'autostart': True, **getattr(request.module, 'PARAMETERS', {})}


@pytest.fixture(scope='module')
def client(
    start: Callable[..., NodeProcess], connect: Callable[..., Client], eager: dict[str, Any]
) -> Client:
    """A client of one eager node that serves the whole module."""
    made = connect(start(eager))
    made.until(lambda: made.statistics, 'first statistics')
    return made


@pytest.fixture(scope='module')
def robot(client: Client, eager: dict[str, Any], request: pytest.FixtureRequest) -> Robot:
    """A robot that the node already listens to, described by the module's ``DESCRIBED_BY``."""
    made = Robot(client)
    if described_by := getattr(request.module, 'DESCRIBED_BY', 'detections'):
        made.describe_by(described_by)
    made.await_listener()
    if not eager.get('use_sim_time'):  # where wall time is the future
        made.await_odometry()
    return made
