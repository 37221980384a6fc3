"""
The kitchen recording as other robots would have brought it, each time with one peculiarity.

``Kitchen`` holds its keyframes with depth, its poses and what a detector saw; ``record`` writes
them as a bag. What a detector saw is recorded too, so that bags differ in one thing only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cv2
from fakes import BagOfWordsEncoder
from interchange import made_bags
from interchange.test_strangers import detections_2d, VISION
import numpy as np
from rosbags.highlevel import AnyReader
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin, Writer

from memory_node.core.config import IngestConfig
from memory_node.core.memory import Memory
from memory_node.core.perception.depth_images import decode_compressed_depth
from memory_node.core.perception.geometry import (
    camera_mounting,
    inverse,
    transform_from_pose,
    transform_from_xyz_rpy,
)
from memory_node.core.perception.images import decode_compressed_color
from memory_node.core.perception.messages import pose_from_odometry
from memory_node.core.ports import Captioner, Detection
from memory_node.interchange.bag import BagSettings, read_bag

#: Things this close to where the recording has them stand where they stand [m].
NEAR_M = 0.05
COLOR_FRAME, DEPTH_FRAME = 'camera_color_optical_frame', 'camera_depth_optical_frame'
#: A camera 1.2 m up that looks 20 degrees down.
TILTED = (0.1, 0.0, 1.2, 0.0, float(np.radians(20.0)), 0.0)
#: Width, height, fx, fy, cx, cy of the recording, of its pictures enlarged, and of a depth camera
#: with a wider view.
KITCHEN_K = (640, 480, 585.0, 585.0, 320.0, 240.0)
LARGE_K = (1280, 960, 1170.0, 1170.0, 640.0, 480.0)
WIDE_K = (848, 480, 424.0, 424.0, 424.0, 240.0)
_SCALE = 2.0
#: Depth camera beside the colour one, in the axes of its optical frame [m].
_COLOR_T_DEPTH = transform_from_xyz_rpy((0.059, 0.0, 0.0, 0.0, 0.0, 0.0))
_IMAGE, _INFO = 'sensor_msgs/msg/Image', 'sensor_msgs/msg/CameraInfo'
_PACKED, _TF = 'sensor_msgs/msg/CompressedImage', 'tf2_msgs/msg/TFMessage'


@dataclass(frozen=True)
class Look:
    """One picture as it was recorded."""

    stamp_ns: int
    jpeg: bytes
    depth_png: bytes
    detections: tuple[Detection, ...]

    @property
    def color(self):
        return decode_compressed_color(self.jpeg)

    @property
    def depth_m(self):
        return decode_compressed_depth(self.depth_png, '16UC1; compressedDepth png')


@dataclass(frozen=True)
class Kitchen:
    """The keyframes of the recording, and where the camera's link was, by stamp."""

    looks: tuple[Look, ...]
    poses: Mapping[int, Any]


@dataclass(frozen=True)
class Recipe:
    """What is peculiar about a bag."""

    plugin: StoragePlugin = StoragePlugin.MCAP
    packed: bool = False
    #: Camera link on the robot whose odometry is recorded; None for the camera's own odometry.
    mounting: tuple[float, ...] | None = None
    tells_mounting: bool = True
    #: As it came (jpeg), or an encoding of Image.
    color: str = 'jpeg'
    #: As it came (png), ``rvl``, or 16UC1 with so many counts per metre.
    depth: str = 'png'
    depth_counts: float = 1000.0
    depth_late_ns: int = 0
    #: A depth camera of its own beside a larger picture, and whether TF tells where.
    wide_depth: bool = False
    tells_depth: bool = True
    rear_camera: bool = False
    confidence: bool = False
    zero_k: bool = False
    #: Calibration comes once, before everything else.
    latched_info: bool = False
    zero_stamps: bool = False
    odom_hz: float = 0.0
    #: Where odometry begins, and how much later [ns]: another session.
    start: tuple[float, ...] = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    later_ns: int = 0


class Listening:
    """A detector, and what it said."""

    name = 'yolox'

    def __init__(self, detector: Captioner) -> None:
        self.detector = detector
        self.said: list[tuple[Detection, ...]] = []

    def describe(self, image):
        caption = self.detector.describe(image)
        self.said.append(caption.detections)
        return caption


