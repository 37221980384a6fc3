"""
ROS node ``simulator``: a simulated robot behind the topics a real one has.

Publishes ``camera/image`` (rgb8), ``camera/depth`` (32FC1), ``camera/camera_info``, ``odom``,
``detections``, ``/clock`` and, where tf2_msgs is installed, ``/tf``. Takes ``cmd_vel`` and
``goal_pose``. What only a judge may know is below ``ground_truth/``.
"""

from __future__ import annotations

import array
from collections.abc import Callable
import signal
import sys
import time
from typing import Any

from action_msgs.msg import GoalStatus
from builtin_interfaces.msg import Time
from geometry_msgs.msg import PoseStamped, Twist
from memory_msgs.msg import Detection, DetectionArray
from nav_msgs.msg import Odometry
import numpy as np
from rcl_interfaces.msg import ParameterDescriptor, SetParametersResult
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rclpy.signals import SignalHandlerOptions
from rclpy.utilities import try_shutdown
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, Image

from memory_node.ros.qos import prefer_shared_memory
from memory_sim.engines.base import CameraModel, Frame, Pose2D, VelocityCommand
from memory_sim.navigation.navigator import NavigationState
from memory_sim.navigation.path_following import SpeedLimits
from memory_sim.robot.detector_noise import NoiseModel, SimulatedDetection
from memory_sim.robot.odometry import Drift
from memory_sim.robot.robot import RobotConfig, SimulatedRobot, Tick
from memory_sim.ros.transforms import TransformPublisher, yaw_of, yaw_quaternion
from memory_sim.world.open import open_backend

__all__ = ['SimulatorNode', 'main']

#: Name: (default, description). Rates and faults are those of ``RobotConfig``.
PARAMETERS: dict[str, tuple[Any, str]] = {
    'world': ('', 'World or scene file, or kind of world; empty: an apartment from the seed.'),
    'backend': ('embedded', 'Simulator that draws the world: embedded or habitat.'),
    'seed': (0, 'Seed of the generated world, the start, the detector and the drift.'),
    'camera.width': (640, 'Columns of a picture [pixels].'),
    'camera.height': (480, 'Rows of a picture [pixels].'),
    'camera_rate_hz': (5.0, 'Pictures per second of simulated time.'),
    'odometry_rate_hz': (50.0, 'Odometry messages per second of simulated time.'),
    'real_time_factor': (1.0, 'Simulated per wall-clock time at most; 0: as fast as it goes.'),
    'lockstep': (False, 'While driven by cmd_vel, time waits after each picture for a command.'),
    'lockstep_timeout_s': (2.0, 'Wall time after which a silent driver is no longer waited for.'),
    'start_time_s': (1767254400, 'First stamp [s since the epoch].'),
    'max_linear_m_s': (0.9, 'Highest speed [m/s].'),
    'max_angular_rad_s': (1.6, 'Highest turn rate [rad/s].'),
    'drift.scale': (0.0, 'Error of the driven distance; 0.01: 1 % too long.'),
    'drift.heading': (0.0, 'Random walk of the heading [rad/sqrt(m)].'),
    'drift.position': (0.0, 'Random walk of the position [m/sqrt(m)].'),
    'detector.half_pixels': (350.0, 'Visible pixels at which half of the things are found.'),
    'detector.false_positives': (0.03, 'Things seen per picture that are not there.'),
    'detector.confusion': (0.03, 'Chance of the label of a similar class.'),
    'odom_frame': ('odom', 'Frame of odometry.'),
    'base_frame': ('base_link', 'Frame of the robot.'),
    'camera_frame': ('camera_optical_frame', 'Frame of the pictures: z forward, x right.'),
}

_GOAL_STATUS = {
    NavigationState.IDLE: GoalStatus.STATUS_UNKNOWN,
    NavigationState.DRIVING: GoalStatus.STATUS_EXECUTING,
    NavigationState.ARRIVED: GoalStatus.STATUS_SUCCEEDED,
    NavigationState.FAILED: GoalStatus.STATUS_ABORTED,
    NavigationState.CANCELED: GoalStatus.STATUS_CANCELED,
}

#: Odometry messages per message of ground truth.
_TRUTH_EVERY = 5

_LATCHED = QoSProfile(
    depth=1,
    reliability=ReliabilityPolicy.RELIABLE,
    durability=DurabilityPolicy.TRANSIENT_LOCAL,
)


