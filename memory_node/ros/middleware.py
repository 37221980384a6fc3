"""Which middleware carries messages, and whether pictures fit through it."""

from __future__ import annotations

from collections.abc import Iterator
import os
import shutil

from rclpy.utilities import get_rmw_implementation_identifier

from memory_node.interchange.findings import BAD, Finding, HINT, OK
from memory_node.ros import qos

__all__ = ['environment']


def environment() -> Iterator[Finding]:
    """Tell what this shell gives to processes that are started in it."""
    rmw = get_rmw_implementation_identifier()
    domain = os.environ.get('ROS_DOMAIN_ID', '0')
    yield Finding(level=OK, about='middleware', found=f'{rmw}, domain {domain}')
    if 'fastrtps' not in rmw:
        return
    profile = os.environ.get(qos.VARIABLE) or os.environ.get('FASTDDS_DEFAULT_PROFILES_FILE')
    if not profile:
        yield Finding(
            level=HINT,
            about='Fast DDS',
            found=f'{qos.VARIABLE} is not set in this shell: a camera driver that is started here'
            ' loses pictures of more than 512 KiB',
            mend=f'export {qos.VARIABLE}={qos.PROFILE}',
        )
    elif not os.path.isfile(profile):
        yield Finding(
            level=BAD,
            about='Fast DDS',
            found=f'{qos.VARIABLE} names {profile}, which is not there',
            mend=f'export {qos.VARIABLE}={qos.PROFILE}',
        )
    else:
        yield Finding(level=OK, about='Fast DDS', found=f'profile {profile}')
    if os.path.isdir('/dev/shm'):
        free_mb = shutil.disk_usage('/dev/shm').free / 2**20
        if free_mb < 128:
            yield Finding(
                level=HINT,
                about='/dev/shm',
                found=f'{free_mb:.0f} MiB of shared memory are free: pictures take 32 MiB for'
                ' each process that publishes some',
                mend='docker run --shm-size 1g, or --ipc host',
            )
