"""Answers that a person called wrong count less when the same is asked again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from memory_node.core.constraints.base import Candidates, Kind
from memory_node.core.language.text import question_terms
from memory_node.core.view import View

__all__ = ['doubted', 'told_of']

#: Log-odds that a candidate loses for a question that a person said it does not answer.
WRONG = 8.0


def _wrong(view: View, candidates: Candidates, text: str) -> list[tuple[int, str]]:
    """Return the candidates that are no answer to a question, and who said so."""
    found: list[tuple[int, str]] = []
    if not view.objects.doubts:
        return found
    terms = question_terms(text)
    for doubt in view.objects.doubts:
        if doubt.terms != terms:
            continue
        kind, index = Kind.OBJECT, doubt.index
        if doubt.kind == 'room':
            kind, index = Kind.ROOM, int(view.row_rooms[doubt.index])
        elif doubt.kind == 'view':
            kind = Kind.VIEW
        which = np.flatnonzero((candidates.kind == kind) & (candidates.index == index))
        found += [(i, doubt.note) for i in which.tolist()]
    return found


def doubted(view: View, candidates: Candidates, text: str) -> Candidates:
    """Return the candidates with less belief in those that were called wrong for this question."""
    wrong = _wrong(view, candidates, text)
    if not wrong:
        return candidates
    odds = candidates.odds.copy()
    np.subtract.at(odds, [i for i, _ in wrong], WRONG)
    return replace(candidates, odds=odds)


def told_of(view: View, candidates: Candidates, i: int, text: str) -> list[str]:
    """Return what people said of a candidate: corrections of it, and that it is no answer."""
    index, said = int(candidates.index[i]), []
    if candidates.kind[i] == Kind.OBJECT and index in view.objects.notes:
        said.append(view.objects.notes[index])
    if candidates.kind[i] == Kind.ROOM and index in view.room_notes:
        said.append(view.room_notes[index])
    return [*said, *(note for j, note in _wrong(view, candidates, text) if j == i)]
