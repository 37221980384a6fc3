"""Writers of JSON Lines, GraphML, and a JSON of rooms and objects, readable by any program."""

from __future__ import annotations

from itertools import chain
import json
from pathlib import Path
from typing import Any

import networkx as nx

from memory_node.core.data import Vector3
from memory_node.core.forest.updater import area_id
from memory_node.core.memory import Memory
from memory_node.core.perception.captions import safe_characters
from memory_node.core.topology.graph import EdgeKind
from memory_node.interchange.corrections import correction_to_dict
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


def _things(memory: Memory) -> list[dict[str, Any]]:
    view = memory.view()
    seen_from = {int(i): view.objects.seen_by(n) for n, i in enumerate(view.objects.ids)}
    ids = [o.id for o in memory.observations()]
    return [
        {
            'id': thing.id,
            'label': thing.label,
            'names': {name: round(share, 3) for name, share in thing.names},
            'map_id': thing.map_id,
            'position': _rounded(thing.position),
            'extent': _rounded(thing.extent),
            'room': thing.room,
            'views': thing.views,
            'existence': round(thing.existence, 3),
            'first_seen': thing.first_ns / 1e9,
            'last_seen': thing.last_ns / 1e9,
            'seen_from': [ids[row] for row in seen_from[thing.id].tolist()],
        }
        for thing in sorted(memory.objects(), key=lambda t: (t.map_id, t.label, t.id))
    ]


def _rounded(vector: Vector3 | None) -> list[float] | None:
    return None if vector is None else [round(v, 3) for v in vector]


def _areas(memory: Memory) -> list[dict[str, Any]]:
    memory.areas.wait()
    return [
        {
            'id': area_id(node.id),
            'level': node.level,
            'map_id': node.map_id,
            'floor': node.floor,
            'name': node.name,
            'summary': node.summary,
            'parent': (
                area_id(node.parent.id)
                if node.parent is not None and node.parent.id >= 0
                else None
            ),
            'position': [round(float(v), 3) for v in node.position],
            'observations': node.count,
            'first_seen': node.first_ns / 1e9,
            'last_seen': node.last_ns / 1e9,
        }
        for node in memory.areas.nodes()
    ]


def _graph(memory: Memory) -> nx.Graph:
    graph = nx.Graph()
    ids = []
    topology = memory.topological_map()
    for o in memory.observations():
        ids.append(_xml_id(o.id))
        x, y, z = o.pose.position
        graph.add_node(
            ids[-1],
            map_id=_xml_id(o.map_id),
            stamp=o.stamp_ns / 1e9,
            x=x,
            y=y,
            z=z,
            yaw=o.pose.yaw_rad,
            caption=safe_characters(o.caption),
            objects=safe_characters(', '.join(s.label for s in o.sightings)),
        )
    edges = topology.edges
    for source, target, kind, length_m in zip(
        edges.sources, edges.targets, edges.kinds, edges.lengths, strict=True
    ):
        graph.add_edge(
            ids[source], ids[target], length=float(length_m), kind=EDGE_NAMES[int(kind)]
        )
    return graph


def _xml_id(name: str) -> str:
    """Write characters that XML can't hold in hexadecimal, so that ids stay distinct."""
    return ''.join(c if safe_characters(c) == c else f'%{ord(c):02X}' for c in name)


def export_memory(memory: Memory, path: Path, kind: str) -> int:
    """
    Write all observations to ``path`` as one of ``FORMATS``; return how many entries.

    ``jsonl`` reads back with ``memory import``, corrections too; ``graphml`` is the topological
    map; ``json`` lists areas and objects.
    """
    if kind == 'jsonl':
        frames = memory.frames
        told = (observation_to_dict(o, frames.get(o.map_id, '')) for o in memory.observations())
        corrected = (correction_to_dict(c) for c in memory.stored_corrections())
        return write_jsonl(chain(told, corrected), path)
    if kind == 'graphml':
        graph = _graph(memory)
        nx.write_graphml(graph, path)
        return int(graph.number_of_nodes())
    if kind == 'json':
        things = _things(memory)
        document = {'objects': things, 'areas': _areas(memory), 'frames': dict(memory.frames)}
        path.write_text(json.dumps(document, ensure_ascii=False, indent=1), encoding='utf-8')
        return len(things)
    raise ValueError(f'format must be one of {", ".join(FORMATS)}, got {kind!r}')
