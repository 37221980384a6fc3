"""Detections that came with a position, brought into the map."""

from __future__ import annotations

import numpy as np

from memory_node.core.data import Sighting
from memory_node.core.perception.geometry import as_vector, Transform, transform_from_pose
from memory_node.core.ports import PlacedDetection

__all__ = ['placed_sighting']


def placed_sighting(detection: PlacedDetection, map_T_frame: Transform | None) -> Sighting:
    """Return what was seen, without position where ``map_T_frame`` is not known."""
    if map_T_frame is None:
        return Sighting(label=detection.label, confidence=detection.confidence)
    map_T_box = map_T_frame @ transform_from_pose(detection.center)
    extent = None
    if detection.size is not None:  # of the box along the map's axes that holds the turned one
        extent = as_vector(np.abs(map_T_box[:3, :3]) @ np.array(detection.size))
    return Sighting(
        label=detection.label,
        confidence=detection.confidence,
        position=as_vector(map_T_box[:3, 3]),
        extent=extent,
    )
