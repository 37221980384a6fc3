"""Observations as the object map takes them in: what detectors saw and what captions mention."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from memory_node.core.data import FloatArray
from memory_node.core.language.mentions import Mention, mentions
from memory_node.core.language.text import clean_label, display_label
from memory_node.core.objects.names import NameTable
from memory_node.core.store.snapshot import Growing, Snapshot

__all__ = ['Frames']

IntArray = NDArray[np.int64]

#: Confidence of a thing that only a caption mentions.
MENTION_CONFIDENCE = 0.8
#: A caption that speaks of more things of a kind than this does not count them.
_MOST_COUNTED = 12


class Frames:
    """
    Sightings of all observations, those of captions included, under the names of one memory.

    Has the columns of a ``Snapshot`` that the object map reads, with ``labels`` replaced by names.
    A caption that mentions what a detector saw in the same frame adds no sighting; another name
    of it ("couch", or "dentist chair" for what the detector calls a chair) becomes its alias.
    Confidences, positions, extents and aliases are held until the object map has read them.
    Not thread-safe: the worker that keeps the object map owns it.
    """

    def __init__(self, names: NameTable, is_room: Callable[[str], bool]) -> None:
        """Hold no frames yet; ``is_room`` tells names of rooms, which are no things."""
        self._names = names
        self._is_room = is_room
        self._label_names: list[int] = []
        self._epoch = -1
        #: Observations whose caption says more than a list of their labels.
        self.captioned = 0
        self._clear()

    def _clear(self) -> None:
        self.captioned = 0
        self._starts = Growing(np.int64)
        self._starts.append(np.zeros(1, np.int64))
        self._labels = Growing(np.int32)
        self.drop_read()

    def drop_read(self) -> None:
        """Forget of all sightings what the object map reads once, after it did."""
        self._held_from = len(self._labels)
        self._aliases = Growing(np.int32)
        self._confidences = Growing(np.float32)
        self._positions = Growing(np.float32, (3,))
        self._extents = Growing(np.float32, (3,))

    def __len__(self) -> int:
        """Return the number of observations taken in."""
        return len(self._starts) - 1

    def extend(self, snapshot: Snapshot, captions: Sequence[str]) -> None:
        """Take in the rows of a snapshot that are new, with their captions; encodes new names."""
        if snapshot.epoch != self._epoch:
            self._epoch = snapshot.epoch
            self._clear()
        first = len(self)
        known = len(self._label_names)
        clean = [display_label(label) or label for label in snapshot.labels[known:]]
        told = [self._things(caption) for caption in captions]
        said = [mention.name for some in told for mention in some]
        index = self._names.add([*clean, *said])
        self._label_names.extend(index[: len(clean)].tolist())
        self.captioned += sum(
            not _is_list(caption, [snapshot.labels[i] for i in snapshot.labels_of(row)])
            for row, caption in zip(range(first, len(snapshot)), captions, strict=True)
        )
        numbers = iter(index[len(clean) :].tolist())
        matcher = self._names.view().matcher
        for row, some in zip(range(first, len(snapshot)), told, strict=True):
            span = snapshot.sightings_of(row)
            seen = [self._label_names[i] for i in snapshot.sighting_labels[span].tolist()]
            more: list[int] = []
            aliases = [-1] * len(seen)
            for mention in some:
                number = next(numbers)
                if number in seen:
                    continue
                same = [i for i, name in enumerate(seen) if matcher.same_thing(number, (name,))]
                fuller = [i for i, name in enumerate(seen) if matcher.tells_more(number, name)]
                named = _which(mention, seen, same or fuller)
                for i in named:
                    aliases[i] = number
                if not same and not named:
                    more += [number] * _times(mention)
            self._append(snapshot, span, seen, more, aliases)

    def know(self, labels: Sequence[str], captions: Sequence[str]) -> None:
        """Encode the names in labels and captions that are new, so that ``extend`` need not."""
        said = [mention.name for caption in captions for mention in self._things(caption)]
        self._names.add([*(display_label(label) or label for label in labels), *said])

    def _things(self, caption: str) -> list[Mention]:
        """Return the things that a caption says are there; rooms are told by ``rooms``."""
        return [
            mention
            for mention in mentions(caption)
            if not (mention.negated or (mention.is_place and self._is_room(mention.name)))
        ]

    def _append(
        self,
        snapshot: Snapshot,
        span: slice,
        seen: list[int],
        more: list[int],
        aliases: list[int],
    ) -> None:
        unknown: FloatArray = np.full((len(more), 3), np.nan, np.float32)
        self._labels.append(np.array([*seen, *more], np.int32))
        self._aliases.append(np.array([*aliases, *[-1] * len(more)], np.int32))
        self._confidences.append(
            np.concatenate(
                [
                    snapshot.sighting_confidences[span],
                    np.full(len(more), MENTION_CONFIDENCE, np.float32),
                ]
            )
        )
        self._positions.append(np.concatenate([snapshot.sighting_positions[span], unknown]))
        self._extents.append(np.concatenate([snapshot.sighting_extents[span], unknown]))
        self._starts.append(self._starts.view[-1:] + len(seen) + len(more))

    def view(self, snapshot: Snapshot) -> Snapshot:
        """Return the snapshot that was taken in last with names for labels, and with mentions."""
        names = self._names.view()
        return replace(
            snapshot,
            sighting_starts=self._starts.view,
            sighting_labels=self._labels.view,
            sighting_confidences=self._confidences.view,
            sighting_positions=self._positions.view,
            sighting_extents=self._extents.view,
            sighting_aliases=self._aliases.view,
            held_from=self._held_from,
            labels=names.texts,
            label_vectors=names.vectors,
        )

    @property
    def mentioned(self) -> frozenset[str]:
        """Names that only captions give things."""
        detected = set(self._label_names)
        names = self._names.view().texts
        return frozenset(name for i, name in enumerate(names) if i not in detected)

    def columns(self) -> dict[str, NDArray[Any]]:
        """Return what is kept of frames that were read, by name, for writing to a file."""
        return {
            'label_names': np.array(self._label_names, np.int32),
            'captioned': np.array([self.captioned]),
            'starts': self._starts.view,
            'labels': self._labels.view,
        }

    def restore(self, columns: Mapping[str, NDArray[Any]], *, epoch: int) -> None:
        """Take over columns that were written; ``ValueError`` where they do not fit together."""
        self._clear()
        self._epoch = epoch
        self._label_names = columns['label_names'].tolist()
        starts, total = columns['starts'], len(columns['labels'])
        if starts[0] != 0 or (np.diff(starts) < 0).any() or starts[-1] != total:
            raise ValueError('starts of frames do not fit their sightings')
        names = (columns['labels'], columns['label_names'])
        if any(len(n) and not 0 <= n.min() <= n.max() < len(self._names) for n in names):
            raise ValueError('a sighting has a name that is not there')
        self.captioned = int(columns['captioned'][0])
        self._starts.append(starts[1:])
        self._labels.append(columns['labels'])
        self.drop_read()


def _which(mention: Mention, seen: Sequence[int], some: list[int]) -> list[int]:
    """Return the sightings that a mention is of, if all of ``some`` are; none where not all."""
    one_name = len({seen[i] for i in some}) == 1
    return some if one_name and (not mention.count or mention.count >= len(some)) else []


def _times(mention: Mention) -> int:
    return mention.count if 1 <= mention.count <= _MOST_COUNTED else 1


def _is_list(caption: str, labels: Sequence[str]) -> bool:
    """Tell whether a caption is blank, or the labels with commas between."""
    said = {clean_label(part) for part in caption.split(',') if part.strip()}
    return said <= {clean_label(label) for label in labels}
