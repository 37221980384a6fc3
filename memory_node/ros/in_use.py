"""The line that a node says of itself when it is activated."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from memory_node.core.config import PerceptionConfig
from memory_node.ros.parameters import Parameters
from memory_node.ros.settings import CameraConfig, NodeConfig, SessionsConfig

__all__ = ['in_use']

_POSES = {
    'auto': 'TF where its chain resolves, else odometry',
    'tf': 'TF',
    'odom': 'odometry, brought into the map by TF where that joins them',
}


def in_use(
    settings: Parameters, topics: Mapping[str, str], path: Path, *, camera_told: bool
) -> str:
    """
    Return in one line what is heard and how, between which frames, and where it is kept.

    ``topics`` maps each topic to its quality of service; ``camera_told``: the parameters
    ``camera.*`` say where the camera sits.
    """
    node, camera = settings(NodeConfig), settings(CameraConfig)
    heard = ', '.join(f'{topic} ({how})' for topic, how in topics.items())
    sessions = settings(SessionsConfig)
    frame = repr(camera.frame) if camera.frame else 'as its pictures say'
    return (
        f'in use: {heard}; poses: pose_source {node.pose_source} ({_POSES[node.pose_source]}),'
        f' map_frame {node.map_frame!r}, base_frame {node.base_frame!r}, camera frame {frame},'
        f' placed by {"camera.*" if camera_told else "TF"};'
        f' captioner: {settings(PerceptionConfig).captioner}; file: {path}, '
        f'map_id {node.map_id!r}; a session where odometry begins anew: sessions.new'
        f' {sessions.new}, sessions.join {sessions.join}'
    )
