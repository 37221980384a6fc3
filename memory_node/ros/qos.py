"""
Quality of service: every profile the node uses, and pictures through Fast DDS without loss.

Fast DDS gives each process 512 KiB of shared memory by default. A 640x480 picture has 900 KiB, so
it leaves as UDP fragments, and a best-effort reader loses a third of them at 30 Hz (measured).
The profile beside this module gives 32 MiB. It works from the sending side: every process that
publishes pictures wants it, camera drivers and bag players too.
"""

from __future__ import annotations

from collections.abc import MutableMapping
import os
from pathlib import Path

from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy
from rclpy.qos_overriding_options import QoSOverridingOptions

__all__ = [
    'DETECTIONS',
    'IMAGES',
    'KEYED',
    'LATCHED',
    'LISTENER',
    'ODOMETRY',
    'PROFILE',
    'RELIABLE',
    'REPLAYED',
    'REQUESTS',
    'TF',
    'TF_STATIC',
    'UPDATES',
    'VARIABLE',
    'overridable',
    'prefer_shared_memory',
]

PROFILE = Path(__file__).with_name('fastdds_profile.xml')
#: The same for a process that publishes no pictures: 4 MiB, which it holds as long as it lives.
LISTENER = Path(__file__).with_name('fastdds_listener.xml')
VARIABLE = 'FASTRTPS_DEFAULT_PROFILES_FILE'


def _sensor(depth: int) -> QoSProfile:
    return QoSProfile(
        history=HistoryPolicy.KEEP_LAST,
        depth=depth,
        reliability=ReliabilityPolicy.BEST_EFFORT,
        durability=DurabilityPolicy.VOLATILE,
    )


#: Pictures that wait for their turn; Fast DDS keeps the room for as many as ever came.
IMAGES = _sensor(10)
#: The same under simulated time: a recording may come faster than any camera.
REPLAYED = _sensor(30)
#: Two seconds at 50 Hz; small messages.
ODOMETRY = _sensor(100)
#: From a detector, a captioner or a camera driver; small messages.
DETECTIONS = _sensor(50)
RELIABLE = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE)
#: Messages of which each says something that no other one does.
KEYED = QoSProfile(depth=50, reliability=ReliabilityPolicy.RELIABLE)
#: A late subscriber gets the last message.
LATCHED = QoSProfile(
    depth=1,
    reliability=ReliabilityPolicy.RELIABLE,
    durability=DurabilityPolicy.TRANSIENT_LOCAL,
)


#: Parts of an occupancy grid; each counts.
UPDATES = QoSProfile(depth=100, reliability=ReliabilityPolicy.RELIABLE)
#: A burst of requests: one that is dropped here is never answered, not even BUSY.
REQUESTS = QoSProfile(depth=256, reliability=ReliabilityPolicy.RELIABLE)
#: Moving transforms, and those that a late subscriber gets at once.
TF = QoSProfile(depth=100, reliability=ReliabilityPolicy.RELIABLE)
TF_STATIC = QoSProfile(
    depth=100,
    reliability=ReliabilityPolicy.RELIABLE,
    durability=DurabilityPolicy.TRANSIENT_LOCAL,
)


def overridable() -> QoSOverridingOptions:
    """Let ``qos_overrides./topic.subscription.*`` parameters change depth and reliability."""
    return QoSOverridingOptions.with_default_policies()


def prefer_shared_memory(
    environment: MutableMapping[str, str] = os.environ, profile: Path = PROFILE
) -> bool:
    """
    Name a profile in the environment, before ``rclpy.init``; return whether it is in effect.

    A profile the user has chosen, in either variable that Fast DDS reads, stays.
    """
    chosen = environment.get(VARIABLE) or environment.get('FASTDDS_DEFAULT_PROFILES_FILE')
    if chosen and chosen not in (str(PROFILE), str(LISTENER)):
        return False
    if not profile.is_file():
        return False
    environment[VARIABLE] = str(profile)
    return True
