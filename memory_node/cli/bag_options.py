"""Options of ``memory import`` that say how a recording is read."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from memory_node.core.config import IngestConfig
from memory_node.core.errors import InvalidObservationError
from memory_node.core.perception.camera_names import check_camera_names, ONLY
from memory_node.interchange.topics import ROLES

if TYPE_CHECKING:
    from memory_node.interchange.bag_camera import BagSettings

__all__ = ['bag_settings', 'describe_bags']


def describe_bags(bag: argparse._ArgumentGroup) -> None:
    """Describe the options."""
    defaults = IngestConfig()
    bag.add_argument(
        '--detector',
        type=Path,
        metavar='ONNX',
        help='model file of a detector; without it, recorded detections or captions are taken',
    )
    bag.add_argument(
        '--captioner',
        default='onnx',
        metavar='NAME',
        help='what looks at the pictures: onnx with --detector, none where --image-encoder is to'
        ' find them, or the name of a plug-in',
    )
    bag.add_argument(
        '--classes',
        type=Path,
        metavar='FILE',
        help='class names of the detector, or of recorded class ids: one a line, YAML or JSON',
    )
    bag.add_argument('--min-confidence', type=float, default=0.3, help='of a detection, 0 to 1')
    bag.add_argument(
        '--signs',
        action='store_true',
        help='read door plates and signs in the pictures (needs memory_node[signs])',
    )
    bag.add_argument(
        '--topic',
        action='append',
        default=[],
        type=_role,
        metavar='ROLE=TOPIC',
        help=f'topic for {", ".join(ROLES)}; of several cameras NAME/ROLE=TOPIC; repeatable',
    )
    bag.add_argument(
        '--cameras',
        type=_names,
        default=(),
        metavar='NAME,NAME',
        help='take several cameras: names that are parts of the names of their topics',
    )
    bag.add_argument(
        '--camera',
        action='append',
        default=[],
        type=_mounting,
        metavar='[NAME=]X,Y,Z,ROLL,PITCH,YAW',
        help='camera on the robot [m, rad], pitch down positive; instead of /tf_static',
    )
    bag.add_argument(
        '--depth-unit',
        type=float,
        default=0.0,
        metavar='M',
        help='metres per count of depth (default: 0.001 for 16UC1, 1 for 32FC1)',
    )
    bag.add_argument(
        '--depth-registered',
        action='store_true',
        help='depth is registered to colour, whatever their frames are called',
    )
    bag.add_argument(
        '--rectified',
        choices=('auto', 'yes', 'no'),
        default='auto',
        help="whether pictures come without the lens's distortion (default: by topic, image_rect)",
    )
    bag.add_argument(
        '--pairing-slop',
        type=float,
        default=defaults.pairing_slop_s,
        metavar='S',
        help='largest stamp difference of depth and picture (default: %(default)s)',
    )
    bag.add_argument(
        '--odometry-gap',
        type=float,
        default=defaults.odometry_gap_s,
        metavar='S',
        help='longest odometry gap that is interpolated (default: %(default)s)',
    )


def _role(text: str) -> tuple[str, str]:
    role, equals, topic = text.partition('=')
    if not (role and equals and topic):
        raise argparse.ArgumentTypeError(f'expected ROLE=TOPIC, got {text!r}')
    return role, topic


def _names(text: str) -> tuple[str, ...]:
    names = tuple(part.strip() for part in text.split(','))
    try:
        check_camera_names(names)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return names


def _mounting(text: str) -> tuple[str, tuple[float, ...]]:
    name, _, numbers = text.rpartition('=')
    try:
        values = tuple(float(part) for part in numbers.split(','))
    except ValueError:
        values = ()
    if len(values) != 6:
        raise argparse.ArgumentTypeError(
            f'expected x,y,z,roll,pitch,yaw in metres and radians, got {text!r}'
        )
    return name, values


def bag_settings(args: argparse.Namespace) -> BagSettings:
    """Return what the options say; raises ``InvalidObservationError`` out of their ranges."""
    from memory_node.interchange.bag_camera import BagSettings  # rosbags and OpenCV are slow

    try:
        ingest = IngestConfig(pairing_slop_s=args.pairing_slop, odometry_gap_s=args.odometry_gap)
    except (TypeError, ValueError) as error:
        raise InvalidObservationError(str(error)) from error
    mountings = dict(args.camera)
    if strange := mountings.keys() - set(args.cameras or (ONLY,)):
        named = ', '.join(args.cameras) or 'none'
        raise InvalidObservationError(
            f'--camera must name one of --cameras ({named}), got {min(strange)!r}'
        )
    return BagSettings(
        captioner=args.captioner,
        detector=args.detector,
        classes=args.classes,
        min_confidence=args.min_confidence,
        signs='rapidocr' if args.signs else 'none',
        map_id=args.map_id,
        cameras=args.cameras,
        camera=mountings.pop(ONLY, None),
        mountings=mountings,
        topics=dict(args.topic),
        depth_unit_m=args.depth_unit,
        depth_registered=args.depth_registered,
        rectified=args.rectified,
        ingest=ingest,
    )
