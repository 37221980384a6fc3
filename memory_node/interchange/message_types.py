"""Messages that a recording may hold without their definitions, as older ``.db3`` files do."""

from __future__ import annotations

from functools import cache

from rosbags.typesys import get_types_from_msg, get_typestore, Stores
from rosbags.typesys.store import Typestore

__all__ = ['known_types']

#: Definitions of what common interfaces lack, a field a line: vision_msgs 4 and our own.
_DEFINITIONS = {
    'vision_msgs/msg/Point2D': 'float64 x\nfloat64 y',
    'vision_msgs/msg/Pose2D': 'vision_msgs/Point2D position\nfloat64 theta',
    'vision_msgs/msg/BoundingBox2D': 'vision_msgs/Pose2D center\nfloat64 size_x\nfloat64 size_y',
    'vision_msgs/msg/BoundingBox3D': 'geometry_msgs/Pose center\ngeometry_msgs/Vector3 size',
    'vision_msgs/msg/ObjectHypothesis': 'string class_id\nfloat64 score',
    'vision_msgs/msg/ObjectHypothesisWithPose': (
        'vision_msgs/ObjectHypothesis hypothesis\ngeometry_msgs/PoseWithCovariance pose'
    ),
    'vision_msgs/msg/Detection2D': (
        'std_msgs/Header header\nvision_msgs/ObjectHypothesisWithPose[] results\n'
        'vision_msgs/BoundingBox2D bbox\nstring id'
    ),
    'vision_msgs/msg/Detection2DArray': (
        'std_msgs/Header header\nvision_msgs/Detection2D[] detections'
    ),
    'vision_msgs/msg/Detection3D': (
        'std_msgs/Header header\nvision_msgs/ObjectHypothesisWithPose[] results\n'
        'vision_msgs/BoundingBox3D bbox\nstring id'
    ),
    'vision_msgs/msg/Detection3DArray': (
        'std_msgs/Header header\nvision_msgs/Detection3D[] detections'
    ),
    'vision_msgs/msg/VisionClass': 'uint16 class_id\nstring class_name',
    'vision_msgs/msg/LabelInfo': (
        'std_msgs/Header header\nvision_msgs/VisionClass[] class_map\nfloat32 threshold'
    ),
    'memory_msgs/msg/Detection': (
        'string label\nfloat32 confidence\nfloat32 left\nfloat32 top\nfloat32 right\n'
        'float32 bottom'
    ),
    'memory_msgs/msg/DetectionArray': (
        'std_msgs/Header header\nmemory_msgs/Detection[] detections'
    ),
    'memory_msgs/msg/Caption': 'std_msgs/Header header\nstring text',
}


@cache
def known_types() -> Typestore:
    """Return the interfaces of ROS 2 Jazzy, detections and captions."""
    types = get_typestore(Stores.ROS2_JAZZY)
    for name, definition in _DEFINITIONS.items():
        types.register(get_types_from_msg(definition, name))
    return types