class SimulatorNode(Node):
    """Owns the simulated robot; ``advance`` moves its time, callbacks only leave wishes."""

    def __init__(self, **kwargs: Any) -> None:
        """Declare parameters, build the world and put the robot into it."""
        super().__init__('simulator', **kwargs)
        # The node makes the clock, so its own timers must not wait for it.
        self.set_parameters([Parameter('use_sim_time', value=False)])
        for name, (default, text) in PARAMETERS.items():
            self.declare_parameter(name, default, ParameterDescriptor(description=text))
        seed = int(self._param('seed'))
        camera = CameraModel(
            width=self._param('camera.width'), height=self._param('camera.height')
        )
        sim = open_backend(
            str(self._param('world')), seed, backend=str(self._param('backend')), camera=camera
        )
        self.robot = SimulatedRobot(sim, self._robot_config(), seed=seed)
        self._base_ns = int(self._param('start_time_s')) * 10**9
        self._frames = {n: str(self._param(f'{n}_frame')) for n in ('odom', 'base', 'camera')}
        self._create_topics(sim.camera)
        self._goal_stamp = Time()
        self._reported: tuple[NavigationState, int] | None = None
        self._ticks = 0
        self._armed = False
        self._answered = True
        self._last_command_wall = time.monotonic()
        self._pace = (time.monotonic(), 0.0)
        self.add_on_set_parameters_callback(self._on_parameters)

    def _on_parameters(self, parameters: list[Parameter]) -> SetParametersResult:
        """Take a new camera rate; everything else is fixed at the start or read when used."""
        for parameter in parameters:
            if parameter.name == 'camera_rate_hz':
                try:
                    self.robot.set_camera_rate(float(parameter.value))
                except (TypeError, ValueError) as error:
                    return SetParametersResult(successful=False, reason=str(error))
        return SetParametersResult(successful=True)

    def _param(self, name: str) -> Any:
        return self.get_parameter(name).value

    def _robot_config(self) -> RobotConfig:
        p = self._param
        return RobotConfig(
            odometry_rate_hz=p('odometry_rate_hz'),
            camera_rate_hz=p('camera_rate_hz'),
            limits=SpeedLimits(
                linear_m_s=p('max_linear_m_s'), angular_rad_s=p('max_angular_rad_s')
            ),
            drift=Drift(
                scale=p('drift.scale'), heading=p('drift.heading'), position=p('drift.position')
            ),
            noise=NoiseModel(
                half_pixels=p('detector.half_pixels'),
                false_positives=p('detector.false_positives'),
                confusion=p('detector.confusion'),
            ),
        )

    def _create_topics(self, camera: CameraModel) -> None:
        # Reliable publishers serve best-effort readers too.
        self._image = self.create_publisher(Image, 'camera/image', 5)
        self._depth = self.create_publisher(Image, 'camera/depth', 5)
        self._info = self.create_publisher(CameraInfo, 'camera/camera_info', 5)
        self._detections = self.create_publisher(DetectionArray, 'detections', 10)
        self._odom = self.create_publisher(Odometry, 'odom', 100)
        self._truth = self.create_publisher(Odometry, 'ground_truth/odom', 10)
        self._clock_publisher = self.create_publisher(Clock, '/clock', 10)
        self._status = self.create_publisher(GoalStatus, 'navigation_status', _LATCHED)
        self._transforms = TransformPublisher(self, camera, self._frames)
        self._camera_info = _camera_info(camera)
        self.create_subscription(Twist, 'cmd_vel', self._on_velocity, 10)
        self.create_subscription(PoseStamped, 'goal_pose', self._on_goal, 10)

    def _on_velocity(self, message: Twist) -> None:
        command = VelocityCommand(linear_m_s=message.linear.x, angular_rad_s=message.angular.z)
        if not np.isfinite((command.linear_m_s, command.angular_rad_s)).all():
            self.get_logger().warning('cmd_vel: not finite, ignored')
            return
        self.robot.drive(command)
        self._armed = bool(self._param('lockstep'))
        self._answered = True
        self._last_command_wall = time.monotonic()

    def _on_goal(self, message: PoseStamped) -> None:
        p, q = message.pose.position, message.pose.orientation
        if not np.isfinite((p.x, p.y, p.z, q.x, q.y, q.z, q.w)).all():
            self.get_logger().warning('goal_pose: not finite, ignored')
            return
        self._goal_stamp = message.header.stamp
        self._armed = False
        goal = Pose2D(x=p.x, y=p.y, z=p.z, yaw_rad=yaw_of(q))
        if not self.robot.go_to(goal):
            self.get_logger().warning(f'goal_pose: ({p.x:.2f}, {p.y:.2f}) cannot be reached')
        self._report_navigation()

    def _report_navigation(self) -> None:
        key = (self.robot.navigation, self._goal_stamp.sec * 10**9 + self._goal_stamp.nanosec)
        if key == self._reported:
            return
        self._reported = key
        status = GoalStatus(status=_GOAL_STATUS[self.robot.navigation])
        status.goal_info.stamp = self._goal_stamp
        self._status.publish(status)

    def wait_s(self) -> float:
        """Wall time for which the simulation has nothing to do [s]; 0 when it may advance."""
        now = time.monotonic()
        if self._armed and not self._answered:
            if now - self._last_command_wall < self._param('lockstep_timeout_s'):
                return 0.05
            self._armed = False
        factor = float(self._param('real_time_factor'))
        idle = self.robot.navigation is not NavigationState.DRIVING and not self._armed
        if factor <= 0.0 and idle:
            factor = 1.0  # nobody waits for anything: leave the processor to others
        if factor <= 0.0:
            self._pace = (now, self.robot.sim.stamp_ns * 1e-9)
            return 0.0
        ahead = (self.robot.sim.stamp_ns * 1e-9 - self._pace[1]) / factor - (now - self._pace[0])
        if ahead < -0.2:  # too slow to keep up: do not hurry later
            self._pace = (now, self.robot.sim.stamp_ns * 1e-9)
        return max(0.0, ahead)

    def advance(self) -> None:
        """Move time one step on and publish what it produced."""
        tick = self.robot.tick()
        stamp = _stamp(self._base_ns + tick.stamp_ns)
        self._clock_publisher.publish(Clock(clock=stamp))
        self._odom.publish(self._odometry(tick, tick.estimate, stamp))
        self._ticks += 1
        if self._ticks % _TRUTH_EVERY == 0:
            self._truth.publish(self._odometry(tick, tick.truth, stamp))
        self._transforms.publish(tick.estimate, stamp)
        if tick.frame is not None:
            self._publish_frame(tick.frame, tick.detections, stamp)
        self._report_navigation()

    def _odometry(self, tick: Tick, pose: Pose2D, stamp: Time) -> Odometry:
        message = Odometry(child_frame_id=self._frames['base'])
        message.header.stamp = stamp
        message.header.frame_id = self._frames['odom']
        message.pose.pose.position.x = pose.x
        message.pose.pose.position.y = pose.y
        message.pose.pose.position.z = pose.z
        message.pose.pose.orientation = yaw_quaternion(pose.yaw_rad)
        message.twist.twist.linear.x = tick.command.linear_m_s
        message.twist.twist.angular.z = tick.command.angular_rad_s
        return message

    def _publish_frame(
        self, frame: Frame, detections: tuple[SimulatedDetection, ...], stamp: Time
    ) -> None:
        self._answered = False
        self._last_command_wall = time.monotonic()
        found = DetectionArray(detections=[_detection(d) for d in detections])
        for message in (found, self._camera_info):
            message.header.stamp = stamp
            message.header.frame_id = self._frames['camera']
        color = self._picture(frame.color, 'rgb8', stamp)
        depth = self._picture(np.ascontiguousarray(frame.depth, '<f4'), '32FC1', stamp)
        self._info.publish(self._camera_info)
        self._detections.publish(found)
        self._image.publish(color)
        self._depth.publish(depth)  # last: whoever has the depth has the rest

    def _picture(self, pixels: np.ndarray[Any, Any], encoding: str, stamp: Time) -> Image:
        height, width = pixels.shape[:2]
        message = Image(height=height, width=width, encoding=encoding)
        message.header.stamp = stamp
        message.header.frame_id = self._frames['camera']
        message.step = pixels.strides[0]
        message.is_bigendian = 0
        message.data = array.array('B', pixels.tobytes())
        return message

    def close(self) -> None:
        """Free the world; the node itself is destroyed by its owner."""
        self.robot.sim.close()


