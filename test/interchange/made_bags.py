"""
Recordings made of a scene with known positions: a red and a blue box before a grey wall.

``Scene`` renders colour and depth by casting rays; ``record`` writes what a robot that drives past
would have recorded, with the fault or the peculiarity that a test asks for.
"""

from __future__ import annotations

from dataclasses import dataclass, field
import math
from pathlib import Path
import struct
from typing import Any

import cv2
from depth_codec import rvl
import numpy as np
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import get_typestore, Stores

from memory_node.core.perception.distortion import Distortion
from memory_node.core.perception.geometry import (
    camera_mounting,
    inverse,
    pose_from_transform,
    quaternion_from_rotation,
    transform_from_xyz_rpy,
)
from memory_node.core.ports import Caption, Detection

TYPES = get_typestore(Stores.ROS2_JAZZY)
#: Label, colour, centre and full size in the map [m].
BOXES = (
    ('red box', (200, 30, 30), (3.0, 0.6, 0.9), (0.4, 0.4, 0.4)),
    ('blue box', (30, 30, 200), (3.2, -0.7, 1.2), (0.4, 0.5, 0.4)),
)
#: What only a camera that looks back can see.
BEHIND = ('green box', (30, 200, 30), (-3.0, 0.3, 1.0), (0.4, 0.4, 0.4))
WALL_X = 4.0
COLOR_K = (160, 120, 130.0, 130.0, 79.5, 59.5)
WIDE_K = (106, 60, 52.0, 52.0, 52.5, 29.5)
START_NS = 1_700_000_000 * 10**9
STEP_NS = 400_000_000
FRAMES = 8


class BoxFinder:
    """A captioner that finds the boxes by their colour."""

    name = 'boxes'

    def describe(self, image):
        found = []
        pixels = image.astype(int)
        for label, colour, _, _ in (*BOXES, BEHIND):
            strong = int(np.argmax(colour))
            others = [i for i in range(3) if i != strong]
            is_box = (pixels[..., [strong]] - pixels[..., others] > 80).all(axis=-1)
            v, u = np.nonzero(is_box)
            if v.size > 60:
                box = (float(u.min()), float(v.min()), float(u.max() + 1), float(v.max() + 1))
                found.append(Detection(label=label, confidence=0.9, box_px=box))
        return Caption(detections=tuple(found))


def render(map_T_camera, k, lens=None):
    """Return colour and depth [m] of the scene as a camera with calibration ``k`` sees it."""
    width, height, fx, fy, cx, cy = k
    v, u = np.mgrid[:height, :width]
    x, y = (u - cx) / fx, (v - cy) / fy
    if lens is not None:
        x, y = lens.undistorted(x, y)
    rays = np.stack([x, y, np.ones_like(x)], axis=-1)
    rays = rays @ map_T_camera[:3, :3].T
    eye = map_T_camera[:3, 3]
    with np.errstate(divide='ignore', invalid='ignore'):
        depth = np.where(rays[..., 0] > 1e-6, (WALL_X - eye[0]) / rays[..., 0], np.nan)
        color = np.full((height, width, 3), 120, np.uint8)
        for _, colour, centre, size in (*BOXES, BEHIND):
            low, high = (
                np.array(centre) - np.array(size) / 2,
                np.array(centre) + np.array(size) / 2,
            )
            a, b = (low - eye) / rays, (high - eye) / rays
            near = np.minimum(a, b).max(axis=-1)
            far = np.maximum(a, b).min(axis=-1)
            hit = (near > 0.0) & (near < far) & ~(near >= depth)
            color[hit], depth[hit] = colour, near[hit]
    return color, depth.astype(np.float32)


