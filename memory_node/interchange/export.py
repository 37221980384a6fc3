"""Writers of JSON Lines, GraphML, and a JSON of rooms and objects, readable by any program."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
import json
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np

from memory_node.core.data import Observation, Vector3
from memory_node.core.memory import Memory
from memory_node.core.topology import EdgeKind
from memory_node.interchange.jsonl import observation_to_dict, write_jsonl

#: How the two ends of an edge are known to be joined.
EDGE_NAMES = {
    EdgeKind.GIVEN: 'given',
    EdgeKind.TRAVERSAL: 'traversal',
    EdgeKind.PROXIMITY: 'proximity',
    EdgeKind.BRIDGE: 'bridge',
}

__all__ = ['FORMATS', 'export_memory']

FORMATS = ('jsonl', 'graphml', 'json')

#: Sightings of one label this close are one thing in the export [m].
_SAME_THING_M = 1.0


def _things(observations: Iterable[Observation]) -> list[dict[str, Any]]:
    """Group sightings of one label by place; a sighting without depth stands at its observer."""
    groups: dict[tuple[str, str], list[tuple[Vector3, bool, Observation]]] = defaultdict(list)
    for observation in observations:
        for sighting in observation.sightings:
            position = sighting.position or observation.pose.position
            groups[observation.map_id, sighting.label].append(
                (position, sighting.position is not None, observation)
            )
    things = []
    for (map_id, label), seen in sorted(groups.items(), key=lambda item: item[0]):
        centers: list[list[tuple[Vector3, bool, Observation]]] = []
        for entry in seen:
            home = next(
                (c for c in centers if _distance(c[0][0], entry[0]) <= _SAME_THING_M), None
            )
            if home is None:
                centers.append([entry])
            else:
                home.append(entry)
        for center in centers:
            things.append(
                {
                    'label': label,
                    'map_id': map_id,
                    'position': np.mean([p for p, _, _ in center], axis=0).round(3).tolist(),
                    'measured': any(measured for _, measured, _ in center),
                    'seen': len(center),
                    'last_seen': max(o.stamp_ns for _, _, o in center) / 1e9,
                    'seen_from': sorted({o.id for _, _, o in center}),
                }
            )
    return things


def _distance(a: Vector3, b: Vector3) -> float:
    return float(np.linalg.norm(np.subtract(a, b)))


def _graph(memory: Memory) -> nx.Graph:
    graph = nx.Graph()
    ids = []
    topology = memory.topological_map()
    for o in memory.observations():
        ids.append(o.id)
        x, y, z = o.pose.position
        graph.add_node(
            o.id,
            map_id=o.map_id,
            stamp=o.stamp_ns / 1e9,
            x=x,
            y=y,
            z=z,
            yaw=o.pose.yaw_rad,
            caption=_xml_text(o.caption),
            objects=_xml_text(', '.join(s.label for s in o.sightings)),
        )
    edges = topology.edges
    for source, target, kind, length_m in zip(
        edges.sources, edges.targets, edges.kinds, edges.lengths, strict=True
    ):
        graph.add_edge(
            ids[source], ids[target], length=float(length_m), kind=EDGE_NAMES[int(kind)]
        )
    return graph


def _xml_text(text: str) -> str:
    """Drop the control characters that XML 1.0 has no way to write."""
    return ''.join(c for c in text if c >= ' ' or c in '\t\n\r')


def export_memory(memory: Memory, path: Path, kind: str) -> int:
    """
    Write all observations to ``path`` as one of ``FORMATS``; return how many entries.

    ``jsonl`` reads back with ``memory import``; ``graphml`` is the topological map; ``json``
    lists areas and objects.
    """
    if kind == 'jsonl':
        return write_jsonl(map(observation_to_dict, memory.observations()), path)
    if kind == 'graphml':
        graph = _graph(memory)
        nx.write_graphml(graph, path)
        return int(graph.number_of_nodes())
    if kind == 'json':
        things = _things(memory.observations())
        document = {'objects': things, 'areas': memory.areas()}
        path.write_text(json.dumps(document, ensure_ascii=False, indent=1), encoding='utf-8')
        return len(things)
    raise ValueError(f'format must be one of {", ".join(FORMATS)}, got {kind!r}')
