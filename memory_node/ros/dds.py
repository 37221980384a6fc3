"""
Pictures through Fast DDS without loss.

Fast DDS gives each process 512 KiB of shared memory by default. A 640x480 picture has 900 KiB, so
it leaves as UDP fragments, and a best-effort reader loses a third of them at 30 Hz (measured).
The profile beside this module gives 32 MiB. It works from the sending side: every process that
publishes pictures wants it, camera drivers and bag players too.
"""

from __future__ import annotations

from collections.abc import MutableMapping
import os
from pathlib import Path

__all__ = ['PROFILE', 'VARIABLE', 'prefer_shared_memory']

PROFILE = Path(__file__).with_name('fastdds_profile.xml')
VARIABLE = 'FASTRTPS_DEFAULT_PROFILES_FILE'


def prefer_shared_memory(environment: MutableMapping[str, str] = os.environ) -> bool:
    """
    Name the profile in the environment, before ``rclpy.init``; return whether it is in effect.

    A profile the user has chosen, in either variable that Fast DDS reads, stays.
    """
    if environment.get(VARIABLE) or environment.get('FASTDDS_DEFAULT_PROFILES_FILE'):
        return environment.get(VARIABLE) == str(PROFILE)
    if not PROFILE.is_file():
        return False
    environment[VARIABLE] = str(PROFILE)
    return True
