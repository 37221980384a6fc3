"""The line that a node says of itself when it is activated."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from memory_node.core.config import PerceptionConfig
from memory_node.ros.parameters import Parameters
from memory_node.ros.settings import NodeConfig, SessionsConfig
from memory_node.ros.where import Where

__all__ = ['in_use']

_POSES = {
    'auto': 'TF where its chain resolves, else odometry',
    'tf': 'TF',
    'odom': 'odometry, brought into the map by TF where that joins them',
}


def in_use(settings: Parameters, topics: Mapping[str, str], path: Path, where: Where) -> str:
    """
    Return in one line what is heard and how, between which frames, and where it is kept.

    ``topics`` maps each topic to its quality of service.
    """
    node = settings(NodeConfig)
    heard = ', '.join(f'{topic} ({how})' for topic, how in topics.items())
    sessions = settings(SessionsConfig)
    cameras = ', '.join(_camera(settings, name, where) for name in where.cameras)
    return (
        f'in use: {heard}; poses: pose_source {node.pose_source} ({_POSES[node.pose_source]}),'
        f' map_frame {node.map_frame!r}, base_frame {node.base_frame!r}, {cameras};'
        f' captioner: {settings(PerceptionConfig).captioner}; file: {path}, '
        f'map_id {node.map_id!r}; a session where odometry begins anew: sessions.new'
        f' {sessions.new}, sessions.join {sessions.join}'
    )


def _camera(settings: Parameters, name: str, where: Where) -> str:
    frame, group = settings.camera(name).frame, f'camera.{name}' if name else 'camera'
    stands = repr(frame) if frame else 'as its pictures say'
    placed = f'{group}.*' if where.cameras[name].base_T_camera is not None else 'TF'
    return f'{name} camera frame {stands}, placed by {placed}'.lstrip()
