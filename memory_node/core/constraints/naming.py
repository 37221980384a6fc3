"""What "the kitchen" and "the sofa" of a request are in this memory: areas and landmarks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from memory_node.core.constraints.reading import OR
from memory_node.core.data import FloatArray
from memory_node.core.forest.node import ForestNode
from memory_node.core.forest.updater import Areas
from memory_node.core.lexical import clean_label, STOP_WORDS
from memory_node.core.needs import SAME_THING_COSINE
from memory_node.core.ranking.words import AREA_NOUNS, stem, tokenize
from memory_node.core.store.postings import Postings
from memory_node.core.store.snapshot import Snapshot
from memory_node.core.territory import RoomNames, Territory

__all__ = ['CALLED', 'Landmark', 'NamedArea', 'Names', 'is_area_word']

BoolArray = NDArray[np.bool_]
#: Captions that must call a place by a name before it counts.
CALLED = 2
#: What else a kind of room is called.
_SAME_ROOM = {
    'restroom': 'bathroom', 'washroom': 'bathroom', 'bath': 'bathroom', 'lavatory': 'bathroom',
    'wc': 'bathroom', 'lounge': 'living room', 'sitting room': 'living room',
    'family room': 'living room', 'livingroom': 'living room', 'diningroom': 'dining room',
    'corridor': 'hallway', 'hall': 'hallway', 'passage': 'hallway', 'study': 'office',
    'conference room': 'meeting room', 'laundry': 'laundry room', 'kitchenette': 'kitchen',
    'patio': 'terrace', 'balcony': 'terrace', 'deck': 'terrace', 'bed room': 'bedroom',
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedArea:
    """Rows that belong to an area, and how that is known."""

    #: (N,) rows in it.
    rows: BoolArray
    #: What it goes by here, for a person.
    known_as: str
    #: (S,) sightings of what is in it; None: not told apart from what is seen from it.
    sightings: BoolArray | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Landmark:
    """A thing that was seen, wherever it was seen."""

    #: Indices into the snapshot's labels; empty where only captions name it.
    labels: NDArray[np.int64]
    #: (P, 3) where it is, or where it was seen from [m], and (P,) which of the two.
    points: NDArray[np.float64]
    placed: BoolArray
    #: (P,) index of the map of each point.
    maps: NDArray[np.int64]
    #: (N,) rows that show it.
    rows: BoolArray


@lru_cache(maxsize=16384)
def _stems(text: str) -> tuple[str, ...]:
    return tuple(stem(w) for w in tokenize(text) if w not in STOP_WORDS and w.isalnum())


@lru_cache(maxsize=4096)
def _room(text: str) -> str:
    """Return the kind of room that a phrase names, by one name for all its names."""
    words = ' '.join(_stems(text))
    return _SAME_ROOM.get(words, words)


def is_area_word(phrase: str) -> bool:
    """Tell whether a phrase ends in a word for a part of a building."""
    words = _stems(phrase)
    return bool(words) and (words[-1] in AREA_NOUNS or _room(phrase) in _SAME_ROOM.values())


class Names:
    """Looks up phrases in one snapshot; made for one question."""

    def __init__(
        self,
        snapshot: Snapshot,
        areas: Areas,
        postings: Callable[[Sequence[str]], list[Postings]],
        encode: Callable[[list[str]], FloatArray],
        rooms: RoomNames,
        territory: Callable[[Snapshot], Territory],
    ) -> None:
        """
        Look into ``snapshot``; ``encode`` is asked only where no word fits.

        ``rooms`` are what captions call a room, ``territory`` joins what is seen together.
        """
        self._snapshot = snapshot
        self._areas = areas
        self._postings = postings
        self._encode = encode
        self._rooms = rooms
        self._territory_of = territory

    def area(self, phrase: str) -> NamedArea | None:
        """
        Return the area that a phrase names, None if nothing is called so.

        The forest's names come first, the largest area that is nothing else as well; then the
        rows whose own words say so. Alternatives ("kitchen or hall") are joined.
        """
        found = [a for part in phrase.split(OR) if (a := self._one_area(part)) is not None]
        if not found:
            return None
        inside = [a.sightings for a in found]
        return NamedArea(
            rows=np.logical_or.reduce([a.rows for a in found]),
            known_as=', '.join(dict.fromkeys(a.known_as for a in found)),
            sightings=None
            if any(s is None for s in inside)
            else np.logical_or.reduce([s for s in inside if s is not None]),
        )

    def _one_area(self, phrase: str) -> NamedArea | None:
        words = frozenset(_stems(phrase))
        if not words:
            return None
        if (told := self.told(phrase)) is not None:
            return told
        with self._areas.lock:
            nodes = [
                node
                for root in self._areas.forest.roots()
                for node in _matching(root, words, _room(phrase))
            ]
            keys = [self._areas.forest.leaf_keys(node) for node in nodes]
            names = [node.name for node in nodes]
        rows = np.zeros(len(self._snapshot), np.bool_)
        if keys:
            rows[self._snapshot.rows_of(np.concatenate(keys))] = True
        said = self.said(phrase)
        if np.count_nonzero(said) > np.count_nonzero(rows):
            # The forest has cut the area otherwise than those who describe it.
            rows |= said
            names.append(f'captions with {phrase!r}')
        if not rows.any():
            return None
        return NamedArea(rows=rows, known_as=', '.join(dict.fromkeys(names[:3])))

    def told(self, phrase: str) -> NamedArea | None:
        """
        Return the rooms of a kind that captions tell of, None where too few do.

        A caption names the kind itself, or by another name for it; "office" also is the office
        of a manager, where nothing is an office by itself.
        """
        rooms, names = self._rooms.of(self._snapshot)
        chosen = _called(phrase, names)
        named = np.isin(rooms, chosen)
        if np.count_nonzero(named) < CALLED:
            return None
        votes = np.where(named, 1.0, np.where(rooms >= 0, -1.0, 0.0))
        rows, sightings = self._territory.spread(votes)
        if not rows.any():
            return None
        said = ', '.join(names[i] for i in chosen[:3])
        return NamedArea(rows=rows, known_as=f'captions tell of {said}', sightings=sightings)

    @cached_property
    def _territory(self) -> Territory:
        return self._territory_of(self._snapshot)

    def room_in(self, text: str) -> str:
        """Return the longest kind of room that captions name and a text speaks of, or ''."""
        words = f' {" ".join(_stems(text))} '
        spoken = [n for n in self.kinds() if f' {" ".join(_stems(n))} ' in words]
        return max(spoken, key=lambda n: (len(n), n), default='')

    def kinds(self, kept: BoolArray | None = None, least: int = CALLED) -> dict[str, int]:
        """
        Return kinds of rooms that at least ``least`` captions name, with how many do.

        ``kept`` is (N,) the rows that count, None for all.
        """
        rooms, names = self._rooms.of(self._snapshot)
        if kept is not None:
            rooms = rooms[kept]
        counts = np.bincount(rooms[rooms >= 0], minlength=len(names))
        return {name: int(n) for name, n in zip(names, counts, strict=True) if n >= least}

    def said(self, phrase: str) -> BoolArray:
        """Return (N,) the rows whose caption or labels have every word of a phrase."""
        rows = np.ones(len(self._snapshot), np.bool_)
        lists = self._postings([w for w in tokenize(phrase) if w not in STOP_WORDS])
        for keys, _ in lists:
            rows &= np.isin(self._snapshot.keys, keys, assume_unique=True)
        return rows if lists else np.zeros(len(self._snapshot), np.bool_)

    def said_any(self, words: Sequence[str]) -> BoolArray:
        """Return (N,) the rows whose caption or labels have any of the words."""
        rows = np.zeros(len(self._snapshot), np.bool_)
        for keys, _ in self._postings(words):
            rows |= np.isin(self._snapshot.keys, keys, assume_unique=True)
        return rows

    def labels(self, phrase: str) -> NDArray[np.int64]:
        """
        Return which labels mean what a phrase names.

        The label that is the phrase; or else kinds of it ("leather sofa" for "sofa"), or its head
        ("towel" for "striped towel"); where no word fits, by the cosine of their meaning.
        """
        words = _stems(phrase)
        if not words:
            return np.empty(0, np.int64)
        exact, loose = [], []
        for i, label in enumerate(self._snapshot.labels):
            own = _stems(clean_label(label))
            if own == words:
                exact.append(i)
            elif (
                own and own[-1] == words[-1] and (set(own) <= set(words) or set(words) <= set(own))
            ):
                loose.append(i)
        kinds = [
            i for i in loose if set(words) <= set(_stems(clean_label(self._snapshot.labels[i])))
        ]
        if exact or loose:
            return np.array(exact or kinds or loose, np.int64)
        if not len(self._snapshot.labels):
            return np.empty(0, np.int64)
        cosines = self._snapshot.label_vectors @ self._encode([phrase])[0]
        return np.flatnonzero(cosines >= SAME_THING_COSINE)

    def landmark(self, phrase: str) -> Landmark | None:
        """Return the thing that a phrase names, None if it was never seen or told of."""
        snapshot = self._snapshot
        labels = self.labels(phrase)
        rows = np.zeros(len(snapshot), np.bool_)
        if not len(labels):
            rows = self.said(phrase)
            if not rows.any():
                return None
            seers = np.flatnonzero(rows)
            points = snapshot.positions[seers]
            placed = np.zeros(len(seers), np.bool_)
        else:
            sightings = np.flatnonzero(np.isin(snapshot.sighting_labels, labels))
            seers = np.searchsorted(snapshot.sighting_starts, sightings, side='right') - 1
            points = snapshot.sighting_positions[sightings].astype(np.float64)
            placed = ~np.isnan(points[:, 0])
            points[~placed] = snapshot.positions[seers[~placed]]
            if placed.any():  # where it is known where it is, who only saw it adds nothing
                seers, points = seers[placed], points[placed]
                placed = np.ones(len(seers), np.bool_)
            if not len(seers):
                return None
            rows[seers] = True
        maps = snapshot.maps[seers].astype(np.int64)
        return Landmark(labels=labels, points=points, placed=placed, maps=maps, rows=rows)


def _called(phrase: str, names: Sequence[str]) -> list[int]:
    """Return which names of rooms a phrase means: the closest way of meaning that has any."""
    words, room = _stems(phrase), _room(phrase)
    own = [_stems(name) for name in names]
    ways = (
        [words == name for name in own],
        [room == _room(name) for name in names],
        [name[-len(words) :] == words or words[-len(name) :] == name for name in own],
    )
    for fits in ways:
        if words and any(fits):
            return [i for i, fit in enumerate(fits) if fit]
    return []


def _matching(node: ForestNode, words: frozenset[str], room: str) -> list[ForestNode]:
    """Return the largest areas at or below a node that go by a name and by no other."""
    text = node.text
    if text is not None and text.room and _room(text.room) == room:
        return [node]
    below = [m for child in node.children for m in _matching(child, words, room)]
    if below or text is None:
        return below
    return [node] if words <= set(_stems(text.name)) else []