@dataclass
class Recipe:
    """What is recorded, and what is peculiar about it."""

    plugin: StoragePlugin = StoragePlugin.MCAP
    #: Camera link on what odometry moves (x, y, z, roll, pitch, yaw), and whether TF tells.
    mounting: tuple[float, ...] = (0.0, 0.0, 1.0, 0.0, 0.0, 0.0)
    base_frame: str = 'base_link'
    tells_mounting: bool = True
    odom_frame: str = 'map'
    odom_hz: float = 20.0
    #: Where odometry's frame is in the map, and whether TF tells.
    map_T_odom: Any = None  # noqa: N815  the notation of geometry
    color_topic: str = '/camera/color/image_raw'
    depth_topic: str = '/camera/depth/image_raw'
    color_encoding: str = 'rgb8'
    #: Encoding of an Image, or ``png`` or ``rvl`` of a compressedDepth.
    depth_encoding: str = '16UC1'
    #: Counts per metre of whole numbers.
    depth_counts: float = 1000.0
    depth_late_ns: int = 0
    depth_k: tuple[float, ...] = COLOR_K
    depth_frame: str = 'camera_color_optical_frame'
    #: Depth camera beside the colour one, in its optical frame, and whether TF tells.
    color_T_depth: Any = field(default_factory=lambda: np.eye(4))  # noqa: N815
    tells_depth: bool = False
    depth_info: bool = False
    zero_k: bool = False
    info: bool = True
    #: What the lens of the colour camera bends; depth is registered to its pictures.
    lens: Distortion | None = None
    zero_stamps: bool = False
    confidence: bool = False
    rear_camera: bool = False
    #: Further cameras with colour, depth and TF, whose topics are below their names, and where
    #: the link of each is on the robot.
    named_cameras: dict[str, tuple[float, ...]] = field(default_factory=dict)
    #: Whether the camera that is described above is there at all.
    main_camera: bool = True


def _header(stamp_ns, frame_id, recipe):
    stamp_ns = 0 if recipe.zero_stamps else stamp_ns
    time = TYPES.types['builtin_interfaces/msg/Time'](
        sec=stamp_ns // 10**9, nanosec=stamp_ns % 10**9
    )
    return TYPES.types['std_msgs/msg/Header'](stamp=time, frame_id=frame_id)


def image_msg(header, pixels, encoding):
    rows = np.ascontiguousarray(pixels)
    return TYPES.types['sensor_msgs/msg/Image'](
        header=header,
        height=rows.shape[0],
        width=rows.shape[1],
        encoding=encoding,
        is_bigendian=0,
        step=rows[0].nbytes,
        data=np.frombuffer(rows.tobytes(), np.uint8),
    )


def color_msg(header, rgb, encoding):
    """Return a picture in one of the encodings that cameras use."""
    if encoding == 'rgb8':
        return image_msg(header, rgb, encoding)
    if encoding == 'bayer_rggb8':
        mosaic = rgb[..., 1].copy()
        mosaic[::2, ::2], mosaic[1::2, 1::2] = rgb[::2, ::2, 0], rgb[1::2, 1::2, 2]
        return image_msg(header, mosaic, encoding)
    if encoding == 'rgb16':
        return image_msg(header, rgb.astype('<u2') * 256, encoding)
    yuv = cv2.cvtColor(rgb, cv2.COLOR_RGB2YUV)
    if encoding == 'yuv422_yuy2':
        pairs = np.empty((*rgb.shape[:2], 2), np.uint8)
        pairs[..., 0] = yuv[..., 0]
        pairs[:, ::2, 1], pairs[:, 1::2, 1] = yuv[:, ::2, 1], yuv[:, ::2, 2]
        return image_msg(header, pairs, encoding)
    raise ValueError(encoding)


def depth_msg(header, depth_m, encoding, counts):
    if encoding == '32FC1':
        return image_msg(header, depth_m, encoding)
    whole = np.nan_to_num(depth_m * counts).round().clip(0, 65535).astype('<u2')
    if encoding in ('png', 'rvl'):
        packed = struct.pack('<iff', 0, 0.0, 0.0) + cv2.imencode('.png', whole)[1].tobytes()
        return TYPES.types['sensor_msgs/msg/CompressedImage'](
            header=header,
            format=f'16UC1; compressedDepth {encoding}',
            data=np.frombuffer(rvl(whole) if encoding == 'rvl' else packed, np.uint8),
        )
    return image_msg(header, whole, encoding)


