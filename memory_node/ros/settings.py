"""
Settings of the node itself, and the list of all groups of parameters.

Nothing here needs ROS, so ``config/memory.yaml`` and the documentation are made from it anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, Field, fields
from typing import Any

from memory_node.core.bounds import safe_characters
from memory_node.core.config import (
    Checked,
    IngestConfig,
    KeyframeConfig,
    LanguageModelConfig,
    MemoryConfig,
    param,
    PerceptionConfig,
)
from memory_node.core.data import DEFAULT_MAP_ID, MAX_ID_CHARS
from memory_node.core.perception.camera_names import check_camera_names
from memory_node.ros.navigation_settings import NavigationConfig

__all__ = [
    'GROUPS',
    'MEMORY_GROUPS',
    'CameraConfig',
    'EncoderConfig',
    'MetricsConfig',
    'NavigationConfig',
    'NodeConfig',
    'RequestsConfig',
    'SessionsConfig',
    'parameters',
]

#: Sessions, frames and observations are called after the map: home~2, home@odom.
_MAX_MAP_ID_CHARS = MAX_ID_CHARS // 2


@dataclass(frozen=True, kw_only=True)
class NodeConfig(Checked):
    """What the node is called upon to remember, where, and in which frames."""

    memory_path: str = param(
        '~/.ros/memory.sqlite', 'File the memory lives in; made if missing.', read_only=True
    )
    save_folder: str = param(
        '',
        'Folder that ~/save may write copies in, and nowhere else; empty: that of memory_path.',
        read_only=True,
    )
    map_id: str = param(DEFAULT_MAP_ID, 'Map that new observations belong to.')
    map_frame: str = param('map', 'Fixed frame of all geometry (REP-105).', read_only=True)
    base_frame: str = param(
        'base_link',
        'Frame of the robot in TF. Where it is not there and pose_source is auto, that of'
        ' odometry, base_link or base_footprint is taken.',
        read_only=True,
    )
    pose_source: str = param(
        'auto',
        'Where poses come from: tf (map_frame to base_frame), odom (the topic, brought into'
        " map_frame where TF joins the two, else kept in odometry's own frame), or auto: TF where"
        ' its chain resolves, else odometry.',
        choices=('auto', 'odom', 'tf'),
        read_only=True,
    )
    autostart: bool = param(
        False, 'Configure and activate at start, without a lifecycle manager.', read_only=True
    )
    bond_heartbeat_period: float = param(
        1.0,
        'Time between signs of life to the lifecycle manager of Nav2, named as in its nodes; 0:'
        ' none, with bond_timeout 0.0 there.',
        ge=0.0,
        le=3.0,
        unit='s',
        read_only=True,
    )
    save_interval_s: float = param(
        60.0,
        'Time between saves of the derived indexes; observations are on disk at once.',
        ge=1.0,
        le=86400.0,
        unit='s',
    )
    use_nav2: bool = param(
        True, 'Send goals to the action navigate_to_pose where it is served.', read_only=True
    )
    report_interval_s: float = param(
        1.0,
        'Time between statistics and diagnostics.',
        ge=0.05,
        le=60.0,
        unit='s',
    )
    marker_interval_s: float = param(
        2.0, 'Shortest time between two marker messages.', ge=0.1, le=3600.0, unit='s'
    )
    keep_keyframes: bool = param(True, 'Store a small JPEG of each keyframe.')
    cameras: tuple[str, ...] = param(
        (),
        'Names of the cameras, where there are several: each has its topics below its name'
        ' (front/image, front/depth, front/camera_info, front/detections ...) and the settings of'
        ' camera.* as camera.front.*. Empty: one camera, whose topics have no name before them.',
        read_only=True,
    )

    def __post_init__(self) -> None:
        """Check every field; raises ``ValueError`` for names that are none."""
        super().__post_init__()
        check_camera_names(self.cameras)
        for name in ('map_frame', 'base_frame'):
            frame = getattr(self, name)
            if not frame or frame.startswith('/') or safe_characters(frame) != frame:
                raise ValueError(
                    f'{name} must be a frame of TF, without a slash before it, got {frame!r:.80}'
                )
        if (
            not 1 <= len(self.map_id) <= _MAX_MAP_ID_CHARS
            or safe_characters(self.map_id) != self.map_id
        ):
            raise ValueError(
                f'map_id must hold 1 to {_MAX_MAP_ID_CHARS} visible characters,'
                f' got {self.map_id!r:.80}'
            )


@dataclass(frozen=True, kw_only=True)
class CameraConfig(Checked):
    """
    Where the camera sits on the robot, where TF is not to say, and how its pictures come.

    Each of several cameras has these settings under its name, as ``camera.front.x``.
    """

    frame: str = param(
        '', 'Optical frame of the camera in TF; empty: as its pictures say.', read_only=True
    )
    x: float = param(
        0.0,
        'Camera on the robot, forward. Where one of x to yaw is not 0, they stand before TF.',
        ge=-1e3,
        le=1e3,
        unit='m',
    )
    y: float = param(0.0, 'Camera on the robot, left.', ge=-1e3, le=1e3, unit='m')
    z: float = param(0.0, 'Camera on the robot, up.', ge=-1e3, le=1e3, unit='m')
    roll: float = param(0.0, 'Roll of the camera.', ge=-6.3, le=6.3, unit='rad')
    pitch: float = param(0.0, 'Pitch of the camera, down positive.', ge=-6.3, le=6.3, unit='rad')
    yaw: float = param(0.0, 'Yaw of the camera, left positive.', ge=-6.3, le=6.3, unit='rad')
    image_transport: str = param(
        'any',
        'Topics taken for colour: image (raw), image/compressed, or whichever is published.',
        choices=('any', 'raw', 'compressed'),
        read_only=True,
    )
    depth_transport: str = param(
        'any',
        'Topics taken for depth: depth (raw), depth/compressedDepth, whichever is published,'
        ' or none.',
        choices=('any', 'raw', 'compressedDepth', 'none'),
        read_only=True,
    )
    depth_unit_m: float = param(
        0.0,
        'Metres per count of depth; 0: by its encoding, 0.001 for 16UC1 and 1 for 32FC1.',
        ge=0.0,
        le=10.0,
        unit='m',
        read_only=True,
    )
    depth_registered: bool = param(
        False,
        'Depth is registered to colour whatever their frames are called; else both camera_info'
        ' and TF tell.',
        read_only=True,
    )
    rectified: str = param(
        'auto',
        'Whether pictures come without the distortion of D in camera_info; auto: where a part of'
        " their topic's name begins with rect, as image_rect.",
        choices=('auto', 'yes', 'no'),
        read_only=True,
    )


@dataclass(frozen=True, kw_only=True)
class EncoderConfig(Checked):
    """Which model turns text into vectors."""

    model: str = param(
        '',
        'Sentence-transformers model, a folder or a name in the local cache such as'
        ' all-mpnet-base-v2; empty: the installed all-MiniLM-L6-v2.',
        read_only=True,
    )
    backend: str = param(
        'auto',
        'What runs the encoder: onnx, torch, or whichever is ready.',
        choices=('auto', 'onnx', 'torch'),
        read_only=True,
    )


@dataclass(frozen=True, kw_only=True)
class RequestsConfig(Checked):
    """How many requests are taken, and how long models may think about one."""

    concurrency: int = param(
        2, 'Requests answered at a time, for each service.', ge=1, le=16, read_only=True
    )
    queue_size: int = param(
        16,
        'Requests that may wait, all services together; one more is answered BUSY.',
        ge=0,
        le=256,
        read_only=True,
    )
    model_time_s: float = param(
        30.0,
        'Longest that language models may think about one request, all calls together; rules and'
        ' embeddings answer then.',
        ge=0.1,
        le=3600.0,
        unit='s',
    )


@dataclass(frozen=True, kw_only=True)
class MetricsConfig(Checked):
    """Where Prometheus reads the figures of ``~/statistics`` over HTTP, if anywhere."""

    port: int = param(
        0,
        'TCP port of /metrics; 0: none. Needs the package prometheus-client.',
        ge=0,
        le=65535,
        read_only=True,
    )
    address: str = param(
        '127.0.0.1',
        'Address that is listened at. Anything else than this machine lets others read the'
        ' figures, and the reasons why input was refused.',
        read_only=True,
    )

    def __post_init__(self) -> None:
        """Check every field; raises ``ValueError`` for no address, which would mean all."""
        super().__post_init__()
        if not self.address:
            raise ValueError("address must not be empty, got '': 0.0.0.0 listens everywhere")


@dataclass(frozen=True, kw_only=True)
class SessionsConfig(Checked):
    """What becomes of a run that begins in another frame than the map was made in."""

    new: str = param(
        'auto',
        'When a run begins a map of its own, map_id~2 and so on: always, never, or auto: where'
        ' poses are not in map_frame and do not go on from where the map ends.',
        choices=('auto', 'always', 'never'),
    )
    max_speed_m_s: float = param(
        1.5,
        'How fast the robot can be. With new auto, odometry goes on, too, where the robot can have'
        ' driven from where the map ends and can not have driven from the origin; 0: only there.',
        ge=0.0,
        le=100.0,
        unit='m/s',
    )
    join: str = param(
        'auto',
        'Bring earlier maps of map_id into the one going on, once the things in both verify that'
        ' they are of one place (auto), or leave that to the command memory join (off).',
        choices=('auto', 'off'),
    )
    map_jumps: str = param(
        'follow',
        'Let observations of this run follow a jump of odometry in map_frame, where what was seen'
        ' bears out that a loop was closed (follow), or leave them (off).',
        choices=('follow', 'off'),
    )


#: The groups that make up a ``MemoryConfig``, by its fields.
MEMORY_GROUPS: Mapping[str, type[Checked]] = {
    name: type(group) for name, group in vars(MemoryConfig()).items()
}
#: Every group of parameters by prefix; the node's own have none.
GROUPS: Mapping[str, type[Checked]] = {
    '': NodeConfig,
    'camera': CameraConfig,
    'encoder': EncoderConfig,
    'keyframes': KeyframeConfig,
    'perception': PerceptionConfig,
    'ingest': IngestConfig,
    'language_model': LanguageModelConfig,
    'requests': RequestsConfig,
    'metrics': MetricsConfig,
    'sessions': SessionsConfig,
    'navigation': NavigationConfig,
    **MEMORY_GROUPS,
}


def parameters() -> Iterator[tuple[str, Field[Any]]]:
    """Yield every parameter of the node as (full name, declaration), group by group."""
    for prefix, config_type in GROUPS.items():
        for f in fields(config_type):  # type: ignore[arg-type]
            yield (f'{prefix}.{f.name}' if prefix else f.name), f
