"""
Lays names that people gave places over the rooms.

A name without a radius is that of the room around the told point. With one, what is within it
becomes a place of its own inside that room: "the charging corner".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import block_array, csr_array

from memory_node.core.corrections.anchors import MADE_IDS
from memory_node.core.rooms.rooms import Rooms
from memory_node.core.rooms.told import Spot, ToldRooms
from memory_node.core.rooms.views import BoolArray
from memory_node.core.rooms.vocabulary import plain, Vocabulary
from memory_node.core.store.snapshot import Snapshot

__all__ = ['Naming', 'with_names']

#: Log-odds that a room goes by the name a person gave it, and that it is of another listed kind.
_TOLD, _OTHER_KIND = 4.0, -4.0
#: Votes of captions that a told name counts as.
_VOTES = 50.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """A name for the room that an observation is in, or for what is around a point of its map."""

    number: int
    name: str
    row: int
    position: tuple[float, float, float]
    radius_m: float
    note: str


@dataclass(slots=True)
class _Draft:
    rooms: Rooms
    notes: dict[int, str] = field(default_factory=dict)
    spots: list[Spot] = field(default_factory=list)


def with_names(
    rooms: Rooms, namings: Sequence[Naming], snapshot: Snapshot, vocabulary: Vocabulary
) -> ToldRooms:
    """Return the rooms with the names that people gave, later ones over earlier ones."""
    draft = _Draft(rooms)
    for naming in namings:
        if naming.row >= len(draft.rooms.room_of_row):
            continue  # the rooms do not know the observation yet
        room = int(draft.rooms.room_of_row[naming.row])
        if naming.radius_m:
            room = _cut_out(draft, naming, room, snapshot)
        if room < 0:
            continue
        draft.rooms = _named(draft.rooms, room, naming.name, vocabulary)
        draft.notes[room] = naming.note
    return ToldRooms(rooms=draft.rooms, notes=draft.notes, spots=tuple(draft.spots))


def _named(rooms: Rooms, room: int, name: str, vocabulary: Vocabulary) -> Rooms:
    word = plain(name)
    said, votes = rooms.said, rooms.said_votes
    if word not in said:
        said = (*said, word)
        votes = np.hstack([votes, np.zeros((len(rooms), 1), np.float32)])
    else:
        votes = votes.copy()
    votes[room, said.index(word)] += _VOTES
    scores = rooms.kind_scores
    if (kind := vocabulary.index(word)) >= 0:
        scores = scores.copy()
        scores[room] = np.minimum(scores[room], _OTHER_KIND)
        scores[room, kind] = _TOLD
    names, sure, named = list(rooms.names), rooms.confidences.copy(), rooms.named.copy()
    names[room], sure[room], named[room] = name, _TOLD, True
    return replace(
        rooms,
        names=tuple(names),
        confidences=sure,
        named=named,
        said=said,
        said_votes=votes,
        kind_scores=scores,
    )


def _cut_out(draft: _Draft, naming: Naming, host: int, snapshot: Snapshot) -> int:
    """Make a place of what is around a point; return its room, the host where it is all of it."""
    rooms = draft.rooms
    count = len(rooms.room_of_row)
    positions, maps = snapshot.positions[:count], snapshot.maps[:count]
    spot = Spot(
        room=len(rooms),
        map=int(maps[naming.row]),
        center=naming.position,
        radius_m=naming.radius_m,
    )
    inside = spot.holds(maps, positions) & (rooms.room_of_row >= 0)
    inside[naming.row] = True
    if host < 0 or not (rooms.room_of_row[~inside] == host).any():
        return host
    for other in np.unique(rooms.room_of_row[inside]).tolist():
        if not (rooms.room_of_row[~inside] == other).any():
            inside &= rooms.room_of_row != other  # no room is emptied
    new = len(rooms)
    of_row = rooms.room_of_row.copy()
    of_row[inside] = new
    links = np.zeros((1, new))
    links[0, host] = float(inside.sum())
    away = np.linalg.norm(positions - np.array(naming.position), axis=1)
    away[~inside] = np.inf
    near = csr_array(
        block_array([[rooms.adjacency, csr_array(links.T)], [csr_array(links), None]])
    )
    draft.rooms = replace(
        rooms,
        room_of_row=of_row,
        ids=np.append(rooms.ids, MADE_IDS + naming.number),
        names=(*rooms.names, ''),
        confidences=np.append(rooms.confidences, 0.0),
        named=np.append(rooms.named, False),
        kind_scores=_grown(rooms.kind_scores, rooms.kind_scores[host]),
        said_votes=_grown(rooms.said_votes, np.zeros(len(rooms.said))),
        maps=np.append(rooms.maps, rooms.maps[host]),
        centers=_grown(rooms.centers, np.array(naming.position)),
        representatives=np.append(rooms.representatives, int(np.argmin(away))),
        **_rows(of_row, new + 1),
        near_starts=near.indptr.astype(np.int64),
        near_rooms=near.indices.astype(np.int64),
        near_links=near.data.astype(np.float64),
    )
    _keep_representatives(draft, inside, host)
    draft.spots.append(spot)
    return new


def _keep_representatives(draft: _Draft, inside: BoolArray, host: int) -> None:
    """Let rooms whose best viewpoint was cut out stand elsewhere."""
    rooms = draft.rooms
    stand = rooms.representatives.copy()
    for room in range(len(rooms) - 1):
        if inside[stand[room]]:
            stand[room] = rooms.rows_of(room)[len(rooms.rows_of(room)) // 2]
    draft.rooms = replace(rooms, representatives=stand)


def _rows(of_row: NDArray[np.int32], count: int) -> Mapping[str, Any]:
    held = np.flatnonzero(of_row >= 0)
    sizes = np.bincount(of_row[held], minlength=count)
    return {
        'rows': held[np.argsort(of_row[held], kind='stable')].astype(np.int64),
        'row_starts': np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
    }


def _grown(table: NDArray[Any], row: NDArray[Any]) -> NDArray[Any]:
    return np.vstack([table, row[None, :].astype(table.dtype)])