def _info(header, k, *, zero_k, lens=None):
    width, height, fx, fy, cx, cy = k
    matrix = np.array([fx, 0, cx, 0, fy, cy, 0, 0, 1], float)
    projection = np.array([fx, 0, cx, 0, 0, fy, cy, 0, 0, 0, 1, 0], float)
    return TYPES.types['sensor_msgs/msg/CameraInfo'](
        header=header,
        height=height,
        width=width,
        distortion_model=lens.model if lens else 'plumb_bob',
        d=np.array(lens.coefficients) if lens else np.zeros(5),
        k=np.zeros(9) if zero_k else matrix,
        r=np.eye(3).ravel(),
        p=projection,
        binning_x=0,
        binning_y=0,
        roi=TYPES.types['sensor_msgs/msg/RegionOfInterest'](
            x_offset=0, y_offset=0, height=0, width=0, do_rectify=False
        ),
    )


def _geometry(kind, **values):
    return TYPES.types[f'geometry_msgs/msg/{kind}'](**values)


def _transform(header, child, parent_T_child):
    x, y, z = parent_T_child[:3, 3].tolist()
    q = quaternion_from_rotation(parent_T_child[:3, :3])
    return _geometry(
        'TransformStamped',
        header=header,
        child_frame_id=child,
        transform=_geometry(
            'Transform',
            translation=_geometry('Vector3', x=x, y=y, z=z),
            rotation=_geometry('Quaternion', x=q[0], y=q[1], z=q[2], w=q[3]),
        ),
    )


def _odometry(header, child, odom_T_base):
    pose = pose_from_transform(odom_T_base)
    x, y, z = pose.position
    a, b, c, d = pose.orientation
    zero = _geometry('Vector3', x=0.0, y=0.0, z=0.0)
    return TYPES.types['nav_msgs/msg/Odometry'](
        header=header,
        child_frame_id=child,
        pose=_geometry(
            'PoseWithCovariance',
            pose=_geometry(
                'Pose',
                position=_geometry('Point', x=x, y=y, z=z),
                orientation=_geometry('Quaternion', x=a, y=b, z=c, w=d),
            ),
            covariance=np.zeros(36),
        ),
        twist=_geometry(
            'TwistWithCovariance',
            twist=_geometry('Twist', linear=zero, angular=zero),
            covariance=np.zeros(36),
        ),
    )


def _looks(stamp_ns, camera, map_T_camera, recipe):
    """Yield topic, type and message of what a named camera sees."""
    color, depth = render(map_T_camera, COLOR_K)
    header = _header(stamp_ns, f'{camera}_optical_frame', recipe)
    image = 'sensor_msgs/msg/Image'
    yield f'/{camera}/color/image_raw', image, image_msg(header, color, 'rgb8')
    yield f'/{camera}/depth/image_raw', image, depth_msg(header, depth, '16UC1', 1000.0)
    info = _info(header, COLOR_K, zero_k=False)
    yield f'/{camera}/color/camera_info', 'sensor_msgs/msg/CameraInfo', info


def base_in_map(stamp_ns):
    """Drive ahead and turn a little."""
    s = (stamp_ns - START_NS) * 1e-9
    return transform_from_xyz_rpy((0.15 * s, 0.5 * s - 0.6, 0.0, 0.0, 0.0, 0.1 * math.sin(s)))


