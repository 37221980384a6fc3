"""Answers that a person called wrong count less when the same is asked again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from memory_node.core.constraints.base import Candidates, Kind
from memory_node.core.language.request import Request
from memory_node.core.language.text import question_terms
from memory_node.core.view import View

__all__ = ['doubted', 'told_of']

#: Log-odds that a candidate loses for a question that a person said it does not answer.
WRONG = 8.0


def _wrong(view: View, candidates: Candidates, request: Request) -> list[tuple[int, str]]:
    """Return the candidates that are no answer to a request, and who said so."""
    found: list[tuple[int, str]] = []
    if not view.objects.doubts:
        return found
    asked, named = question_terms(request.text), question_terms(request.subject.name)
    for doubt in view.objects.doubts:
        if doubt.terms != (named if doubt.kind == 'name' else asked):
            continue
        if doubt.kind == 'object':
            is_meant = (candidates.kind == Kind.OBJECT) & (candidates.index == doubt.rows[0])
        elif doubt.kind == 'room':
            room = view.row_rooms[doubt.rows[0]]
            is_meant = (candidates.kind != Kind.OBJECT) & (candidates.room == room)
        elif doubt.kind == 'view':
            is_meant = (candidates.kind != Kind.ROOM) & (candidates.row == doubt.rows[0])
        else:
            is_meant = (candidates.kind == Kind.VIEW) & np.isin(candidates.index, doubt.found())
        found += [(i, doubt.note) for i in np.flatnonzero(is_meant).tolist()]
    return found


def doubted(view: View, candidates: Candidates, request: Request) -> Candidates:
    """Return the candidates with less belief in those that a person said are wrong."""
    wrong = _wrong(view, candidates, request)
    if not wrong:
        return candidates
    odds = candidates.odds.copy()
    np.subtract.at(odds, [i for i, _ in wrong], WRONG)
    return replace(candidates, odds=odds)


def told_of(view: View, candidates: Candidates, i: int, request: Request | None) -> list[str]:
    """Return what people said of a candidate: corrections of it, and that it is no answer."""
    index, said = int(candidates.index[i]), []
    if candidates.kind[i] == Kind.OBJECT and index in view.objects.notes:
        said.append(view.objects.notes[index])
    if candidates.kind[i] == Kind.ROOM and index in view.room_notes:
        said.append(view.room_notes[index])
    if request is not None:
        said += [note for j, note in _wrong(view, candidates, request) if j == i]
    return list(dict.fromkeys(said))
