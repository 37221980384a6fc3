"""Which camera a topic that a person named is for, where a robot has several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from memory_node.core.errors import InvalidObservationError
from memory_node.core.perception.camera_names import ONLY

__all__ = ['told_by_camera']


def told_by_camera(topics: Mapping[str, str], cameras: Sequence[str]) -> dict[str, dict[str, str]]:
    """
    Return the topics that a person has named, by camera and role; every camera is there.

    ``topics`` are by role, of several cameras by ``front/image``. Odometry is for all. Raises
    ``InvalidObservationError`` for a role that does not say its camera.
    """
    told: dict[str, dict[str, str]] = {name: {} for name in cameras or (ONLY,)}
    for role, topic in topics.items():
        camera, _, rest = role.partition('/')
        if camera in cameras:
            told[camera][rest] = topic
        elif role == 'odom' or not cameras:
            for own in told.values():
                own[role] = topic
        else:
            raise InvalidObservationError(
                f'role must name its camera, {" or ".join(f"{c}/{role}" for c in told)},'
                f' got {role!r}'
            )
    return told
