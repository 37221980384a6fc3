"""What a room, an area of the forest, or everything is like, with what that rests on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
import re

import numpy as np
from numpy.typing import NDArray

from memory_node.core.answers.phrases import joined, many, marks, the_room
from memory_node.core.answers.types import Description
from memory_node.core.constraints.base import Kind
from memory_node.core.data import Place, Query, QueryMode
from memory_node.core.errors import EmptyMemoryError, UnknownMapError, UnknownNodeError
from memory_node.core.forest.node import ForestNode
from memory_node.core.forest.updater import area_id, Areas
from memory_node.core.language.directives import reported
from memory_node.core.language.sign_labels import sign_text
from memory_node.core.language.text import counted, lemmas, plural
from memory_node.core.objects.inventory import inventory, Stock
from memory_node.core.retrieval.pipeline import Found, Retriever
from memory_node.core.rooms.vocabulary import split_number
from memory_node.core.view import View

__all__ = ['describe', 'describe_everything', 'describe_found', 'describe_room']

IntArray = NDArray[np.int64]

#: Kinds of things and of rooms that one description names, and citations.
_KINDS, _ROOMS, _CITED = 10, 12, 5
#: Signs among them.
_SIGNS = 3
#: Areas listed below one that is described.
MAX_PARTS = 8
#: How long a description waits for areas that are being named [s].
PATIENCE_S = 5.0
_AREA_ID = re.compile(r'area:(\d+)')


def describe(
    retriever: Retriever, areas: Areas, area: str = '', map_id: str | None = None
) -> Description:
    """Return a description of an area by words or by id, of everything without; see ``Memory``."""
    view = retriever.view()
    if not len(view.snapshot):
        raise EmptyMemoryError('the memory holds no observation yet')
    if map_id is not None and map_id not in view.snapshot.map_ids:
        raise UnknownMapError(f'no observation is on a map named {map_id!r}')
    area = area.strip()
    if match := _AREA_ID.fullmatch(area):
        areas.wait(PATIENCE_S)
        return _forest_area(retriever, areas, int(match[1]))
    if not area:
        areas.wait(PATIENCE_S)
        objects = np.arange(len(view.objects))
        if map_id is not None:
            objects = objects[view.objects.maps == view.snapshot.map_ids.index(map_id)]
        told = describe_everything(view, objects, retriever, map_id)
        return replace(told, parts=tuple(_parts(areas, retriever, areas.tops(map_id))))
    found = retriever.find(Query(text=area, mode=QueryMode.GLOBAL, map_id=map_id))
    return describe_found(found, retriever)


def _forest_area(retriever: Retriever, areas: Areas, node_id: int) -> Description:
    """Return what the forest says of one of its areas."""
    node = areas.node(node_id)
    if node.text is None:
        raise UnknownNodeError(f'area {area_id(node_id)} is not described yet')
    cited = retriever.key_places(areas.typical(node, _CITED))
    words = ' '.join((node.text.summary, *(f'{r.rstrip(".")}.' for r in node.text.relations)))
    children = sorted(node.children, key=lambda child: (-child.count, child.id))
    return Description(
        found=True,
        name=node.text.name,
        text=f'{words} {marks(cited)}'.strip(),
        observations=node.count,
        parts=tuple(_parts(areas, retriever, children)),
        citations=cited,
        generated=node.text.source != 'captions',
    )


def _parts(areas: Areas, retriever: Retriever, nodes: Sequence[ForestNode]) -> list[Place]:
    found = [retriever.area_place(areas, node) for node in nodes if node.text is not None]
    return [place for place in found if place is not None][:MAX_PARTS]


def describe_found(found: Found, retriever: Retriever) -> Description:
    """Return a description of the room that a request names, or of everything that it leaves."""
    candidates, odds = found.candidates, found.odds
    rooms = np.flatnonzero((candidates.kind == Kind.ROOM) & (odds > 0.0))
    if len(rooms):
        best = candidates.index[rooms[np.argsort(-odds[rooms], kind='stable')]]
        called = found.request.subject.name
        return describe_room(
            found.view, _of_that_name(found.view, best, called), retriever, called
        )
    if found.request.subject.name and not found.request.subject.whole:
        name = found.request.subject.name
        return Description(found=False, text=f"I don't know of any {reported(name)} here.")
    objects = candidates.kind == Kind.OBJECT
    met = objects & (found.judged.odds > -1.0)
    return describe_everything(found.view, candidates.index[met], retriever, found.query.map_id)


def _of_that_name(view: View, rooms: IntArray, called: str) -> IntArray:
    """Return those of ``rooms`` that go by the very name, all where none does."""
    wanted = lemmas(called)
    exact = [r for r in rooms.tolist() if lemmas(view.rooms.names[r]) == wanted]
    return np.array(exact, np.int64) if exact else rooms


def describe_room(
    view: View, rooms: IntArray, retriever: Retriever, called: str = ''
) -> Description:
    """Return what is in ``rooms`` of one name, and how many places they are."""
    own = view.rooms.names[int(rooms[0])] or 'this room'
    name, said = reported(called) or own, the_room(called or own)
    inside = np.flatnonzero(np.isin(view.object_rooms, rooms))
    held = [_at_once(view, stock) for stock in inventory(view.objects, inside)]
    stocks = _of_things(view, _telling(view, held), _KINDS)
    cited = retriever.object_places(view, _covering(stocks))
    beside = np.concatenate([view.rooms.neighbors(r)[0] for r in rooms.tolist()])
    beside = beside[~np.isin(beside, rooms)]
    near = list(dict.fromkeys(n for i in beside.tolist() if (n := view.rooms.names[i])))[:_ROOMS]
    parts = []
    if stocks:
        verb = 'is' if stocks[0].count == 1 else 'are'
        parts.append(f'In {said} there {verb} {_listed(view, stocks)}.')
    else:
        parts.append(f'I have been in {said}, and know no thing that is in it.')
    if near:
        parts.append(f'Next to it: {joined(near)}.')
    if (places := _places(view, rooms)) > 1:
        parts.append(f'I know {places} places of that name.')
    return Description(
        found=True,
        name=name,
        text=f'{" ".join(parts)} {marks(cited)}'.strip(),
        observations=sum(len(view.rooms.rows_of(r)) for r in rooms.tolist()),
        citations=cited,
    )


def _telling(view: View, stocks: list[Stock]) -> list[Stock]:
    """Return stocks, first what is much seen here and little elsewhere: no wall, no floor."""
    if not stocks:
        return []
    objects, count = view.objects, len(view.rooms)
    held = view.object_rooms >= 0
    pairs = np.unique(objects.labels[held].astype(np.int64) * count + view.object_rooms[held])
    rooms_with = np.bincount(pairs // count, minlength=len(view.names))
    rarity = np.log((1.0 + count) / np.maximum(rooms_with, 1))
    seen = np.array([objects.frames[s.objects].sum() for s in stocks], np.float64)
    worth = np.sqrt(seen) * rarity[[s.name for s in stocks]]
    return [stocks[i] for i in np.argsort(-worth, kind='stable').tolist()]


def _at_once(view: View, stock: Stock) -> Stock:
    """Return a stock with as many as one view shows at once, where depth has placed none."""
    if view.objects.placed[stock.objects].any():
        return stock
    rows, counts = np.unique(view.objects.view_rows[stock.objects], return_counts=True)
    best = rows[counts.argmax()]
    return replace(stock, objects=stock.objects[view.objects.view_rows[stock.objects] == best])


def _places(view: View, rooms: IntArray) -> int:
    """Return how many places ``rooms`` are, those that touch taken for one."""
    left, places = set(rooms.tolist()), 0
    while left:
        places += 1
        taken = [left.pop()]
        for room in taken:  # grows while it is gone through
            touching = left & set(view.rooms.neighbors(room)[0].tolist())
            taken.extend(touching)
            left -= touching
    return places


def describe_everything(
    view: View, objects: IntArray, retriever: Retriever, map_id: str | None
) -> Description:
    """Return which rooms there are, and which things there are most of among ``objects``."""
    stocks = _of_things(view, inventory(view.objects, objects), _KINDS)
    held = np.unique(view.object_rooms[objects]) if len(objects) else np.arange(len(view.rooms))
    names = Counter(view.rooms.names[r] for r in held[held >= 0].tolist() if view.rooms.names[r])
    parts = []
    if names:
        rooms = [
            name if count == 1 and split_number(name)[1] else counted(count, name)
            for name, count in sorted(names.items(), key=_many)[:_ROOMS]
        ]
        parts.append(f'I know {joined(rooms)}.')
    if stocks:
        named = [view.names.texts[s.name] for s in stocks]
        things = [plural(n) if reported(n) == n else reported(n) for n in named]
        parts.append(f'Most often I saw {joined(things)}.')
    cited = retriever.object_places(view, _covering(stocks))
    return Description(
        found=bool(parts),
        name=map_id or 'everything',
        text=f'{" ".join(parts)} {marks(cited)}'.strip() or 'I have seen nothing yet.',
        observations=len(view.snapshot),
        citations=cited,
    )


def _many(item: tuple[str, int]) -> tuple[int, str]:
    return -item[1], item[0]


def _covering(stocks: Sequence[Stock]) -> IntArray:
    """Return one object of each of the first kinds."""
    return np.array([stock.objects[0] for stock in stocks[:_CITED]], np.int64)


def _listed(view: View, stocks: Sequence[Stock]) -> str:
    return joined([many(stock.count, view.names.texts[stock.name]) for stock in stocks])


def _of_things(view: View, stocks: list[Stock], most: int) -> list[Stock]:
    """Return at most ``most`` stocks, of which few are signs: each text is a name of its own."""
    signs = [s for s in stocks if sign_text(view.names.texts[s.name])][_SIGNS:]
    return [s for s in stocks if s not in signs][:most]
