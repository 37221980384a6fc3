"""Which things captions say stand in a relation to a landmark: "a kettle on the stove"."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from memory_node.core.constraints.base import Landmark
from memory_node.core.language.mentions import Mention
from memory_node.core.language.spatial import relations, stated
from memory_node.core.language.text import lemmas
from memory_node.core.view import View

__all__ = ['StatedRelations']

IntArray = NDArray[np.int64]

#: Landmarks whose captions are read, and the newest captions of each.
_LANDMARKS, _HEARD = 8, 16


class StatedRelations:
    """Reads the captions of one view."""

    def __init__(self, view: View, captions: Callable[[IntArray], list[str]]) -> None:
        """Look into ``view``; ``captions`` returns the captions of rows."""
        self._view = view
        self._captions = captions

    def objects(self, landmark: Landmark, names: NDArray[np.bool_], relation: str) -> IntArray:
        """
        Return the objects that captions of a landmark say stand so to it.

        ``names`` is (L,) whether a landmark may go by each name.
        """
        found: set[int] = set()
        seen_by = self._view.objects.seen_by
        chosen = landmark.objects[landmark.objects >= 0][:_LANDMARKS].tolist()
        rows = [seen_by(index)[::-1][:_HEARD] for index in chosen]
        every = np.unique(np.concatenate(rows)) if rows else np.empty(0, np.int64)
        for row, caption in zip(every.tolist(), self._captions(every), strict=True):
            for thing in _said(caption, relation, lambda one: self._is(one, names)):
                found.update(self._seen(thing, row))
        return np.array(sorted(found - set(chosen)), np.int64)

    def _is(self, mention: Mention, names: NDArray[np.bool_]) -> bool:
        number = self._view.names.forms.get(lemmas(mention.name), len(names))
        return number < len(names) and bool(names[number])

    def _seen(self, mention: Mention, row: int) -> Iterator[int]:
        """Yield the objects that an observation saw by the name of a mention."""
        number = self._view.names.forms.get(lemmas(mention.name))
        if number is None or number >= len(self._view.names):
            return
        for owner in self._view.name_owners[self._view.entries_of(np.array([number]))].tolist():
            if row in self._view.objects.seen_by(owner):
                yield owner


def _said(
    caption: str, relation: str, is_landmark: Callable[[Mention], bool]
) -> Iterator[Mention]:
    """Yield the things that a caption puts so to a landmark."""
    for said in stated(caption):
        if said.relation == relation and is_landmark(said.landmark):
            yield said.thing
        elif relations()[said.relation].inverse == relation and is_landmark(said.thing):
            yield said.landmark
