"""What an area, or everything, is like: told from the semantic forest, with what it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
import re

from memory_node.core.data import Observation, Place, Query, QueryMode
from memory_node.core.errors import EmptyMemoryError, UnknownMapError, UnknownNodeError
from memory_node.core.forest.node import ForestNode
from memory_node.core.forest.updater import Areas
from memory_node.core.memory import Memory
from memory_node.core.overview import area_id
from memory_node.core.perception.captions import plural

__all__ = ['AreaDescription', 'citation', 'describe', 'marks']

#: Parts and citations of one description.
MAX_PARTS, MAX_CITATIONS = 8, 5
#: How long a description waits for areas that are being named [s].
PATIENCE_S = 5.0
_AREA_ID = re.compile(r'area:(\d+)')


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaDescription:
    """An area in words; ``[n]`` in the text cites ``citations[n - 1]``."""

    found: bool
    name: str = ''
    text: str = ''
    #: Observations below the area.
    observations: int = 0
    #: Areas directly below, largest first.
    parts: tuple[Place, ...] = ()
    citations: tuple[Place, ...] = ()
    #: Whether a language model worded it.
    generated: bool = False


def describe(memory: Memory, area: str = '', map_id: str | None = None) -> AreaDescription:
    """
    Describe an area by words ("the kitchen") or id (``area:12``), or everything if empty.

    Raises ``EmptyMemoryError``, ``UnknownMapError``, ``UnknownNodeError`` for an id that is not
    there, and what ``Memory.search`` raises.
    """
    if not len(memory.snapshot()):
        raise EmptyMemoryError('the memory holds no observation yet')
    if map_id is not None and map_id not in memory.map_ids:
        raise UnknownMapError(f'no observation is on a map named {map_id!r}')
    areas = memory.areas
    areas.wait(PATIENCE_S)
    area = area.strip()
    if not area:
        return _everything(memory, areas, map_id)
    if match := _AREA_ID.fullmatch(area):
        with areas.lock:
            node = areas.forest.node(int(match[1]))
    else:
        found = memory.search(Query(text=area, mode=QueryMode.GLOBAL, map_id=map_id))
        best = next((p for p in found.places if p.level > 0), None)
        if best is None:
            return AreaDescription(found=False, text='I know no such area.')
        with areas.lock:
            node = areas.forest.node(int(best.node_id.partition(':')[2]))
    return _one(memory, areas, node)


def _one(memory: Memory, areas: Areas, node: ForestNode) -> AreaDescription:
    with areas.lock:
        text = node.text
        count = node.count
        parts = _places(memory, areas, _parts(node))
    cited = _cited(memory, areas, node, MAX_CITATIONS)
    if text is None:
        raise UnknownNodeError(f'area {area_id(node.id)} is not described yet')
    words = ' '.join((text.summary, *(f'{r.rstrip(".")}.' for r in text.relations)))
    return AreaDescription(
        found=True,
        name=text.name,
        text=f'{words} {marks(cited)}'.strip(),
        observations=count,
        parts=parts,
        citations=cited,
        generated=text.source != 'captions',
    )


def _everything(memory: Memory, areas: Areas, map_id: str | None) -> AreaDescription:
    with areas.lock:
        roots = areas.forest.roots(map_id)
        if len(roots) == 1:
            root = roots[0]
            return _one(memory, areas, root)
        count = sum(root.count for root in roots)
        parts = _places(memory, areas, sorted(roots, key=lambda n: (-n.count, n.id)))
        sentences = [f'{place.label}: {place.caption} [{i}]' for i, place in enumerate(parts, 1)]
    floors = f'{len(roots)} {plural("floor")}'
    return AreaDescription(
        found=bool(parts),
        name=map_id or 'everything',
        text=f'{count} observations on {floors}. ' + ' '.join(sentences),
        observations=count,
        parts=parts,
        citations=parts,
    )


def _parts(node: ForestNode) -> list[ForestNode]:
    children = sorted(node.children, key=lambda child: (-child.count, child.id))
    return [child for child in children if child.text is not None][:MAX_PARTS]


def _places(memory: Memory, areas: Areas, nodes: Sequence[ForestNode]) -> tuple[Place, ...]:
    places = []
    for node in nodes[:MAX_PARTS]:
        typical = _observations(memory, areas, node, 1)
        if not typical:
            continue
        places.append(
            Place(
                node_id=area_id(node.id),
                level=node.level,
                map_id=node.map_id,
                pose=typical[0].pose,
                stamp_ns=node.last_ns,
                score=float(node.count),
                confidence=1.0,
                label=node.name,
                caption=node.summary,
                area_path=areas.path_of(node),
                evidence_ids=tuple(o.id for o in typical),
                why=f'{node.count} observations',
            )
        )
    return tuple(places)


def citation(item: Observation, area_path: tuple[str, ...] = (), why: str = 'seen there') -> Place:
    """Return an observation as the place that a text rests on."""
    return Place(
        node_id=item.id,
        level=0,
        map_id=item.map_id,
        pose=item.pose,
        stamp_ns=item.stamp_ns,
        score=1.0,
        confidence=1.0,
        label=item.sightings[0].label if item.sightings else '',
        caption=item.caption,
        area_path=area_path,
        evidence_ids=(item.id,),
        why=why,
    )


def marks(cited: Sequence[Place]) -> str:
    """Return the marks of all citations, ``[1] [2]``."""
    return ' '.join(f'[{i}]' for i in range(1, len(cited) + 1))


def _cited(memory: Memory, areas: Areas, node: ForestNode, most: int) -> tuple[Place, ...]:
    path = (*areas.path_of(node), node.name)
    items = _observations(memory, areas, node, most)
    return tuple(citation(item, path, 'seen in this area') for item in items)


def _observations(memory: Memory, areas: Areas, node: ForestNode, most: int) -> list[Observation]:
    """Return observations near the middle of an area, those that were removed left out."""
    return memory.by_keys(areas.typical(node, most))
