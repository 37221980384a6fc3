"""What requests have found out of one view, kept for those that come while it stays the same."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from memory_node.core.constraints.lookup import MemoryLookup, PHRASES
from memory_node.core.data import FloatArray
from memory_node.core.language.request import Request
from memory_node.core.language.text import lemmas
from memory_node.core.language.times import Clock
from memory_node.core.retrieval.attributes import AttributeShares
from memory_node.core.retrieval.relevance import RelevanceModel
from memory_node.core.retrieval.rooms import RoomWords
from memory_node.core.retrieval.stated import StatedRelations
from memory_node.core.store.repository import Mirror
from memory_node.core.view import View

__all__ = ['Kept']

RealArray = NDArray[np.float64]

#: Texts that are not read again.
_TEXTS = 256


class Kept:
    """
    What the words of requests mean in one view: read once, however often they come; thread-safe.

    A view never changes, so nothing here goes stale; the next view begins with nothing.
    """

    def __init__(
        self,
        view: View,
        mirror: Mirror,
        *,
        relevance: RelevanceModel,
        room_words: RoomWords,
        encode: Callable[[list[str]], FloatArray],
        read: Callable[[Kept, str, Clock], Request],
    ) -> None:
        """Look into ``view``, whose captions ``mirror`` holds; ``read`` reads a text."""
        self.view = view
        self.relevance = relevance
        self._mirror = mirror
        self._room_words = room_words
        self._encode = encode
        self.meant_odds = lru_cache(maxsize=PHRASES)(self._meant_odds)
        self.attributes = AttributeShares(view, self.captions)
        self.lookup = MemoryLookup(
            view,
            self.meant_odds,
            lambda phrase: room_words.log_odds(view.rooms, phrase),
            self.attributes.attribute_share,
            StatedRelations(view, self.captions).objects,
        )
        self.read = lru_cache(maxsize=_TEXTS)(lambda text, clock: read(self, text, clock))

    def name_odds(self, phrase: str) -> RealArray:
        """Return (L,) log-odds that things of each name are what a phrase names."""
        return self.relevance.named(phrase, self.view.names)

    def _meant_odds(self, phrase: str) -> RealArray:
        """Return (L,) log-odds that things of each name are meant by a phrase, named or not."""
        odds, view = self.name_odds(phrase), self.view
        if not (odds[view.present] > 0.0).any() and not self.is_room(phrase):
            vector = self._encode([phrase])[0]
            odds = np.maximum(odds, self.relevance.unnamed(phrase, view.names, vector))
        odds.flags.writeable = False
        return odds

    def captions(self, rows: NDArray[np.int64]) -> list[str]:
        """Return the captions of observation rows, in order."""
        return self._mirror.captions(self.view.snapshot.keys[rows])

    def is_thing(self, name: str) -> bool:
        """Tell whether a thing here goes by a name."""
        view = self.view
        exact = view.names.forms.get(lemmas(name), len(view.names))
        if exact < len(view.names) and view.present[exact]:
            return True
        return bool((self.name_odds(name)[view.present] > 0.0).any())

    def is_room(self, name: str) -> bool:
        """Tell whether rooms go by a name."""
        return self._room_words.knows(self.view.rooms, name)
