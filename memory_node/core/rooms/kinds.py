"""The kind of room that a caption names, or that things speak for, without a map of rooms."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import numpy as np

from memory_node.core.rooms.captions import CaptionReader
from memory_node.core.rooms.contents import contents_log_odds, label_likelihoods
from memory_node.core.rooms.vocabulary import default_vocabulary

__all__ = ['infer_room', 'named_room']

#: Log-odds from which on things settle the kind, and by how much it must lead the next.
_ENOUGH, _LEAD = 0.0, 0.5


@lru_cache(maxsize=1)
def _reader() -> CaptionReader:
    return CaptionReader(default_vocabulary())


def named_room(caption: str) -> str:
    """Return the room that a caption says it shows, or ''."""
    places = _reader().read(caption)
    return max(places, key=lambda place: place.weight).name if places else ''


def infer_room(labels: Iterable[str]) -> str:
    """Return the kind of room that clean labels speak for; '' when they do not settle it."""
    vocabulary = default_vocabulary()
    likelihoods = label_likelihoods(sorted(set(labels)), vocabulary)
    scores = contents_log_odds(np.ones((1, len(likelihoods))), likelihoods)[0]
    second, best = np.argsort(scores)[-2:].tolist()
    sure = scores[best] >= _ENOUGH and scores[best] - scores[second] >= _LEAD
    return vocabulary.kinds[best].name if sure else ''
