"""Viewpoints that a scorer ranks by the whole text of a request."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from memory_node.core.constraints.base import Candidates
from memory_node.core.data import FloatArray
from memory_node.core.language.request import Request
from memory_node.core.retrieval.views import rows_as_candidates
from memory_node.core.view import View

__all__ = ['Scorer', 'beside_scores', 'scored_candidates']

#: Places that a scorer of viewpoints chooses.
_SCORED = 64
#: Constraints of which a scorer knows nothing: when, and how far from the asker.
_NOT_SCORED = frozenset(('time', 'near'))


class Scorer(Protocol):
    """Ranks viewpoints of memories that it was made for; a new one is one new file."""

    def reads(self, view: View) -> bool:
        """Tell whether this memory is one that the scorer was made for."""

    def score(
        self, view: View, text: str, vector: FloatArray, k: int
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return at most ``k`` rows that differ, best first, and their log-odds."""


def beside_scores(request: Request) -> Request:
    """
    Return a request without the constraints that a scorer weighs itself.

    "The chair by the window in the bedroom" is one text to it. What the grammar takes for
    constraints of it would count twice, and against places that bare labels can't confirm.
    """
    kept = tuple(c for c in request.constraints if c.NAME in _NOT_SCORED)
    return replace(request, constraints=kept, order=None)


def scored_candidates(scorer: Scorer, view: View, text: str, vector: FloatArray) -> Candidates:
    """Return the viewpoints that may answer a text, whose unit vector is given."""
    rows, odds = scorer.score(view, text, vector, _SCORED)
    return rows_as_candidates(view, rows, odds)
