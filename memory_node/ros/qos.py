"""Every quality-of-service profile the node uses."""

from __future__ import annotations

from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy
from rclpy.qos_overriding_options import QoSOverridingOptions

__all__ = ['DETECTIONS', 'IMAGES', 'LATCHED', 'ODOMETRY', 'RELIABLE', 'overridable']


def _sensor(depth: int) -> QoSProfile:
    return QoSProfile(
        history=HistoryPolicy.KEEP_LAST,
        depth=depth,
        reliability=ReliabilityPolicy.BEST_EFFORT,
        durability=DurabilityPolicy.VOLATILE,
    )


#: One second of a 30 Hz camera.
IMAGES = _sensor(30)
#: Two seconds at 50 Hz; small messages.
ODOMETRY = _sensor(100)
#: From a detector, a captioner or a camera driver; small messages.
DETECTIONS = _sensor(50)
RELIABLE = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE)
#: A late subscriber gets the last message.
LATCHED = QoSProfile(
    depth=1,
    reliability=ReliabilityPolicy.RELIABLE,
    durability=DurabilityPolicy.TRANSIENT_LOCAL,
)


def overridable() -> QoSOverridingOptions:
    """Let ``qos_overrides./topic.subscription.*`` parameters change depth and reliability."""
    return QoSOverridingOptions.with_default_policies()