def read_kitchen(folder: Path, detector: Captioner) -> Kitchen:
    """Return the keyframes of the recording and what a detector sees in them; all poses."""
    listening = Listening(detector)
    kept = [o.stamp_ns for o in read_bag(folder, BagSettings(), [], captioner=listening)]
    colors, depths, poses = {}, {}, {}
    with AnyReader([folder]) as bag:
        for connection, _, content in bag.messages():
            message = bag.deserialize(content, connection.msgtype)
            stamp = message.header.stamp.sec * 10**9 + message.header.stamp.nanosec
            if connection.topic == '/odom':
                poses[stamp] = transform_from_pose(pose_from_odometry(message))
            elif stamp in kept and connection.msgtype == _PACKED:
                packed = depths if 'compressedDepth' in connection.topic else colors
                packed[stamp] = message.data.tobytes()
    looks = [
        Look(stamp, colors[stamp], depths[stamp], said)
        for stamp, said in zip(kept, listening.said, strict=True)
    ]
    return Kitchen(tuple(looks), poses)


def record(path: Path, kitchen: Kitchen, recipe: Recipe) -> Path:
    """Write the keyframes into the folder ``path`` as a robot of that recipe would have."""
    out = Writer(path, version=9, storage_plugin=recipe.plugin)
    if recipe.packed:
        out.set_compression(CompressionMode.FILE, CompressionFormat.ZSTD)
    with out as writer:
        connections = {}
        for at, topic, kind, message in sorted(_messages(kitchen, recipe), key=lambda m: m[0]):
            if topic not in connections:
                connections[topic] = writer.add_connection(topic, kind, typestore=VISION)
            writer.write(connections[topic], at, VISION.serialize_cdr(message, kind))
    return path


def _messages(kitchen: Kitchen, recipe: Recipe) -> Iterator[tuple[int, str, str, Any]]:
    first_ns = min(kitchen.poses) + recipe.later_ns
    if links := _links(recipe):
        yield first_ns, '/tf_static', _TF, VISION.types[_TF](transforms=links)
    if recipe.latched_info:
        yield first_ns, '/camera/color/camera_info', _INFO, _info(first_ns, recipe)
    moved_ns = 0
    for stamp_ns, map_T_link in sorted(kitchen.poses.items()):
        at = stamp_ns + recipe.later_ns
        if not recipe.odom_hz or at - moved_ns >= 1e9 / recipe.odom_hz:
            moved_ns = at
            yield at, '/odom', 'nav_msgs/msg/Odometry', _odometry(at, map_T_link, recipe)
    for look in kitchen.looks:
        yield from _seen(look.stamp_ns + recipe.later_ns, look, recipe)


def _seen(at: int, look: Look, recipe: Recipe) -> Iterator[tuple[int, str, str, Any]]:
    if recipe.rear_camera:
        header = _header(at, 'a_rear_optical_frame', recipe)
        dark = made_bags.image_msg(header, np.full((120, 160, 3), 90, np.uint8), 'rgb8')
        yield at, '/a_rear/image_raw', _IMAGE, dark
        yield (
            at,
            '/a_rear/camera_info',
            _INFO,
            made_bags._info(header, made_bags.COLOR_K, zero_k=False),
        )
    if recipe.confidence:
        header = _header(at, COLOR_FRAME, recipe)
        sure = made_bags.image_msg(header, np.full((480, 640), 100.0, np.float32), '32FC1')
        yield at, '/camera/confidence/image_raw', _IMAGE, sure
    if not recipe.latched_info:
        yield at, '/camera/color/camera_info', _INFO, _info(at, recipe)
    yield at, *_color(at, look, recipe)
    late = at + recipe.depth_late_ns
    if recipe.wide_depth:
        header = _header(late, DEPTH_FRAME, recipe)
        info = made_bags._info(header, WIDE_K, zero_k=False)
        yield at, '/camera/depth/camera_info', _INFO, info
    yield at, *_depth(late, look, recipe)
    found = detections_2d(
        _header(at, COLOR_FRAME, recipe),
        [_enlarged(d) if recipe.wide_depth else d for d in look.detections],
        {d.label: d.label for d in look.detections},
    )
    for item in found.detections:
        item.results = item.results[1:]  # the first is an unlikely one of another class
    yield at, '/detector/objects', 'vision_msgs/msg/Detection2DArray', found


def _color(at: int, look: Look, recipe: Recipe) -> tuple[str, str, Any]:
    header = _header(at, COLOR_FRAME, recipe)
    if recipe.wide_depth:
        large = cv2.resize(look.color, None, fx=_SCALE, fy=_SCALE)
        return '/camera/color/image_raw', _IMAGE, made_bags.image_msg(header, large, 'rgb8')
    if recipe.color == 'jpeg':
        message = VISION.types[_PACKED](
            header=header, format='rgb8; jpeg', data=np.frombuffer(look.jpeg, np.uint8)
        )
        return '/camera/color/image_raw/compressed', _PACKED, message
    if recipe.color == 'mono16':
        grey = cv2.cvtColor(look.color, cv2.COLOR_RGB2GRAY).astype('<u2') * 257
        return '/camera/color/image_raw', _IMAGE, made_bags.image_msg(header, grey, 'mono16')
    message = made_bags.color_msg(header, look.color, recipe.color)
    return '/camera/color/image_raw', _IMAGE, message


