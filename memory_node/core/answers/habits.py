"""Answers about where a thing mostly was, and since when it is where it is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from memory_node.core.answers.phrases import age, are, sentence, spot, the
from memory_node.core.answers.types import Answer
from memory_node.core.retrieval.pipeline import Found, Retriever

__all__ = ['OCCASION_NS', 'since_answer', 'usual_answer']

#: Views of a thing after this long are another occasion [ns].
OCCASION_NS = 1_800_000_000_000


def usual_answer(found: Found, retriever: Retriever, stays: Sequence[int]) -> Answer:
    """
    Return where a thing was on most occasions, the newest of places as often.

    ``stays`` are the objects that show it where it was, the oldest first.
    """
    times = [_occasions(found, index) for index in stays]
    order = sorted(range(len(stays)), key=lambda i: (-times[i], -i))
    cited = retriever.object_places(found.view, np.array([stays[i] for i in order]))
    total = sum(times)
    best = cited[0]
    often = f'{times[order[0]]} of {total} occasion{"s" * (total != 1)}'
    text = f'{the(best)} {are(best)} usually at {spot(best)} [1]: I saw it there on {often}'
    others = [
        f'on {times[i]} at {spot(place)} [{n}]'
        for n, (i, place) in enumerate(zip(order[1:], cited[1:], strict=True), 2)
    ]
    return Answer(known=True, text=sentence(', '.join([text, *others])), citations=cited)


def since_answer(found: Found, retriever: Retriever, stays: Sequence[int], now_ns: int) -> Answer:
    """Return when a thing was first seen, and since when it is where it was seen last."""
    objects = found.view.objects
    first, last = stays[0], stays[-1]
    ago = age(now_ns - int(objects.first_ns[first]))
    cited = retriever.object_places(found.view, np.array([last] if first == last else stays))
    text = f'I first saw {the(cited[0])} {ago} at {spot(cited[0])} [1]'
    if first != last:
        here = age(now_ns - int(objects.first_ns[last]))
        text += f'; at {spot(cited[-1])} [{len(cited)}] I first saw it {here}'
    if objects.existence[last] < 0.0:
        text += f'. When I looked there {age(now_ns - int(objects.missed_ns[last]))}, it was gone'
    else:
        text += f'. I last saw it there {age(now_ns - int(objects.last_ns[last]))}'
    return Answer(known=True, text=sentence(text), citations=cited)


def _occasions(found: Found, index: int) -> int:
    stamps = np.sort(found.view.snapshot.stamps[found.view.objects.seen_by(index)])
    return 1 + int(np.count_nonzero(np.diff(stamps) > OCCASION_NS))