def record(path: Path, recipe: Recipe) -> Path:
    """Write the recording into the folder ``path`` and return it."""
    base_T_camera = camera_mounting(recipe.mounting)
    map_T_odom = np.eye(4) if recipe.map_T_odom is None else recipe.map_T_odom
    messages: list[tuple[int, str, str, Any]] = []

    def add(at, topic, kind, message):
        messages.append((at, topic, kind, message))

    links = []
    if recipe.tells_mounting:
        link = transform_from_xyz_rpy(recipe.mounting)
        links += [
            _transform(_header(0, recipe.base_frame, recipe), 'camera_link', link),
            _transform(
                _header(0, 'camera_link', recipe), 'camera_color_optical_frame', camera_mounting()
            ),
        ]
    if recipe.tells_depth:
        header = _header(0, 'camera_color_optical_frame', recipe)
        links.append(_transform(header, recipe.depth_frame, recipe.color_T_depth))
    if recipe.map_T_odom is not None:
        header = _header(0, 'map', recipe)
        links.append(_transform(header, recipe.odom_frame, map_T_odom))
    for name, mounting in recipe.named_cameras.items():
        header = _header(0, recipe.base_frame, recipe)
        links.append(_transform(header, f'{name}_optical_frame', camera_mounting(mounting)))
    if links:
        message = TYPES.types['tf2_msgs/msg/TFMessage'](transforms=links)
        add(START_NS, '/tf_static', 'tf2_msgs/msg/TFMessage', message)
    end_ns = START_NS + FRAMES * STEP_NS
    for i in range(int((FRAMES + 1) * STEP_NS * 1e-9 * recipe.odom_hz) + 1):
        at = START_NS + round(i * 1e9 / recipe.odom_hz)
        odom_T_base = inverse(map_T_odom) @ base_in_map(at)
        header = _header(at, recipe.odom_frame, recipe)
        add(
            at, '/odom', 'nav_msgs/msg/Odometry', _odometry(header, recipe.base_frame, odom_T_base)
        )
    for at in range(START_NS, end_ns, STEP_NS):
        for name, mounting in recipe.named_cameras.items():
            for message in _looks(at, name, base_in_map(at) @ camera_mounting(mounting), recipe):
                add(at, *message)
        if not recipe.main_camera:
            continue
        eye = base_in_map(at) @ base_T_camera
        color, depth = render(eye, COLOR_K, recipe.lens)
        if recipe.depth_k != COLOR_K or recipe.tells_depth or recipe.depth_info:
            _, depth = render(eye @ recipe.color_T_depth, recipe.depth_k)
        header = _header(at, 'camera_color_optical_frame', recipe)
        picture = color_msg(header, color, recipe.color_encoding)
        add(at, recipe.color_topic, 'sensor_msgs/msg/Image', picture)
        if recipe.info:
            info = _info(header, COLOR_K, zero_k=recipe.zero_k, lens=recipe.lens)
            add(at, '/camera/color/camera_info', 'sensor_msgs/msg/CameraInfo', info)
        late = at + recipe.depth_late_ns
        header = _header(late, recipe.depth_frame, recipe)
        measured = depth_msg(header, depth, recipe.depth_encoding, recipe.depth_counts)
        packed = recipe.depth_encoding in ('png', 'rvl')
        kind = f'sensor_msgs/msg/{"Compressed" if packed else ""}Image'
        add(late, recipe.depth_topic + '/compressedDepth' * packed, kind, measured)
        if recipe.depth_info:
            info = _info(header, recipe.depth_k, zero_k=False)
            add(late, '/camera/depth/camera_info', 'sensor_msgs/msg/CameraInfo', info)
        if recipe.confidence:
            sure = depth_msg(header, np.full_like(depth, 100.0), '32FC1', 1.0)
            add(at, '/camera/confidence/image', 'sensor_msgs/msg/Image', sure)
            add(at, '/camera/depth/confidence_map', 'sensor_msgs/msg/Image', sure)
        if recipe.rear_camera:
            header = _header(at, 'a_rear_optical_frame', recipe)
            rear = image_msg(header, np.full((120, 160, 3), 90, np.uint8), 'rgb8')
            add(at, '/a_rear/image_raw', 'sensor_msgs/msg/Image', rear)
            info = _info(header, COLOR_K, zero_k=False)
            add(at, '/a_rear/camera_info', 'sensor_msgs/msg/CameraInfo', info)
    with Writer(path, version=9, storage_plugin=recipe.plugin) as writer:
        connections = {}
        for at, topic, kind, message in sorted(messages, key=lambda m: m[0]):
            if topic not in connections:
                connections[topic] = writer.add_connection(topic, kind, typestore=TYPES)
            writer.write(connections[topic], at, TYPES.serialize_cdr(message, kind))
    return path