def _depth(at: int, look: Look, recipe: Recipe) -> tuple[str, str, Any]:
    if recipe.wide_depth:
        header = _header(at, DEPTH_FRAME, recipe)
        message = made_bags.depth_msg(header, _as_seen_wide(look.depth_m), '16UC1', 1000.0)
        return '/camera/depth/image_rect_raw', _IMAGE, message
    header = _header(at, COLOR_FRAME, recipe)
    if recipe.depth == 'png':
        message = VISION.types[_PACKED](
            header=header,
            format='16UC1; compressedDepth png',
            data=np.frombuffer(look.depth_png, np.uint8),
        )
        return '/camera/depth/image_rect_raw/compressedDepth', _PACKED, message
    message = made_bags.depth_msg(header, look.depth_m, recipe.depth, recipe.depth_counts)
    if recipe.depth == 'rvl':
        return '/camera/depth/image_rect_raw/compressedDepth', _PACKED, message
    return '/camera/depth/image_rect_raw', _IMAGE, message


def _as_seen_wide(depth_m):
    """Return depth [m] as the wider camera beside would have measured it, nearest point first."""
    _, _, fx, fy, cx, cy = KITCHEN_K
    v, u = np.nonzero(np.nan_to_num(depth_m) > 0.0)
    z = depth_m[v, u]
    points = np.stack([(u - cx) * z / fx, (v - cy) * z / fy, z, np.ones_like(z)])
    x, y, z = (inverse(_COLOR_T_DEPTH) @ points)[:3]
    width, height, fx, fy, cx, cy = WIDE_K
    column, row = np.rint(fx * x / z + cx).astype(int), np.rint(fy * y / z + cy).astype(int)
    inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    seen = np.full((height, width), np.inf, np.float32)
    np.minimum.at(seen, (row[inside], column[inside]), z[inside].astype(np.float32))
    return np.where(np.isfinite(seen), seen, np.nan)


def _enlarged(detection: Detection) -> Detection:
    left, top, right, bottom = (_SCALE * side for side in detection.box_px)
    return replace(detection, box_px=(left, top, right, bottom))


def _info(at: int, recipe: Recipe) -> Any:
    calibration = LARGE_K if recipe.wide_depth else KITCHEN_K
    return made_bags._info(_header(at, COLOR_FRAME, recipe), calibration, zero_k=recipe.zero_k)


def _header(at: int, frame_id: str, recipe: Recipe) -> Any:
    return made_bags._header(at, frame_id, made_bags.Recipe(zero_stamps=recipe.zero_stamps))


def _odometry(at: int, map_T_link: Any, recipe: Recipe) -> Any:
    moved = transform_from_xyz_rpy(recipe.start) @ map_T_link
    header = _header(at, 'odom', recipe)
    if recipe.mounting is None:
        return made_bags._odometry(header, 'camera_link', moved)
    base = moved @ inverse(transform_from_xyz_rpy(recipe.mounting))
    return made_bags._odometry(header, 'base_link', base)


def _links(recipe: Recipe) -> list[Any]:
    links = []
    if recipe.mounting is not None and recipe.tells_mounting:
        robot, link = (_header(0, frame, recipe) for frame in ('base_link', 'camera_link'))
        mounted = transform_from_xyz_rpy(recipe.mounting)
        links.append(made_bags._transform(robot, 'camera_link', mounted))
        links.append(made_bags._transform(link, COLOR_FRAME, camera_mounting()))
    if recipe.wide_depth and recipe.tells_depth:
        header = _header(0, COLOR_FRAME, recipe)
        links.append(made_bags._transform(header, DEPTH_FRAME, _COLOR_T_DEPTH))
    return links


@dataclass(frozen=True)
class Case:
    """One bag, how it is read, and what has to be said where it is not as the recording."""

    name: str
    recipe: Recipe
    settings: Mapping[str, Any] = field(default_factory=dict)
    #: What is said where positions are refused; empty: they are those of the recording.
    refused: str = ''
    #: What the one who reads it allowed, so that things need not stand where they stood.
    allowed: str = ''


