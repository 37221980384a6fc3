"""ROS node ``demo``: asks the memory, watches the robot, and records what happened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
import math
import time
from typing import Any

from action_msgs.msg import GoalStatus
from diagnostic_msgs.msg import DiagnosticStatus
from geometry_msgs.msg import PoseStamped
from lifecycle_msgs.msg import State
from lifecycle_msgs.srv import GetState
from memory_msgs.msg import Statistics, Status
from memory_msgs.srv import Ask, NavigationGoal, Save
from nav_msgs.msg import Odometry
import numpy as np
from numpy.typing import NDArray
from rcl_interfaces.msg import Parameter as ParameterMessage
from rcl_interfaces.msg import ParameterType, ParameterValue
from rcl_interfaces.srv import SetParameters
import rclpy
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rclpy.utilities import try_shutdown
from sensor_msgs.msg import Image

from memory_sim.engines.base import Pose2D
from memory_sim.ros.explorer_node import read_progress
from memory_sim.ros.transforms import yaw_of, yaw_quaternion

__all__ = ['Answer', 'DemoClient', 'RequestFailedError', 'Words']

_ENDED = {
    GoalStatus.STATUS_SUCCEEDED: 'arrived',
    GoalStatus.STATUS_ABORTED: 'failed',
    GoalStatus.STATUS_CANCELED: 'canceled',
}
_LATCHED = QoSProfile(
    depth=1,
    reliability=ReliabilityPolicy.RELIABLE,
    durability=DurabilityPolicy.TRANSIENT_LOCAL,
)


class RequestFailedError(RuntimeError):
    """A request to the memory was not carried out, or something did not come in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What ``navigation_goal`` said, and how long the client waited for it [s]."""

    found: bool
    label: str
    why: str
    confidence: float
    goal: Pose2D | None
    goal_stamp_ns: int
    target: tuple[float, float, float] | None
    route_length_m: float
    latency_s: float
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What ``ask`` said, and how long the client waited for it [s]."""

    known: bool
    text: str
    latency_s: float


