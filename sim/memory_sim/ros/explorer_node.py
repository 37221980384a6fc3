"""
ROS node ``explorer``: drives an unknown place until all of it was seen.

Reads ``camera/depth``, ``camera/camera_info`` and ``odom``, answers every depth picture with one
``cmd_vel``, and says on ``exploration/progress`` how far it has come. Its map is on
``exploration/map`` for whoever wants to look.
"""

from __future__ import annotations

import array
from collections import OrderedDict
import contextlib
import math
import sys
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus, KeyValue
from geometry_msgs.msg import Twist
from nav_msgs.msg import OccupancyGrid, Odometry
import numpy as np
from rcl_interfaces.msg import ParameterDescriptor
import rclpy
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rclpy.utilities import try_shutdown
from sensor_msgs.msg import CameraInfo, Image

from memory_node.ros.qos import prefer_shared_memory
from memory_sim.engines.base import CameraModel, Pose2D, VelocityCommand
from memory_sim.exploration.explorer import Budget, Explorer, Progress
from memory_sim.exploration.grid import GridConfig
from memory_sim.navigation.path_following import SpeedLimits
from memory_sim.ros.transforms import yaw_of

__all__ = ['ExplorerNode', 'main', 'progress_message', 'read_progress']

PARAMETERS: dict[str, tuple[Any, str]] = {
    'max_distance_m': (150.0, 'Stop after this way [m].'),
    'max_time_s': (600.0, 'Stop after this time by the stamps of the pictures [s].'),
    'max_linear_m_s': (0.9, 'Highest speed [m/s].'),
    'max_angular_rad_s': (1.6, 'Highest turn rate [rad/s].'),
    'robot_radius_m': (0.25, 'Radius kept free of obstacles [m].'),
    'look_spacing_m': (0.0, 'Distance between turns on the spot [m]; 0: only at the start.'),
    'camera_height_m': (1.2, 'Height of the camera above the floor [m].'),
    'camera_pitch_rad': (0.15, 'Tilt of the camera, down positive [rad].'),
    'max_depth_m': (10.0, 'Depth beyond which pixels are ignored [m].'),
}

_LATCHED = QoSProfile(
    depth=1,
    reliability=ReliabilityPolicy.RELIABLE,
    durability=DurabilityPolicy.TRANSIENT_LOCAL,
)


def progress_message(progress: Progress) -> DiagnosticStatus:
    """Express progress as a message: the activity, and the numbers by name."""
    values = {
        'reason': progress.reason,
        'distance_m': f'{progress.distance_m:.2f}',
        'time_s': f'{progress.time_s:.2f}',
        'area_m2': f'{progress.area_m2:.2f}',
        'frontiers': str(progress.frontiers),
        'fraction': f'{progress.fraction:.3f}',
    }
    return DiagnosticStatus(
        level=DiagnosticStatus.OK,
        name='explorer',
        message=progress.activity.value,
        values=[KeyValue(key=key, value=value) for key, value in values.items()],
    )


def read_progress(message: DiagnosticStatus) -> dict[str, str]:
    """Return the named values of a progress message, and the activity under ``activity``."""
    return {'activity': message.message, **{v.key: v.value for v in message.values}}


