"""
The GML graphs of the Embodied-RAG authors: captioned nodes, or poses with objects around them.

Street-view graphs hold longitude and latitude [deg]; they become local east-north-up metres about
the first node. Building graphs hold ``drone`` poses and ``object`` nodes [m]; an object is seen
from every pose within the graph's ``detection_radius``.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
import math
from pathlib import Path
import re
from typing import Any

import networkx as nx
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from memory_node.core.bounds import MAX_COORDINATE_M, MAX_EXTENT_M, within
from memory_node.core.data import DEFAULT_MAP_ID, Observation, Pose, Sighting, Vector3
from memory_node.core.errors import InvalidObservationError, MemoryNodeError, StoreAccessError
from memory_node.interchange.jsonl import Rejected
from memory_node.interchange.sightings import clean_label

__all__ = ['lon_lat_to_enu', 'object_name', 'read_gml']

#: WGS 84 semi-major axis [m] and first eccentricity squared.
_WGS84_A, _WGS84_E2 = 6378137.0, 6.69437999014e-3
#: Default of the authors' explorer where a graph names none [m].
_DETECTION_RADIUS_M = 5.0


def lon_lat_to_enu(
    lon_lat_deg: NDArray[np.float64], origin_deg: NDArray[np.float64]
) -> NDArray[np.float64]:
    """
    Project (N, 2) longitude, latitude [deg] to (N, 2) east, north [m] about ``origin_deg``.

    First-order expansion of the WGS 84 ellipsoid at the origin: within 0.1 % up to 10 km.
    """
    lat = math.radians(float(origin_deg[1]))
    w = math.sqrt(1.0 - _WGS84_E2 * math.sin(lat) ** 2)
    meridional = _WGS84_A * (1.0 - _WGS84_E2) / w**3
    transverse = _WGS84_A / w
    delta = np.radians(lon_lat_deg - origin_deg)
    return np.stack([delta[:, 0] * transverse * math.cos(lat), delta[:, 1] * meridional], axis=1)


def object_name(label: str) -> str:
    """
    Return an engine's asset name as words: ``SM_RoundTable2_17`` becomes ``round table``.

    Splits camel case, drops numbering and asset prefixes.
    """
    words = re.sub(r'([a-z])([A-Z])', r'\1 \2', clean_label(label))
    words = re.sub(r'\d+', ' ', words)
    kept = [w for w in words.split() if w.lower() not in {'sm', 'bp', 'mesh', 'actor'}]
    return ' '.join(kept).lower() or clean_label(label).lower()


def _position(node: Mapping[str, Any]) -> Vector3:
    try:
        p = node['position']
        position = (float(p['x']), float(p['y']), float(p.get('z', 0.0)))
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise InvalidObservationError(f'position must hold x and y, got {error!r}') from error
    if not within(position, 3, MAX_COORDINATE_M):
        raise InvalidObservationError(f'position must be finite and on Earth, got {position}')
    return position


def _is_geographic(positions: NDArray[np.float64]) -> bool:
    """Degrees: a street graph away from (0, 0) whose nodes lie within one degree."""
    if len(positions) == 0:
        return False
    low, high = positions[:, :2].min(axis=0), positions[:, :2].max(axis=0)
    inside = abs(low[0]) <= 180 and abs(high[0]) <= 180 and abs(low[1]) <= 90
    return bool(inside and abs(high[1]) <= 90 and (high - low).max() < 1.0 and abs(low).max() > 1)


def _objects_near(
    poses: NDArray[np.float64], things: list[tuple[str, Vector3, Vector3 | None]], radius_m: float
) -> list[tuple[Sighting, ...]]:
    if not things:
        return [()] * len(poses)
    tree = KDTree(np.array([position for _, position, _ in things]))
    seen = []
    for pose in poses:
        ids = sorted(tree.query_ball_point(pose, radius_m))
        seen.append(
            tuple(
                Sighting(label=things[i][0], position=things[i][1], extent=things[i][2])
                for i in ids
            )
        )
    return seen


def _extent(node: Mapping[str, Any]) -> Vector3 | None:
    box = node.get('box3D')
    try:
        low, high = box['min'], box['max']  # type: ignore[index]
        size = tuple(abs(float(high[a]) - float(low[a])) for a in ('x', 'y', 'z'))
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    return (size[0], size[1], size[2]) if within(size, 3, MAX_EXTENT_M) else None


def _neighbors(graph: nx.Graph, key: Hashable, names: Mapping[Hashable, str]) -> tuple[str, ...]:
    return tuple(sorted(names[n] for n in nx.all_neighbors(graph, key) if n in names))


def _parse(path: Path) -> nx.Graph:
    try:
        return nx.read_gml(path, label='id')
    except OSError as error:
        raise StoreAccessError(f'cannot read {path}: {error.strerror}') from error
    except (  # TypeError: a key of a node that is a list; AttributeError: a node that is a number
        *(nx.NetworkXError, ValueError, UnicodeError),
        *(RecursionError, OverflowError, TypeError, AttributeError),
    ) as error:
        raise InvalidObservationError(f'{path.name} is not a GML graph: {error}') from error


def read_gml(
    path: Path, rejected: list[Rejected], *, map_id: str | None = None
) -> list[Observation]:
    """
    Return the leaves of a GML graph as observations, in node order.

    Areas of a forest file (level above 0) are skipped, since the forest is grown anew. Nodes
    that can't be read are appended to ``rejected`` with the node's place in the file.
    Raises ``InvalidObservationError`` if the file is not GML.
    """
    graph = _parse(path)
    where = map_id or DEFAULT_MAP_ID
    leaves: list[tuple[Hashable, dict[str, Any], Vector3]] = []
    things: list[tuple[str, Vector3, Vector3 | None]] = []
    for number, (key, node) in enumerate(graph.nodes(data=True), start=1):
        if node.get('level', 0) != 0:
            continue
        try:
            position = _position(node)
        except InvalidObservationError as error:
            rejected.append(Rejected(line=number, reason=f'node {key!r:.40}: {error}'))
            continue
        if node.get('type') == 'object':
            things.append((object_name(str(node.get('label', 'object'))), position, _extent(node)))
        else:
            leaves.append((key, node, position))
    positions = np.array([p for _, _, p in leaves]).reshape(-1, 3)
    if _is_geographic(positions):
        positions[:, :2] = lon_lat_to_enu(positions[:, :2], positions[0, :2].copy())
    radius_m = _radius_m(graph)
    seen = _objects_near(positions, things, radius_m)
    names = {key: str(node.get('label', key)) for key, node, _ in leaves}
    found = []
    for i, (key, node, _) in enumerate(leaves):
        try:
            found.append(
                Observation(
                    id=names[key],
                    stamp_ns=i * 10**9,  # the authors give months at best; order is all there is
                    pose=Pose.from_yaw(_as_vector(positions[i]), float(node.get('yaw', 0.0))),
                    caption=_caption(node),
                    sightings=seen[i],
                    map_id=where,
                    neighbors=_neighbors(graph, key, names),
                    source='gml',
                )
            )
        except (MemoryNodeError, ValueError, TypeError, OverflowError) as error:
            rejected.append(Rejected(line=i + 1, reason=f'node {names[key]!r:.40}: {error}'))
    return found


def _radius_m(graph: nx.Graph) -> float:
    value = graph.graph.get('detection_radius', _DETECTION_RADIUS_M)
    try:
        radius_m = float(value)
    except (TypeError, ValueError, OverflowError):
        radius_m = math.nan
    if not 0.0 <= radius_m <= MAX_COORDINATE_M:
        raise InvalidObservationError(f'detection_radius must be metres, got {value!r:.80}')
    return radius_m


def _as_vector(row: NDArray[np.float64]) -> Vector3:
    return (float(row[0]), float(row[1]), float(row[2]))


def _caption(node: Mapping[str, Any]) -> str:
    title, caption = str(node.get('name', '')).strip(), str(node.get('caption', '')).strip()
    return f'{title}. {caption}' if title and caption else title or caption
