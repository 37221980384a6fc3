"""What a correction still says once observations that it names were forgotten."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from memory_node.core.store.forgetting import FORGOTTEN

__all__ = ['named_by', 'without_forgotten']

#: Entries that hold the id of one observation.
_IDS = ('near', 'observation', 'observation_id')


def named_by(body: Mapping[str, Any]) -> set[str]:
    """Return the ids of observations that the body of a correction names."""
    ids = {str(body.get(name) or '') for name in _IDS}
    if body.get('after'):
        ids.add(str(body['after'][1]))
    for anchor in (body.get('object'), *body.get('others_at', ())):
        ids |= {str(one[0]) for one in (anchor or {}).get('seen', ())}
    return ids - {FORGOTTEN}


def without_forgotten(
    body: Mapping[str, Any], known: Collection[str], names: Collection[str]
) -> dict[str, Any]:
    """
    Return the body of a correction without ids that are not known and names nothing goes by.

    What a person said stays; what the memory added to find the object again is cut.
    """
    made = dict(body)
    for name in _IDS:
        if made.get(name) and made[name] not in known:
            made[name] = FORGOTTEN
    if made.get('after') and made['after'][1] not in known:
        made['after'] = [made['after'][0], FORGOTTEN]
    if made.get('object'):
        made['object'] = _anchor(made['object'], known, names)
    if made.get('others_at'):
        made['others_at'] = [_anchor(one, known, names) for one in made['others_at']]
    return made


def _anchor(
    anchor: Mapping[str, Any], known: Collection[str], names: Collection[str]
) -> dict[str, Any]:
    return {
        **anchor,
        'seen': [list(one) for one in anchor['seen'] if one[0] in known],
        'names': [name for name in anchor['names'] if name in names],
    }
