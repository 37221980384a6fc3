"""What a question about a room, a floor or everything is told: what is there, by who saw it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from memory_node.core.constraints.naming import CALLED, Names
from memory_node.core.data import Place, Query
from memory_node.core.describing import AreaDescription, citation, marks
from memory_node.core.forest.rooms import ROOM_NAMES
from memory_node.core.forest.updater import Areas
from memory_node.core.inventory import (
    commonest,
    covering,
    Holding,
    holdings,
    holdings_of,
    listed,
)
from memory_node.core.memory import Memory
from memory_node.core.modes import named_part
from memory_node.core.perception.captions import plural
from memory_node.core.store.snapshot import Snapshot

__all__ = ['tell']

#: Kinds of things, kinds of rooms, and citations of one answer.
_KINDS, _ROOMS, _CITED = 10, 12, 5
#: Kinds of things that are told of a whole building.
_COMMON = 8
#: Of so many captions as many must call a room by a name as of few: some are wrong.
_FEW = 500


def tell(memory: Memory, query: Query) -> AreaDescription | None:
    """
    Say what the area that a question names is like, or everything if it names none.

    Conditions of the question (a floor, a time) hold. ``found`` is false for an area that nothing
    goes by; None where nothing was recognised. Raises as ``Memory.search`` does.
    """
    snapshot, remaining = memory.searcher.remaining(query)
    kept = np.ones(len(snapshot), np.bool_)
    if remaining is not None:
        kept[:] = False
        kept[remaining] = True
    names = memory.searcher.names(snapshot)
    # What captions call a room comes first: the manager office is no office by itself.
    part = names.room_in(query.text) or named_part(query.text)
    if not part:
        return _everything(memory, names, snapshot, kept, query.map_id)
    # Conditions cut sightings out of a snapshot; where rooms end is told from all of them.
    whole = memory.snapshot()
    told = memory.searcher.names(whole).told(part) if len(whole) == len(kept) else None
    if told is not None and told.sightings is not None:
        inside, within = told.rows, told.sightings
        if (inside & kept).any():
            inside, within = inside & kept, within & kept[whole.seers]
        kinds = holdings_of(whole, inside, within)[:_KINDS]
        return _listed(memory, whole, part, inside, kinds)
    inside, outside = _area(names, part)
    if not inside.any():
        return AreaDescription(found=False, text=f"I don't know of a {part} here.")
    if (inside & kept).any():
        inside &= kept
    kinds = holdings(snapshot, inside, outside)[:_KINDS]
    return _listed(memory, snapshot, part, inside, kinds)


def _area(names: Names, part: str) -> tuple[NDArray[np.bool_], NDArray[np.bool_] | None]:
    """Return the rows in an area, and those known to be elsewhere; None: all others are."""
    called = names.said(part)
    if np.count_nonzero(called) >= CALLED:
        nouns = sorted({name.split()[-1] for name in ROOM_NAMES})
        return called, names.said_any(nouns)
    area = names.area(part)
    return (called, None) if area is None else (area.rows.copy(), None)


def _listed(
    memory: Memory,
    snapshot: Snapshot,
    part: str,
    inside: NDArray[np.bool_],
    kinds: Sequence[Holding],
) -> AreaDescription | None:
    if not kinds:
        return None
    cited = _cited(memory, snapshot, covering(kinds, _CITED))
    return AreaDescription(
        found=True,
        name=part,
        text=f'In the {part} there is {listed(kinds)}. {marks(cited)}',
        observations=int(np.count_nonzero(inside)),
        citations=cited,
    )


def _everything(
    memory: Memory,
    names: Names,
    snapshot: Snapshot,
    kept: NDArray[np.bool_],
    map_id: str | None,
) -> AreaDescription | None:
    rows = np.flatnonzero(kept)
    things = [label for label, _ in commonest(snapshot, rows, _COMMON)]
    rooms = _rooms(names, memory.areas, kept, map_id)
    if not things and not rooms:
        return None
    sentences = []
    if rooms:
        sentences.append(f'There is {_joined(rooms)}.')
    if things:
        sentences.append(f'Most often I saw {_joined([plural(label) for label in things])}.')
    middle = rows[np.linspace(0, len(rows) - 1, min(_CITED, len(rows))).astype(np.int64)]
    cited = _cited(memory, snapshot, np.unique(middle).tolist())
    return AreaDescription(
        found=True,
        name=map_id or 'everything',
        text=f'{" ".join(sentences)} {marks(cited)}',
        observations=len(rows),
        citations=cited,
    )


def _rooms(names: Names, areas: Areas, kept: NDArray[np.bool_], map_id: str | None) -> list[str]:
    """Return kinds of rooms, those with most observations first."""
    least = max(CALLED, CALLED * int(np.count_nonzero(kept)) // _FEW)
    counts = names.kinds(kept, least) or areas.rooms(map_id)
    return [name for name, _ in sorted(counts.items(), key=lambda c: (-c[1], c[0]))][:_ROOMS]


def _cited(memory: Memory, snapshot: Snapshot, rows: Sequence[int]) -> tuple[Place, ...]:
    items = memory.by_keys(snapshot.keys[np.array(rows, np.int64)].tolist())
    return tuple(map(citation, items))


def _joined(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f'{", ".join(words[:-1])} and {words[-1]}'
