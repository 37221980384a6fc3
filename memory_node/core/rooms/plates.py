"""
Which rooms door plates name: a plate hangs outside, beside the door of the room it names.

The room of a plate is the one behind it: not that of the views that read it, and with a view close
to the plate on its other side. Of the plates near a room the nearest one names it. A sign with the
listed name of a room ("Pharmacy") that no room is behind names the room that most views read it
from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array, hstack

from memory_node.core.language.sign_labels import sign_text
from memory_node.core.language.signs import sign_lexicon, sign_words
from memory_node.core.language.wordnet import wordnet
from memory_node.core.rooms.naming import Said
from memory_node.core.rooms.views import IntArray, RealArray, RoomViews
from memory_node.core.rooms.vocabulary import plain, split_number, Vocabulary

__all__ = ['Plate', 'named_by_plates', 'numbered_by_plates', 'plate_name', 'with_plates']

#: A room behind a plate has a view this near to it [m], at most this far above or below.
_BEHIND_M, _HEIGHT_M = 3.5, 2.5
#: Votes of a plate: it names its room, whatever stands there. Read once, it may be misread.
_VOTES, _ONCE = 3.0, 1.6
#: Views that read a sign inside a room, and their share of its views, for it to name the room.
_READ, _INSIDE = 3, 0.5


@dataclass(frozen=True, slots=True)
class Plate:
    """A name that a plate gives the room of a view."""

    row: int
    name: str
    votes: float
    #: Views of that room behind the plate and near it; none for a sign that hangs inside.
    behind: tuple[int, ...] = ()


def plate_name(text: str, vocabulary: Vocabulary) -> str:
    """
    Return the room that a text names, '' where it names none.

    "214" and "Room 214" name room 214, "Cabin 12" and "Pharmacy" what they say; "Table 5" is a
    thing, and "Aisle 7", "EXIT" and "No smoking" name no room.
    """
    words, name = sign_words(text), plain(text)
    if not words.numbers:
        return name if vocabulary.index(name) >= 0 else ''
    if len(words.numbers) > 1 or set(words.words) & set(sign_lexicon()['places']):
        return ''
    if set(words.words) <= set(sign_lexicon()['rooms']):
        return f'room {words.numbers[0]}'
    if vocabulary.index(name) >= 0:
        return name
    if split_number(name) != (' '.join(words.words), words.numbers[0]):
        return f'room {words.numbers[0]}'  # "214 Dr. Smith"
    kind = words.words[-1]
    return '' if wordnet().is_physical(kind) and not wordnet().is_place(kind) else name


def named_by_plates(views: RoomViews, group: IntArray, vocabulary: Vocabulary) -> list[Plate]:
    """Return the names that plates give rooms; ``group`` is (N,) the room of each view."""
    behind: dict[int, tuple[float, Plate]] = {}
    inside: list[Plate] = []
    for index, label in enumerate(views.object_labels.tolist()):
        name = plate_name(sign_text(views.labels[label]), vocabulary)
        if not name or not np.isfinite(views.object_positions[index]).all():
            continue
        seers = views.object_rows[views.object_starts[index] : views.object_starts[index + 1]]
        if not len(seers):
            continue
        away, rows = _behind(views, group, views.object_positions[index], seers)
        if len(rows):
            row, votes = int(rows[0]), _VOTES if len(seers) > 1 else _ONCE
            room = int(group[row])
            plate = Plate(row, name, votes, tuple(rows[group[rows] == room].tolist()))
            if room not in behind or away < behind[room][0]:
                behind[room] = away, plate
        elif not split_number(name)[1] and (row := _inside(group, seers)) >= 0:
            inside.append(Plate(row, name, _ONCE))
    return [*(plate for _, plate in behind.values()), *inside]


def numbered_by_plates(views: RoomViews, spots: IntArray, vocabulary: Vocabulary) -> csr_array:
    """
    Return (N, P) votes of plates for the numbered rooms of views, before there are rooms.

    ``spots`` is (N,) the spot of each view; the nearest plate that it is behind numbers each.
    """
    plates = [p for p in named_by_plates(views, spots, vocabulary) if split_number(p.name)[1]]
    columns = {name: column for column, name in enumerate(dict.fromkeys(p.name for p in plates))}
    where = [p.row for p in plates], [columns[p.name] for p in plates]
    return csr_array(([p.votes for p in plates], where), (len(views), len(columns)))


def _behind(
    views: RoomViews, group: IntArray, point: RealArray, seers: IntArray
) -> tuple[float, IntArray]:
    """Return the views of other rooms behind a plate, nearest first, and how far that is."""
    eyes = views.positions[seers]
    nearest = int(seers[np.nan_to_num(_flat(eyes - point), nan=np.inf).argmin()])
    offsets = views.positions - point
    with np.errstate(invalid='ignore'):
        away = _flat(offsets)
        fits = (away <= _BEHIND_M) & (np.abs(offsets[:, 2]) <= _HEIGHT_M)
        through = (point - views.positions[nearest])[:2]
        fits &= offsets[:, :2] @ through > 0.0
    fits &= (group != group[nearest]) & (views.maps == views.maps[nearest])
    fits[seers] = False
    rows = np.flatnonzero(fits)
    rows = rows[np.argsort(away[rows], kind='stable')]
    return (float(away[rows[0]]) if len(rows) else float('inf')), rows


def _inside(group: IntArray, seers: IntArray) -> int:
    """Return a view of the room that a sign is read in from most of its views; -1 for none."""
    rooms, counts = np.unique(group[seers], return_counts=True)
    best = int(rooms[counts.argmax()])
    if counts.max() < max(_READ, _INSIDE * np.count_nonzero(group == best)):
        return -1
    return int(seers[group[seers] == best][0])


def _flat(offsets: RealArray) -> RealArray:
    return np.asarray(np.hypot(offsets[:, 0], offsets[:, 1]))


def with_plates(said: Said, plates: Sequence[Plate], vocabulary: Vocabulary) -> Said:
    """Return what captions say with the names on plates, as votes of one view of each room."""
    if not plates:
        return said
    fresh = [n for n in dict.fromkeys(p.name for p in plates) if n not in said.names]
    names = (*said.names, *fresh)
    index = {name: column for column, name in enumerate(names)}
    rows, count = [p.row for p in plates], said.votes.shape[0]
    columns = [index[p.name] for p in plates]
    added = csr_array(([p.votes for p in plates], (rows, columns)), (count, len(names)))
    padded = csr_array(hstack([said.votes, csr_array((count, len(fresh)))]))
    kinds = np.array([vocabulary.index(name) for name in fresh], np.int64)
    return replace(
        said,
        names=names,
        votes=csr_array(padded + added),
        kinds=np.concatenate([said.kinds, kinds]),
        shares=np.concatenate([said.shares, np.ones(len(fresh))]),
    )
