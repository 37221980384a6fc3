"""Answers about the look of a thing: its colour, its material, whether it is red."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from memory_node.core.answers.phrases import joined, marks, sentence, spot, the
from memory_node.core.answers.types import Answer
from memory_node.core.constraints.base import Kind
from memory_node.core.language.directives import reported
from memory_node.core.language.looks import aspect_of, same_look
from memory_node.core.language.text import is_plural, plural
from memory_node.core.retrieval.pipeline import Found, Retriever

__all__ = ['look_answer']

#: Things of one name that a question may be about, and how much less likely they may be.
_MEANT, _LEAST = 5, 0.5
_ASKED = {'colour': 'its colour', 'material': 'what it is made of'}
#: What this share of the captions says is told beside what most say.
_ALSO = 0.3


def look_answer(found: Found, retriever: Retriever) -> Answer:
    """Return what captions say of the look of what was found; ``found`` has a place."""
    best, look = found.retrieval.places[0], found.request.look
    alike = [
        i
        for i, place in zip(found.chosen.tolist(), found.retrieval.places, strict=False)
        if place.label == best.label
        and found.candidates.kind[i] == Kind.OBJECT
        and place.confidence >= _LEAST * best.confidence
    ][: _MEANT if is_plural(found.request.subject.text) else 1]
    cited = retriever.places(found, np.array(alike, np.int64)) or (best,)
    objects = [int(found.candidates.index[i]) for one in alike for i in _also(found, one)]
    told = retriever.attributes(found.view).told(objects) if objects else {}
    said = _of_aspect(told, look.aspect, look.asked)
    thing = f'{the(best)} at {spot(best)} [1]'
    if len(cited) > 1:
        thing = f'the {reported(plural(best.label))} {marks(cited)}'
    verb = 'are' if is_plural(best.label) or len(cited) > 1 else 'is'
    most = next(iter(said.values()), 0.0)
    words = [word for word, share in said.items() if share >= _ALSO * most]
    if look.asked:
        yes = [word for word in look.asked if any(same_look(word, own) for own in words)]
        if words:
            lead = ('yes: ' if yes else 'no: ') if len(look.asked) == 1 else ''
            return Answer(
                known=True, text=sentence(f'{lead}{thing} {verb} {joined(words)}'), citations=cited
            )
        asked = f'whether it is {" or ".join(look.asked)}'
    elif words:
        return Answer(
            known=True, text=sentence(f'{thing} {verb} {joined(words)}'), citations=cited
        )
    else:
        asked = _ASKED.get(look.aspect, 'what it looks like')
    text = f"I don't know: no caption of {thing} tells {asked}"
    return Answer(known=False, text=sentence(text), citations=cited)


def _also(found: Found, one: int) -> list[int]:
    """
    Return a candidate with those that captions tell of in its room under its name.

    They are it where it is the only one of the name there that depth has placed.
    """
    candidates = found.candidates
    alike = candidates.kin == candidates.kin[one]
    if not candidates.placed[one] or np.count_nonzero(alike & candidates.placed) > 1:
        return [one]
    return [one, *np.flatnonzero(alike & ~candidates.placed).tolist()]


def _of_aspect(told: Mapping[str, float], aspect: str, asked: tuple[str, ...]) -> dict[str, float]:
    """Return the attributes that tell what is asked: colours where a colour is asked for."""
    if not aspect and not asked:
        return dict(told)
    aspects = {aspect} if aspect else {aspect_of(word) for word in asked} - {''}
    if aspects:
        return {word: share for word, share in told.items() if aspect_of(word) in aspects}
    # Of "open" and "locked" nothing is known but where a caption says it.
    return {w: share for w, share in told.items() if any(same_look(word, w) for word in asked)}
