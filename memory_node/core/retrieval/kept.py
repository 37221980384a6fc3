"""What requests have found out of one view, kept for those that come while it stays the same."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from memory_node.core.constraints.lookup import Memo, MemoryLookup
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


class Kept:
    """
    What the words of requests mean in one view: read once, however often they come; thread-safe.

    A view never changes, so nothing here goes stale; the next view begins with nothing. Nothing
    in here refers to this object, so that a view goes when its successor is asked.
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
        self._room_words = room_words
        self._read = read
        self._requests = Memo[Request]()
        #: Returns the captions of observation rows, in order.
        self.captions = partial(_captions, mirror, view)
        #: Returns (L,) log-odds that things of each name are meant by a phrase, named or not.
        self.meant_odds = partial(
            Memo[RealArray]().of, partial(_meant_odds, view, relevance, room_words, encode)
        )
        self.attributes = AttributeShares(view, self.captions)
        self.lookup = MemoryLookup(
            view,
            self.meant_odds,
            lambda phrase: room_words.log_odds(view.rooms, phrase),
            self.attributes.attribute_share,
            StatedRelations(view, self.captions).objects,
        )

    def read(self, text: str, clock: Clock) -> Request:
        """Return what a text says."""
        return self._requests.of(partial(self._read, self), text, clock)

    def is_thing(self, name: str) -> bool:
        """Tell whether a thing here goes by a name."""
        view = self.view
        if self.is_called(name):
            return True
        return bool((self.relevance.named(name, view.names)[view.present] > 0.0).any())

    def is_called(self, name: str) -> bool:
        """Tell whether a thing here is called just so."""
        names = self.view.names
        exact = names.forms.get(lemmas(name), len(names))
        return exact < len(names) and bool(self.view.present[exact])

    def is_room(self, name: str) -> bool:
        """Tell whether rooms go by a name."""
        return self._room_words.knows(self.view.rooms, name)


def _captions(mirror: Mirror, view: View, rows: NDArray[np.int64]) -> list[str]:
    return mirror.captions(view.snapshot.keys[rows])


def _meant_odds(
    view: View,
    relevance: RelevanceModel,
    room_words: RoomWords,
    encode: Callable[[list[str]], FloatArray],
    phrase: str,
) -> RealArray:
    odds = relevance.named(phrase, view.names)
    if not (odds[view.present] > 0.0).any() and not room_words.knows(view.rooms, phrase):
        odds = np.maximum(odds, relevance.unnamed(phrase, view.names, encode([phrase])[0]))
    odds.flags.writeable = False
    return odds