_LATE, _RARE = IngestConfig(pairing_slop_s=0.1), IngestConfig(odometry_gap_s=1.5)
CASES = (
    Case('as it came', Recipe()),
    Case('odometry of base_link, camera in TF', Recipe(mounting=TILTED)),
    Case(
        'the same, no TF',
        Recipe(mounting=TILTED, tells_mounting=False),
        refused=r'--camera',
    ),
    Case(
        'the same, `--camera`',
        Recipe(mounting=TILTED, tells_mounting=False),
        {'camera': TILTED},
    ),
    Case('depth 848x480 of its own camera', Recipe(wide_depth=True)),
    Case(
        'the same, no TF',
        Recipe(wide_depth=True, tells_depth=False),
        refused=rf"'{DEPTH_FRAME}'.*'{COLOR_FRAME}'",
    ),
    Case('a rear camera without depth', Recipe(rear_camera=True)),
    Case('a confidence image', Recipe(confidence=True)),
    Case('K all zero', Recipe(zero_k=True)),
    Case('camera_info once', Recipe(latched_info=True)),
    *(
        Case(f'colour {encoding}', Recipe(color=encoding))
        for encoding in ('yuv422_yuy2', 'bayer_rggb8', 'mono16')
    ),
    Case('depth RVL', Recipe(depth='rvl')),
    Case('depth 32FC1', Recipe(depth='32FC1')),
    Case('depth in 0.1 mm', Recipe(depth='16UC1', depth_counts=10000.0), refused='depth_unit_m'),
    Case(
        'the same, `--depth-unit`',
        Recipe(depth='16UC1', depth_counts=10000.0),
        {'depth_unit_m': 1e-4},
    ),
    Case('depth in 1/5000 m', Recipe(depth='16UC1', depth_counts=5000.0), refused='depth_unit_m'),
    Case(
        'the same, `--depth-unit`',
        Recipe(depth='16UC1', depth_counts=5000.0),
        {'depth_unit_m': 1 / 5000},
    ),
    Case('depth 80 ms late', Recipe(depth_late_ns=80_000_000), refused='pairing_slop_s'),
    Case('the same, `--pairing-slop`', Recipe(depth_late_ns=80_000_000), {'ingest': _LATE}),
    Case('odometry at 1 Hz', Recipe(odom_hz=1.0), refused='odometry_gap_s'),
    Case(
        'the same, `--odometry-gap`',
        Recipe(odom_hz=1.0),
        {'ingest': _RARE},
        allowed='poses up to 1.5 s apart',
    ),
    Case('stamps all zero', Recipe(zero_stamps=True)),
    Case('db3', Recipe(plugin=StoragePlugin.SQLITE3)),
    Case('zstd', Recipe(packed=True)),
)


@dataclass(frozen=True)
class Outcome:
    """What came of a bag beside the same pictures of the recording."""

    pictures: int
    placed: int
    #: How far each thing is from where the recording has it [m]; infinite where it is not there.
    off_m: tuple[float, ...]
    said: str

    @property
    def stands(self) -> bool:
        """Whether every thing is within 5 cm of where it is in the recording."""
        return self.placed > 0 and max(self.off_m) <= NEAR_M


class Judge:
    """Compares bags with the recording."""

    def __init__(self, kitchen: Kitchen, folder: Path) -> None:
        self.kitchen = kitchen
        self.folder = folder
        self.recorded, _ = self._read(Case('', Recipe()))

    def judge(self, case: Case) -> Outcome:
        observations, said = self._read(case)
        stamps = {o.stamp_ns - case.recipe.later_ns for o in observations}
        recorded = self._things([o for o in self.recorded if o.stamp_ns in stamps])
        there = self._things(observations)
        off_m = tuple(
            min(
                (float(np.linalg.norm(p - q)) for other, q in there if other == label),
                default=np.inf,
            )
            for label, p in recorded
        )
        placed = sum(s.position is not None for o in observations for s in o.sightings)
        return Outcome(len(observations), placed, off_m, '; '.join(said[1:]))

    def _read(self, case: Case):
        with TemporaryDirectory(dir=self.folder) as folder:
            path = record(Path(folder) / 'bag', self.kitchen, case.recipe)
            said: list[str] = []
            return list(read_bag(path, BagSettings(**case.settings), [], say=said.append)), said

    def _things(self, observations):
        """Return the label and position of every thing that depth placed."""
        with (
            TemporaryDirectory(dir=self.folder) as folder,
            Memory.open(Path(folder) / 'm.sqlite', encoder=BagOfWordsEncoder()) as memory,
        ):
            memory.add_many(observations)
            things = memory.objects()
        return [
            (max(thing.names, key=lambda n: n[1])[0], np.array(thing.position))
            for thing in things
            if thing.position is not None
        ]
