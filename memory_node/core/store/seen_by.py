"""
Which camera saw an observation and where it looked, kept in the text of its source.

``yolox@rear:3.1416``: what made the caption, the camera, and its heading on the robot [rad]. The
only camera of a robot, looking ahead, leaves the source as it is, so the tables have no column for
it and stores are read by versions that know of one camera alone.
"""

from __future__ import annotations

import re

from memory_node.core.data import CAMERA_NAME, Observation

__all__ = ['packed_source', 'read_source']

_SEEN_BY = re.compile(rf'(.*)@({CAMERA_NAME.pattern})?:(-?[0-3]\.\d{{4}})', re.ASCII | re.DOTALL)


def packed_source(observation: Observation) -> str:
    """Return the source of an observation as it is stored."""
    o = observation
    if not o.camera and not o.view_yaw_rad:
        return o.source
    return f'{o.source}@{o.camera}:{o.view_yaw_rad:.4f}'


def read_source(stored: str) -> tuple[str, str, float]:
    """Return source, camera and heading of the camera on the robot [rad] of a stored source."""
    found = _SEEN_BY.fullmatch(stored) if '@' in stored else None
    if found is None:
        return stored, '', 0.0
    return found[1], found[2] or '', float(found[3])
