"""Candidates among pictures, for what neither a name nor a caption says."""

from __future__ import annotations

from memory_node.core.constraints.base import Candidates
from memory_node.core.index.pictures import Pictures
from memory_node.core.language.request import Request, SubjectKind
from memory_node.core.retrieval.views import rows_as_candidates
from memory_node.core.view import View

__all__ = ['picture_candidates']

#: Pictures that are candidates.
_EACH = 32
#: A picture shows many things and a caption names one: log-odds that the others take from each,
#: here for twenty things. Not fitted.
SHARED = 3.0
#: Log-odds that a picture gives at most, those of a synonym, and at least.
MOST, LEAST = 4.0, -8.0


def picture_candidates(view: View, pictures: Pictures, request: Request) -> Candidates:
    """
    Return the observations whose pictures fit what a request asks for.

    Log-odds are those that the text is the caption of the picture and no other text is, see
    ``Pictures``, and what the other things in it take. Raises ``EncoderError``.
    """
    subject = request.subject
    if subject.kind is SubjectKind.ANYTHING and not subject.attributes:  # "what is there?"
        return Candidates.none()
    rows, odds = pictures.nearest(view.snapshot, subject.text or request.text, _EACH)
    return rows_as_candidates(view, rows, (odds + SHARED).clip(LEAST, MOST))