class DemoClient:
    """
    Talks to simulator, memory and explorer from one thread.

    ``watch`` is called while waiting, several times a second; it may raise to give up, and shows
    progress. A context manager; its ROS context is its own.
    """

    def __init__(
        self, watch: Callable[[], None], *, domain_id: int, memory: str = 'memory'
    ) -> None:
        """Join the domain and prepare to talk to the memory node of that name."""
        self._watch = watch
        self._context = Context()
        rclpy.init(context=self._context, domain_id=domain_id)
        self._node = Node('demo', context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)
        self.statistics: Statistics | None = None
        self.exploration: dict[str, str] = {}
        self.truth: Pose2D | None = None
        self.track: list[Pose2D] = []
        self._navigation: tuple[int, int] = (0, 0)
        self._goals: Any = None
        self._sent = 0
        self._camera: Any = None
        self._view: Image | None = None
        node = self._node
        node.create_subscription(Statistics, f'{memory}/statistics', self._on_statistics, 1)
        node.create_subscription(
            DiagnosticStatus, 'exploration/progress', self._on_exploration, _LATCHED
        )
        node.create_subscription(Odometry, 'ground_truth/odom', self._on_truth, 50)
        node.create_subscription(GoalStatus, 'navigation_status', self._on_status, _LATCHED)
        self._state = node.create_client(GetState, f'{memory}/get_state')
        self._goal = node.create_client(NavigationGoal, f'{memory}/navigation_goal')
        self._words = node.create_client(Ask, f'{memory}/ask')
        self._settings = node.create_client(SetParameters, 'simulator/set_parameters')
        self._save = node.create_client(Save, f'{memory}/save')

    @property
    def node(self) -> Node:
        """The client's node, to listen to more."""
        return self._node

    def __enter__(self) -> DemoClient:
        return self

    def __exit__(self, *exception: object) -> None:
        self._executor.shutdown()
        self._node.destroy_node()
        try_shutdown(context=self._context)

    def _on_statistics(self, message: Statistics) -> None:
        self.statistics = message

    def _on_exploration(self, message: DiagnosticStatus) -> None:
        self.exploration = read_progress(message)

    def _on_truth(self, message: Odometry) -> None:
        p = message.pose.pose
        self.truth = Pose2D(
            x=p.position.x, y=p.position.y, z=p.position.z, yaw_rad=yaw_of(p.orientation)
        )
        last = self.track[-1] if self.track else None
        if last is None or math.hypot(last.x - self.truth.x, last.y - self.truth.y) > 0.05:
            self.track.append(self.truth)

    def _on_image(self, message: Image) -> None:
        self._view = message

    def _on_status(self, message: GoalStatus) -> None:
        stamp = message.goal_info.stamp
        self._navigation = (stamp.sec * 10**9 + stamp.nanosec, message.status)

    def wait_until(self, ready: Callable[[], bool], what: str, timeout_s: float) -> None:
        """Handle messages until ``ready``; raise ``RequestFailedError`` when time is up."""
        deadline = time.monotonic() + timeout_s
        while not ready():
            if time.monotonic() > deadline:
                raise RequestFailedError(f'{what}: nothing after {timeout_s:.0f} s')
            self._executor.spin_once(timeout_sec=0.1)
            self._watch()

    def _call(self, client: Any, request: Any, what: str, timeout_s: float) -> Any:
        self.wait_until(client.service_is_ready, f'{what} is not served', timeout_s)
        future = client.call_async(request)
        self.wait_until(future.done, f'{what} does not answer', timeout_s)
        return future.result()

    def wait_for_simulator(self, timeout_s: float = 90.0) -> None:
        """Wait until the simulator says where the robot is."""
        self.wait_until(lambda: self.truth is not None, 'simulator', timeout_s)

    def wait_for_memory(self, timeout_s: float = 120.0) -> None:
        """Wait until the memory node is active."""
        deadline = time.monotonic() + timeout_s
        while True:
            left = deadline - time.monotonic()
            state = self._call(self._state, GetState.Request(), 'memory', max(left, 0.1))
            if state.current_state.id == State.PRIMARY_STATE_ACTIVE:
                return
            for _ in range(10):  # do not flood a node that is busy loading its model
                self._executor.spin_once(timeout_sec=0.1)
                self._watch()

    def ask(self, text: str, timeout_s: float = 30.0) -> Answer:
        """Ask for a goal; the memory sends it to the robot itself when it found one."""
        request = NavigationGoal.Request(text=text, alternatives=2, publish=True)
        self.wait_until(self._goal.service_is_ready, 'navigation_goal', timeout_s)
        begin = time.monotonic()
        reply = self._call(self._goal, request, 'navigation_goal', timeout_s)
        latency_s = time.monotonic() - begin
        if reply.status.code != Status.OK:
            raise RequestFailedError(f'navigation_goal({text!r}): {reply.status.message}')
        return _answer(reply, latency_s)

    def ask_in_words(self, text: str, timeout_s: float = 30.0) -> Words:
        """Ask for an answer in words; the robot stays where it is."""
        self.wait_until(self._words.service_is_ready, 'ask', timeout_s)
        begin = time.monotonic()
        reply = self._call(self._words, Ask.Request(question=text), 'ask', timeout_s)
        latency_s = time.monotonic() - begin
        if reply.status.code != Status.OK:
            raise RequestFailedError(f'ask({text!r}): {reply.status.message}')
        return Words(known=reply.known, text=reply.answer, latency_s=latency_s)

    def send_to(self, goal: Pose2D) -> int:
        """Send the robot to a pose and return the stamp of the goal [ns]."""
        if self._goals is None:
            self._goals = self._node.create_publisher(PoseStamped, 'goal_pose', 1)
        goals = self._goals
        self.wait_until(lambda: goals.get_subscription_count() > 0, 'goal_pose is not read', 20.0)
        # Seconds since 1970: the memory's own stamps are never as old.
        self._sent += 1
        message = PoseStamped()
        message.header.frame_id = 'odom'
        message.header.stamp.sec = self._sent
        message.pose.position.x, message.pose.position.y = goal.x, goal.y
        message.pose.position.z = goal.z
        message.pose.orientation = yaw_quaternion(goal.yaw_rad)
        goals.publish(message)
        return self._sent * 10**9

    def wait_for_arrival(self, goal_stamp_ns: int, timeout_s: float = 120.0) -> str:
        """Wait for the end of the drive to a goal; return arrived, failed or canceled."""
        self.wait_until(
            lambda: self._navigation[0] == goal_stamp_ns and self._navigation[1] in _ENDED,
            'navigation_status',
            timeout_s,
        )
        ended = _ENDED[self._navigation[1]]
        self.truth = self._view = None
        self.wait_for_simulator()
        return ended

    def watch_camera(self) -> None:
        """Receive the robot's pictures from now on."""
        if self._camera is None:
            self._camera = self._node.create_subscription(Image, 'camera/image', self._on_image, 1)

    def picture(self, timeout_s: float = 20.0) -> NDArray[np.uint8]:
        """Return the first (H, W, 3) RGB picture since the robot arrived, or else the next."""
        self.watch_camera()
        self.wait_until(lambda: self._view is not None, 'camera/image', timeout_s)
        view, self._view = self._view, None
        assert view is not None
        return np.frombuffer(view.data, np.uint8).reshape(view.height, view.width, 3)

    def set_camera_rate(self, rate_hz: float, timeout_s: float = 30.0) -> None:
        """Have the simulator take so many pictures per simulated second."""
        value = ParameterValue(type=ParameterType.PARAMETER_DOUBLE, double_value=rate_hz)
        request = SetParameters.Request(
            parameters=[ParameterMessage(name='camera_rate_hz', value=value)]
        )
        reply = self._call(self._settings, request, 'simulator/set_parameters', timeout_s)
        if not reply.results[0].successful:
            raise RequestFailedError(f'camera_rate_hz: {reply.results[0].reason}')

    def save(self, timeout_s: float = 30.0) -> str:
        """Have the memory written to disk and return its file."""
        reply = self._call(self._save, Save.Request(), 'save', timeout_s)
        if reply.status.code != Status.OK:
            raise RequestFailedError(f'save: {reply.status.message}')
        return str(reply.path)


def _answer(reply: NavigationGoal.Response, latency_s: float) -> Answer:
    pose, stamp = reply.goal.pose, reply.goal.header.stamp
    goal = Pose2D(x=pose.position.x, y=pose.position.y, yaw_rad=yaw_of(pose.orientation))
    spot = reply.place.target_position
    return Answer(
        found=reply.found,
        label=reply.place.label,
        why=reply.place.why,
        confidence=float(reply.place.confidence),
        goal=goal if reply.found else None,
        goal_stamp_ns=stamp.sec * 10**9 + stamp.nanosec,
        target=(spot.x, spot.y, spot.z) if reply.found and reply.place.has_target else None,
        route_length_m=float(reply.route_length) if reply.has_route else math.nan,
        latency_s=latency_s,
        message=reply.status.message,
    )
