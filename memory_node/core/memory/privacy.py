"""An observation without people, where the settings say that none are kept."""

from __future__ import annotations

from dataclasses import replace

from memory_node.core.data import Observation
from memory_node.core.language.people import People
from memory_node.core.language.text import clean_label
from memory_node.core.perception.captions import (
    compose_caption,
    merge_captions,
    NOTHING_RECOGNISED,
)

__all__ = ['without_people']


def without_people(observation: Observation, people: People) -> Observation:
    """
    Return an observation without sightings of people and sentences that speak of them.

    What is said about things in such a sentence is lost with it; a list of what was sighted is
    made again. A given vector goes where anything was left out, because it says the same. The
    observation itself is returned where it holds nobody.
    """
    kept = tuple(s for s in observation.sightings if not people.means_person(s.label))
    caption = _spared(observation, [s.label for s in kept], people)
    if len(kept) == len(observation.sightings) and caption == observation.caption:
        return observation
    if not (caption.strip() or kept or observation.neighbors):
        caption = NOTHING_RECOGNISED
    return replace(observation, sightings=kept, caption=caption, embedding=None)


def _spared(observation: Observation, kept: list[str], people: People) -> str:
    """Return the caption without people; ``kept`` are the labels that stay."""
    caption, labels = observation.caption, [s.label for s in observation.sightings]
    clean = {clean_label(label) for label in labels}
    parts = [part.strip() for part in caption.split(',') if part.strip()]
    if parts and all(clean_label(part) in clean for part in parts):
        left = [part for part in parts if not people.means_person(part)]
        return caption if len(left) == len(parts) else ', '.join(left)
    listed = compose_caption(labels)
    if len(kept) == len(labels) or not listed or not caption.endswith((listed, f'{listed}.')):
        return people.spared(caption)
    said = caption.removesuffix('.').removesuffix(listed).rstrip().removesuffix('There is')
    return merge_captions(people.spared(said.rstrip()), compose_caption(kept))
