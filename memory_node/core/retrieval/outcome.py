"""What a search came to: whether it found what was asked for, and if not, why."""

from __future__ import annotations

from memory_node.core.config import RetrievalConfig
from memory_node.core.constraints.combine import Combined
from memory_node.core.data import Place, Query, Retrieval
from memory_node.core.language.request import Request
from memory_node.core.retrieval.filters import filters_of
from memory_node.core.retrieval.reading import mode_of
from memory_node.core.retrieval.signs import unread
from memory_node.core.view import View

__all__ = ['outcome']


def outcome(
    query: Query,
    request: Request,
    view: View,
    places: tuple[Place, ...],
    judged: Combined,
    config: RetrievalConfig,
    seconds: dict[str, float],
) -> Retrieval:
    """Return the places with the verdict of ``retrieval.found_threshold`` and what to say."""
    sure = places[0].confidence if places else 0.0
    found = sure >= config.found_threshold and not judged.contradiction
    parts = [*request.assumed, *judged.problems, *filter(None, [judged.contradiction])]
    if not places and any(value is not None for value in filters_of(query)):
        parts.insert(0, 'nothing that can be meant was seen inside the filters of the query')
    elif not places:
        parts.insert(0, 'nothing that was seen can be meant')
    elif not found and places[0].unmet:
        parts.insert(0, f'nothing that was seen meets {" and ".join(map(repr, places[0].unmet))}')
    elif not found:
        parts.insert(
            0,
            f'nothing is sure enough: confidence is {sure:.2f},'
            f' retrieval.found_threshold is {config.found_threshold:.2f}',
        )
    if not found and (said := unread(view.names, request.subject.name)):
        parts.insert(0, f'no sign that was read says {said!r}')
    if view.behind:
        parts.append(
            f'{view.behind} of {len(view.snapshot)} observations are not in the object map yet'
        )
    return Retrieval(
        found=found,
        places=places,
        mode=mode_of(query, request),
        message='; '.join(parts),
        seconds=seconds,
        conditions=judged.phrases,
    )