def _stamp(ns: int) -> Time:
    return Time(sec=ns // 10**9, nanosec=ns % 10**9)


def _detection(found: SimulatedDetection) -> Detection:
    left, top, right, bottom = found.box_px
    return Detection(
        label=found.label,
        confidence=found.confidence,
        left=left,
        top=top,
        right=right,
        bottom=bottom,
    )


def _camera_info(camera: CameraModel) -> CameraInfo:
    K = camera.intrinsics
    P = np.zeros((3, 4))
    P[:, :3] = K
    return CameraInfo(
        width=camera.width,
        height=camera.height,
        distortion_model='plumb_bob',
        d=[0.0] * 5,
        k=K.ravel().tolist(),
        r=np.eye(3).ravel().tolist(),
        p=P.ravel().tolist(),
    )


def run(node: SimulatorNode, stop: Callable[[], bool]) -> None:
    """Alternate between messages and simulated time until ``stop`` says so."""
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    try:
        while not stop():
            executor.spin_once(timeout_sec=min(node.wait_s(), 0.05))
            if node.wait_s() == 0.0:
                node.advance()
    finally:
        executor.shutdown()


def main() -> None:
    """Run the node until SIGINT or SIGTERM, and end between two steps, never inside one."""
    prefer_shared_memory()
    caught: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda signum, _: caught.append(signum))
    rclpy.init(args=sys.argv, signal_handler_options=SignalHandlerOptions.NO)
    node = SimulatorNode()
    node.get_logger().info('simulator is ready')
    try:
        run(node, lambda: bool(caught))
    finally:
        node.close()
        node.destroy_node()
        try_shutdown()


if __name__ == '__main__':
    main()
