"""What the doctor looks at for each camera: its topics, and whether its frame is joined."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from memory_node.core.perception.camera_names import ONLY
from memory_node.core.perception.frame_tree import FrameTree
from memory_node.interchange.findings import BAD, Finding, HINT
from memory_node.ros.hearing import Ear, PICTURES

__all__ = ['by_camera', 'camera_settings', 'frame_findings']

_MOUNTING = ('x', 'y', 'z', 'roll', 'pitch', 'yaw')


def camera_settings(cameras: Sequence[str]) -> list[str]:
    """Return the names of the parameters that say where cameras sit."""
    places = [f'camera.{name}' if name else 'camera' for name in cameras or (ONLY,)]
    return [f'{place}.{setting}' for place in places for setting in ('frame', *_MOUNTING)]


def by_camera(topics: Iterable[str], cameras: Sequence[str]) -> dict[str, list[str]]:
    """
    Return topics by camera: those that have its name among their parts.

    A node does not tell what its topics were remapped from. Those of no camera are under ``''``,
    as all are where there is one.
    """
    found: dict[str, list[str]] = {name: [] for name in (*cameras, ONLY)}
    for topic in topics:
        parts = topic.lower().split('/')
        own = [name for name in cameras if name.lower() in parts]
        found[own[0] if len(own) == 1 else ONLY].append(topic)
    return found


def frame_findings(
    tree: FrameTree, name: str, settings: Mapping[str, Any], ears: Mapping[str, Ear]
) -> Iterator[Finding]:
    """Tell which frames TF does not join: the robot to the map, and each camera to the robot."""
    map_frame, base = settings['map_frame'], settings['base_frame']
    source = settings['pose_source']
    if source != 'odom' and tree.look_up(map_frame, base, None) is None:
        yield Finding(
            level=BAD if source == 'tf' else HINT,
            about='TF',
            found=f'{map_frame!r} is not joined to {base!r}: {tree.why_not(map_frame, base)}',
            mend='start localisation or SLAM, or set map_frame and base_frame of'
            f' {name}; with pose_source auto odometry is taken in its own frame',
        )
    pictures = [topic for topic, ear in ears.items() if ear.type_name in PICTURES]
    cameras = settings['cameras']
    for camera, topics in by_camera(pictures, cameras).items():
        place = f'camera.{camera}' if camera else 'camera'
        told = any(settings.get(f'{place}.{setting}', 0.0) for setting in _MOUNTING)
        if told or (cameras and not camera and not topics):
            continue
        heard = {frame for topic in topics for frame in ears[topic].frames}
        for frame in sorted({settings.get(f'{place}.frame', '')} - {''} or heard):
            if tree.look_up(base, frame, None) is None:
                yield Finding(
                    level=HINT,
                    about='TF',
                    found=f'{base!r} is not joined to the camera frame {frame!r}:'
                    f' {tree.why_not(base, frame)}',
                    mend=f'start robot_state_publisher, or set {place}.x to {place}.yaw of'
                    f' {name}; until then the mounting is assumed',
                )