class ExplorerNode(Node):
    """Converts messages for ``Explorer`` and its decisions into velocities."""

    #: Odometry kept for pairing [messages]: two seconds at 50 Hz.
    _HISTORY = 100

    def __init__(self, **kwargs: Any) -> None:
        """Declare parameters and topics; exploring begins with the first depth picture."""
        super().__init__('explorer', **kwargs)
        for name, (default, text) in PARAMETERS.items():
            self.declare_parameter(name, default, ParameterDescriptor(description=text))
        self._explorer: Explorer | None = None
        self._camera: CameraModel | None = None
        self._poses: OrderedDict[int, Pose2D] = OrderedDict()
        self._pictures = 0
        self._velocity = self.create_publisher(Twist, 'cmd_vel', 10)
        self._progress = self.create_publisher(DiagnosticStatus, 'exploration/progress', _LATCHED)
        self._map = self.create_publisher(OccupancyGrid, 'exploration/map', _LATCHED)
        self.create_subscription(CameraInfo, 'camera/camera_info', self._on_info, 5)
        self.create_subscription(Odometry, 'odom', self._on_odometry, 100)
        self._pictures_in = self.create_subscription(Image, 'camera/depth', self._on_depth, 2)

    def _param(self, name: str) -> Any:
        return self.get_parameter(name).value

    def _on_info(self, message: CameraInfo) -> None:
        if self._camera is not None or message.k[0] <= 0.0:
            return
        self._camera = CameraModel(
            width=message.width,
            height=message.height,
            hfov_rad=2.0 * math.atan(0.5 * message.width / message.k[0]),
            height_m=self._param('camera_height_m'),
            pitch_rad=self._param('camera_pitch_rad'),
            max_depth_m=self._param('max_depth_m'),
        )

    def _on_odometry(self, message: Odometry) -> None:
        p = message.pose.pose.position
        pose = Pose2D(x=p.x, y=p.y, yaw_rad=yaw_of(message.pose.pose.orientation))
        stamp = message.header.stamp
        self._poses[stamp.sec * 10**9 + stamp.nanosec] = pose
        while len(self._poses) > self._HISTORY:
            self._poses.popitem(last=False)

    def _pose_at(self, stamp_ns: int) -> Pose2D | None:
        """Return the odometry closest to a stamp, at most 0.1 s away."""
        if not self._poses:
            return None
        closest = min(self._poses, key=lambda ns: abs(ns - stamp_ns))
        return self._poses[closest] if abs(closest - stamp_ns) <= 10**8 else None

    def _make_explorer(self, camera: CameraModel) -> Explorer:
        p = self._param
        return Explorer(
            camera,
            budget=Budget(distance_m=p('max_distance_m'), time_s=p('max_time_s')),
            limits=SpeedLimits(
                linear_m_s=p('max_linear_m_s'), angular_rad_s=p('max_angular_rad_s')
            ),
            grid=GridConfig(robot_radius_m=p('robot_radius_m')),
            look_spacing_m=p('look_spacing_m') or math.inf,
        )

    def _on_depth(self, message: Image) -> None:
        stamp = message.header.stamp
        stamp_ns = stamp.sec * 10**9 + stamp.nanosec
        pose, command = self._pose_at(stamp_ns), VelocityCommand()
        if self._camera is not None and pose is not None:
            if self._explorer is None:
                self._explorer = self._make_explorer(self._camera)
            depth = np.frombuffer(message.data, '<f4').reshape(message.height, message.width)
            command = self._explorer.update(depth, pose, stamp_ns)
        twist = Twist()
        twist.linear.x, twist.angular.z = command.linear_m_s, command.angular_rad_s
        self._velocity.publish(twist)
        if self._explorer is not None:
            self._report(self._explorer, message)

    def _report(self, explorer: Explorer, picture: Image) -> None:
        self._progress.publish(progress_message(explorer.progress))
        self._pictures += 1
        if explorer.done or (self._pictures % 10 == 0 and self._map.get_subscription_count() > 0):
            self._map.publish(_occupancy(explorer, picture))
        if explorer.done:
            self.get_logger().info(f'done: {explorer.progress.reason}')
            self.destroy_subscription(self._pictures_in)


def _occupancy(explorer: Explorer, picture: Image) -> OccupancyGrid:
    message = OccupancyGrid()
    message.header.stamp = picture.header.stamp
    message.header.frame_id = 'odom'
    grid = explorer.grid
    if grid is None:
        return message
    cells = np.full(grid.log_odds.shape, -1, np.int8)
    cells[grid.free], cells[grid.occupied] = 0, 100
    message.info.resolution = grid.config.resolution_m
    message.info.width = message.info.height = len(cells)  # the grid is square
    message.info.origin.position.x, message.info.origin.position.y = grid.origin
    message.info.origin.orientation.w = 1.0
    # The grid is x-major, the message is row-major over y.
    message.data = array.array('b', cells.T.tobytes())
    return message


def main() -> None:
    """Run the node until Ctrl-C or an external shutdown."""
    prefer_shared_memory()
    rclpy.init(args=sys.argv)
    node = ExplorerNode()
    with contextlib.suppress(KeyboardInterrupt, ExternalShutdownException):
        rclpy.spin(node)
    node.destroy_node()
    try_shutdown()


if __name__ == '__main__':
    main()
