"""What a correction says is checked against the memory, and anchored so that it finds it again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from memory_node.core.corrections.anchors import anchor_of, Ground
from memory_node.core.corrections.edit import Edit, EditKind
from memory_node.core.errors import InvalidQueryError, UnknownMapError, UnknownNodeError
from memory_node.core.language.text import clean_label
from memory_node.core.store.repository import Mirror

__all__ = ['body_of', 'forgotten', 'summary_of']

#: A place that no observation is nearer to than this is not on the map [m].
_REACH_M = 10.0


def body_of(
    edit: Edit, ground: Ground, mirror: Mirror, room_of: Callable[[int], str]
) -> dict[str, Any]:
    """
    Return what is stored of a correction; ``room_of`` names the room that a row is in.

    Raises ``UnknownNodeError`` for an object or an observation that is not there,
    ``UnknownMapError``, and ``InvalidQueryError`` where fields exclude each other.
    """
    body = edit.to_body()
    keys = ground.taken.keys
    body['after'] = [int(keys[-1]), mirror.ids(keys[-1:])[0]] if len(keys) else [0, '']
    if edit.kind is EditKind.PLACE:
        return body | _place(edit, ground, mirror)
    if edit.observation_id:
        return body | _shown(edit, ground, mirror, room_of)
    assert edit.object_id is not None
    index = _index(ground, 'object_id', edit.object_id)
    others = [_index(ground, 'others', other) for other in edit.others]
    maps, names = ground.objects.maps, ground.taken.map_ids
    own = names[int(maps[index])]
    for other, number in zip(others, edit.others, strict=True):
        if maps[other] != maps[index]:
            raise InvalidQueryError(
                f'others must be on map {own!r} as object {edit.object_id} is,'
                f' got {number} on {names[int(maps[other])]!r}'
            )
    if edit.map_id not in ('', own):
        raise InvalidQueryError(
            f'map_id must be {own!r}, which object {edit.object_id} is on, got {edit.map_id!r:.80}'
        )
    body['object'] = anchor_of(ground, index, mirror.ids)
    if edit.position is not None:
        away = np.linalg.norm(ground.taken.positions - np.array(edit.position, float), axis=1)
        away[ground.taken.maps != maps[index]] = np.inf
        body |= _beside(int(np.argmin(away)), ground, mirror)
    if others:
        body['others_at'] = [anchor_of(ground, other, mirror.ids) for other in others]
        seen = ground.objects.seen_by
        body['together'] = sum(len(np.intersect1d(seen(index), seen(o))) for o in others)
    return body


def _index(ground: Ground, name: str, number: int) -> int:
    index = int(ground.objects.index_of(np.array([number], np.int64))[0])
    if index < 0:
        raise UnknownNodeError(f'{name}: no object has the id {number}')
    return index


def _place(edit: Edit, ground: Ground, mirror: Mirror) -> dict[str, Any]:
    taken = ground.taken
    maps = np.unique(taken.maps)
    if edit.map_id and edit.map_id not in [taken.map_ids[i] for i in maps.tolist()]:
        raise UnknownMapError(f'map_id: no observation is on a map named {edit.map_id!r:.80}')
    if not edit.map_id and len(maps) > 1:
        raise InvalidQueryError(f'map_id must name one of {len(maps)} maps, got {edit.map_id!r}')
    away = np.linalg.norm(taken.positions - np.array(edit.position, float), axis=1)
    if edit.map_id:
        away[taken.maps != taken.map_ids.index(edit.map_id)] = np.inf
    row = int(np.argmin(away)) if len(away) else -1
    if row < 0 or away[row] > _REACH_M:
        raise InvalidQueryError(
            f'position must be within {_REACH_M:g} m of an observation, got {edit.position}'
        )
    return {
        'map_id': taken.map_ids[int(taken.maps[row])],
        **_beside(row, ground, mirror),
    }


def _beside(row: int, ground: Ground, mirror: Mirror) -> dict[str, Any]:
    """Return the observation that a told point stays beside, with its pose as it is now."""
    taken = ground.taken
    x, y, z = taken.positions[row].tolist()
    return {
        'near': mirror.ids(taken.keys[[row]])[0],
        'near_at': [x, y, z, float(taken.yaws[row])],
    }


def _shown(
    edit: Edit, ground: Ground, mirror: Mirror, room_of: Callable[[int], str]
) -> dict[str, Any]:
    """Return what an answer named: an object that an observation showed, a room, or the view."""
    key = mirror.key_of(edit.observation_id)
    row = int(ground.taken.rows_of_each(np.array([key]))[0])
    body: dict[str, Any] = {'observation': edit.observation_id}
    if not edit.name or row < 0:
        return body
    objects, labels = ground.objects, ground.frames.labels
    wanted = clean_label(edit.name)
    best, cost = -1, np.inf
    for index in range(len(objects)):
        span = slice(int(objects.hist_starts[index]), int(objects.hist_starts[index + 1]))
        named = any(clean_label(labels[i]) == wanted for i in objects.hist_labels[span].tolist())
        if not named or not (objects.view_rows[index] == row or row in objects.seen_by(index)):
            continue
        away = 0.0
        if edit.position is not None and objects.placed[index]:
            away = float(np.linalg.norm(objects.positions[index] - np.array(edit.position)))
        if away < cost:
            best, cost = index, away
    if best >= 0:
        return {'object': anchor_of(ground, best, mirror.ids)}
    if clean_label(room_of(row)) == wanted:
        return body | {'room': True}
    raise UnknownNodeError(f'name: observation {edit.observation_id!r} shows no {edit.name!r}')


def forgotten(edit: Edit, mirror: Mirror) -> list[str]:
    """Return the ids of the observations that a correction removes; some, or an error."""
    snapshot = mirror.snapshot()
    kept = np.ones(len(snapshot), np.bool_)
    if edit.map_id:
        if edit.map_id not in snapshot.map_ids:
            raise UnknownMapError(f'map_id: no observation is on a map named {edit.map_id!r:.80}')
        kept &= snapshot.maps == snapshot.map_ids.index(edit.map_id)
    if edit.since_ns is not None:
        kept &= snapshot.stamps >= edit.since_ns
    if edit.until_ns is not None:
        kept &= snapshot.stamps <= edit.until_ns
    if edit.position is not None:
        away = np.linalg.norm(snapshot.positions - np.array(edit.position), axis=1)
        kept &= away <= edit.radius_m
    if not kept.any():
        raise UnknownNodeError('no observation is of that time and place: nothing is forgotten')
    return mirror.ids(snapshot.keys[kept])


def summary_of(kind: str, body: Any) -> str:
    """Return a correction in words, as it was made."""
    names = body.get('object', {}).get('names') or ['?']
    thing = f'object {body["object_id"]} ({names[0]})' if 'object_id' in body else names[0]
    name, at = body.get('name', ''), body.get('position')
    where = '' if at is None else f'({", ".join(f"{v:.2f}" for v in at)})'
    if kind == EditKind.FORGET:
        return f'{body["count"]} observations forgotten'
    if kind == EditKind.WRONG:
        about = thing if 'object' in body else f'observation {body["observation"]!r}'
        question = f' for {body["question"]!r}' if body.get('question') else ''
        return f'{about} is wrong{question}'
    if kind == EditKind.PLACE:
        radius = body.get('radius_m', 0.0)
        what = f'{radius:g} m around {where}' if radius else f'the room at {where}'
        return f'{what} is {name!r}'
    words = {
        EditKind.MOVE: f'is at {where}',
        EditKind.RELABEL: f'is a {name!r}',
        EditKind.NAME: f'is called {name!r}',
        EditKind.MERGE: f'is the same as {", ".join(map(str, body.get("others", ())))}',
        EditKind.SPLIT: f'is two, the other {f"a {name!r} " if name else ""}at {where}',
        EditKind.CONFIRM: 'is there',
        EditKind.DELETE: 'is not there at all',
    }
    return f'{thing} {words[EditKind(kind)]}'
