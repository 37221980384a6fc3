"""
Corrections in JSON Lines: ``{"correction": {kind, author, stamp [ns], ...}}``, after observations.

What a correction is about is told by ids of observations, so a file holds both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from memory_node.core.bounds import MAX_COORDINATE_M, within
from memory_node.core.corrections.edit import (
    checked_text,
    Edit,
    MAX_AUTHOR_CHARS,
    MAX_NAME_CHARS,
)
from memory_node.core.errors import InvalidQueryError
from memory_node.core.memory import Memory
from memory_node.core.store.corrections import Correction
from memory_node.interchange.jsonl import Identity, read_jsonl, Rejected

__all__ = ['correction_to_dict', 'import_corrections']


def correction_to_dict(correction: Correction) -> dict[str, Any]:
    """Return one line."""
    return {
        'correction': {
            'kind': correction.kind,
            'author': correction.author,
            'stamp': correction.stamp_ns,
            'undone': correction.undone_ns,
            'undone_by': correction.undone_by,
            'body': dict(correction.body),
        }
    }


def import_corrections(
    memory: Memory, path: Path, rejected: list[Rejected], identity: Identity
) -> int:
    """
    Store the corrections of a file; return how many are new.

    Those of forgetting are left out: what was forgotten is not in the file.
    """
    keys = memory.snapshot().keys
    last_key = int(keys[-1]) if len(keys) else 0

    def parse(item: object) -> Correction | None:
        return _read(item, identity, last_key)

    return memory.add_corrections(c for c in read_jsonl(path, parse, rejected) if c is not None)


def _read(item: object, identity: Identity, last_key: int) -> Correction | None:
    if not isinstance(item, dict) or 'correction' not in item:
        return None
    told = item['correction']
    if not isinstance(told, dict) or not isinstance(told.get('body'), dict):
        raise InvalidQueryError(f'correction must hold an object with a body, got {told!r:.80}')
    if told.get('kind') == 'forget':
        return None
    stamps = (told.get('stamp'), told.get('undone'))
    if not isinstance(stamps[0], int) or not isinstance(stamps[1], int | None):
        raise InvalidQueryError(f'correction.stamp must be nanoseconds, got {stamps!r:.80}')
    body = _renamed(told['body'], identity)
    edit = Edit.of_body(str(told.get('kind')), body)
    _check_anchors(body)
    correction = Correction(
        stamp_ns=stamps[0],
        author=checked_text('author', told.get('author', ''), MAX_AUTHOR_CHARS),
        kind=edit.kind.value,
        body={**body, 'after': [last_key, str(body['after'][1])]},
        undone_ns=stamps[1],
    )
    undone_by = told.get('undone_by') or ''
    if undone_by:
        undone_by = checked_text('undone_by', undone_by, MAX_AUTHOR_CHARS)
    return replace(correction, undone_by=undone_by)


def _renamed(body: Mapping[str, Any], identity: Identity) -> dict[str, Any]:
    """Return what a correction says with the ids and the map that its file is given here."""
    made = dict(body)

    def anchor(one: Any) -> Any:
        if not isinstance(one, dict):
            raise InvalidQueryError(f'correction.object must hold an object, got {one!r:.80}')
        seen = [[identity.prefix + str(s[0]), *s[1:]] for s in one.get('seen', ())]
        return {**one, 'seen': seen, 'map_id': identity.map_id or one.get('map_id', '')}

    try:
        made['after'] = [0, identity.prefix + str(body['after'][1])]
        if 'object' in made:
            made['object'] = anchor(made['object'])
        if 'others_at' in made:
            made['others_at'] = [anchor(one) for one in made['others_at']]
    except (TypeError, IndexError, KeyError) as error:
        raise InvalidQueryError(f'correction.object can not be read: {error}') from error
    for name in ('near', 'observation', 'observation_id'):
        if name in made:
            made[name] = identity.prefix + str(made[name])
    if identity.map_id and made.get('map_id'):
        made['map_id'] = identity.map_id
    return made


def _check_anchors(body: Mapping[str, Any]) -> None:
    """Refuse what could not be applied later."""
    anchors = [body['object']] if 'object' in body else []
    anchors += body.get('others_at', [])
    try:
        for one in anchors:
            for name in one['names']:
                checked_text('correction.object.names', name, 2 * MAX_NAME_CHARS)
            for _, place, name in one['seen']:
                fits = isinstance(name, str) and isinstance(place, int) and place >= 0
                if not fits:
                    raise ValueError(f'seen holds {place!r:.40} and {name!r:.40}')
            if not one['names'] or min(int(one['views']), int(one['misses'])) < 0:
                raise ValueError('it has no name, or counts below 0')
            points = [one['position']] if one['position'] is not None else []
            _check_points('correction.object.position', points)
        if 'near' in body:
            x, y, z, yaw = body['near_at']
            _check_points('correction.near_at', [(x, y, z), (yaw, 0.0, 0.0)])
    except (TypeError, ValueError, KeyError) as error:
        raise InvalidQueryError(f'correction.object can not be read: {error}') from error
    held = 'object' in body or 'observation' in body or 'near' in body
    if not held or ('others' in body) != ('others_at' in body):
        raise InvalidQueryError('correction does not say what it is about')


def _check_points(name: str, points: list[Any]) -> None:
    for point in points:
        if not within(tuple(point), 3, MAX_COORDINATE_M):
            raise InvalidQueryError(
                f'{name} must be finite and at most {MAX_COORDINATE_M:g} m, got {point!r:.120}'
            )
