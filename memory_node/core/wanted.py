"""
Which of the things that were seen a request wants, each with a probability.

What is named is wanted, under its own name, as a kind of it, or by a synonym; of longer names only
the longest count, so a pizza oven is no oven. What is only hinted at is found by what things are
for (``uses``, ``needs``) and by meaning. One logistic model weighs these, fitted by
``python test/bench/fit_wanted.py`` on generated worlds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
import re

import numpy as np
from numpy.typing import NDArray

from memory_node.core.colors import COLOR_WORDS
from memory_node.core.data import FloatArray
from memory_node.core.lexical import clean_label, STOP_WORDS
from memory_node.core.needs import Need, served_labels
from memory_node.core.ranking.words import MOTIONS
from memory_node.core.uses import names_in, stems_of, Uses

__all__ = ['FEATURES', 'Wanted', 'WantedArea', 'features', 'wanted', 'wanted_areas']

Encode = Callable[[list[str]], FloatArray]
IntArray = NDArray[np.int64]
RealArray = NDArray[np.float64]

FEATURES = (
    'named', 'named_alone', 'kind', 'kind_alone', 'synonym', 'synonym_alone', 'other_named_alone',
    'named_of_known', 'absent_named_alone', 'meaning', 'use', 'use_lead', 'need', 'need_rank',
)  # fmt: skip
WEIGHTS = (
    3.681, 1.436, 3.38, 0.53, 1.203, 1.306, -5.033, 0.868, -2.15, 6.901, 7.782, 11.596, 2.775,
    -0.024,
)  # fmt: skip
BIAS = -6.84


#: Share of the meaning words from which on a request asks for what it names.
_ALONE = 0.5
#: A lead of more than this says no more.
_LEAD = 0.2
#: Requests for a room or a part of the whole, and how many nats that adds to each.
_AREA_ASKED = re.compile(
    r'\b(?:area|part|room|zone|section|corner|department|wing|place|space|spot)s?\b', re.IGNORECASE
)
_ASKED = 1.5
#: Kinds of rooms that are answered with, and how likely they are at least.
_AREAS, _LEAST_AREA = 4, 0.05
_BEFORE = frozenset({
    'a', 'an', 'another', 'any', 'closest', 'nearest', 'next', 'our', 'some', 'that', 'the',
    'this', 'your',
})  # fmt: skip
#: Words that only carry a request.
_CARRIERS = STOP_WORDS | MOTIONS | COLOR_WORDS | frozenset({
    'across', 'anywhere', 'around', 'count', 'exactly', 'guide', 'lead', 'looking', 'many',
    'might', 'must', 'number', 'possible', 'right', 'see', 'seen', 'stand', 'stood', 'way',
})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WantedArea:
    """A kind of room that serves a request."""

    name: str
    probability: float
    #: What it serves.
    serves: str
    #: Whether the request asks for a room or a part, rather than for a thing.
    asked: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Wanted:
    """What a request wants among the labels of a memory."""

    #: (L,) probability that a thing of each label answers.
    probability: RealArray
    #: (L,) whether the request names it, or what it is a kind of.
    named: NDArray[np.bool_]
    #: Why a label that is not named may answer, by its index: what it serves.
    serves: dict[int, str]
    #: Kinds of rooms that serve the request, the best first.
    areas: tuple[WantedArea, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Evidence:
    values: RealArray
    named: NDArray[np.bool_]
    concepts: list[tuple[int, ...]]
    need: Need | None
    needed: Sequence[int]


def wanted(
    text: str,
    labels: Sequence[str],
    label_vectors: FloatArray,
    vector: FloatArray,
    uses: Uses,
    encode: Encode,
) -> Wanted:
    """
    Return what a request wants.

    Parameters
    ----------
    text
        The request without the words of its conditions.
    labels, label_vectors
        The L labels of the memory, and their (L, D) unit vectors.
    vector
        (D,) unit vector of the request.
    uses
        What things are for.
    encode
        Makes unit rows of texts.

    """
    evidence = _evidence(text, labels, label_vectors, vector, uses, encode)
    logits = evidence.values @ np.array(WEIGHTS) + BIAS
    serves = {}
    hinted = (logits > -2.0) & ~evidence.named & ~evidence.named.any()
    for i in np.flatnonzero(hinted).tolist():
        if evidence.need is not None and i in evidence.needed:
            serves[i] = evidence.need.phrase
        elif evidence.concepts[i]:
            serves[i] = uses.situation(vector, evidence.concepts[i][0])
    return Wanted(
        probability=np.asarray(1.0 / (1.0 + np.exp(-logits))), named=evidence.named, serves=serves
    )


def wanted_areas(
    text: str, names: Sequence[str], vector: FloatArray, uses: Uses, encode: Encode
) -> tuple[WantedArea, ...]:
    """
    Return which kinds of rooms serve a request, the likeliest first.

    ``names`` are the kinds that there are; other arguments as ``wanted`` takes them. The weights
    are those of things, as what rooms are for is written down like what things are for.
    """
    kinds = [
        (name, [c for c in uses.concepts_named(name) if uses.areas[c]])
        for name in dict.fromkeys(names)
    ]
    kinds = [(name, own) for name, own in kinds if own]
    if not kinds:
        return ()
    first = np.array([own[0] for _, own in kinds], np.int64)
    serving = uses.serving(vector, first)
    use = np.array([max(float(serving[c]) for c in own) for _, own in kinds])
    meaning = encode([name for name, _ in kinds]) @ vector
    weight = dict(zip(FEATURES, WEIGHTS, strict=True))
    asked = _AREA_ASKED.search(text) is not None
    logits = (
        BIAS
        + weight['meaning'] * meaning
        + weight['use'] * use
        + weight['use_lead'] * _lead(use)
        + (_ASKED if asked else 0.0)
    )
    found = [
        WantedArea(
            name=kinds[i][0],
            probability=float(1.0 / (1.0 + np.exp(-logits[i]))),
            serves=uses.situation(vector, int(first[i])),
            asked=asked,
        )
        for i in np.argsort(-logits, kind='stable').tolist()
    ]
    return tuple(a for a in found if a.probability >= _LEAST_AREA)[:_AREAS]


def features(
    text: str,
    labels: Sequence[str],
    label_vectors: FloatArray,
    vector: FloatArray,
    uses: Uses,
    encode: Encode,
) -> RealArray:
    """Return (L, F) what the probability is judged from; arguments as ``wanted`` takes them."""
    return _evidence(text, labels, label_vectors, vector, uses, encode).values


def _evidence(
    text: str,
    labels: Sequence[str],
    label_vectors: FloatArray,
    vector: FloatArray,
    uses: Uses,
    encode: Encode,
) -> _Evidence:
    names = [stems_of(clean_label(label)) for label in labels]
    stems = stems_of(text)
    exact, kinds, synonyms, alone, known = _named(names, stems, uses)
    named = exact | kinds | synonyms
    concepts = [uses.concepts_named(label) for label in labels]
    first = np.array([c[0] if c else -1 for c in concepts], np.int64)
    serving = uses.serving(vector, first)
    of_label = np.array([max((serving[c] for c in own), default=-1.0) for own in concepts])
    meaning = (label_vectors @ vector).astype(np.float64)
    # What nobody has written down serves as its name sounds.
    of_label = np.where(of_label > -1.0, of_label, 0.9 * meaning)
    need, needed = None, tuple[int, ...]()
    if not (named.any() and alone >= _ALONE):
        need, needed = served_labels(text, labels, label_vectors, encode)
    rank = np.full(len(labels), -1.0)
    for i, index in enumerate(needed):
        rank[index] = i
    values = np.column_stack(
        [
            exact,
            alone * exact,
            kinds,
            alone * kinds,
            synonyms,
            alone * synonyms,
            alone * (~named & named.any()),
            known * named,
            np.full(len(labels), 0.0 if named.any() else alone),
            meaning,
            of_label,
            _lead(of_label),
            rank >= 0.0,
            np.maximum(rank, 0.0),
        ]
    ).astype(np.float64)
    told = named & (alone >= _ALONE)
    return _Evidence(values=values, named=told, concepts=concepts, need=need, needed=needed)


def _lead(values: RealArray) -> RealArray:
    """Return (L,) by how much each is above the best of the others."""
    if len(values) < 2:
        return np.zeros(len(values))
    second, first = np.partition(values, -2)[-2:]
    apart = np.where(values >= first, values - second, values - first)
    return np.asarray(np.clip(apart, -_LEAD, _LEAD))


def _named(
    names: Sequence[tuple[str, ...]], stems: tuple[str, ...], uses: Uses
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_], float, float]:
    """
    Return (L,) which labels a text names, names the kind of, and names by a synonym.

    With them which share of the words that mean something the names are: "where is the sofa"
    speaks of nothing else, "my sofa needs a wash" does; and the same of words for things alone.
    """
    exact, kinds, synonyms = (np.zeros(len(names), np.bool_) for _ in range(3))
    held = {name: i for i, name in enumerate(names) if name}
    spoken = {(a, b): found for a, b, found in uses.spans(stems)}
    spans = [(a, b) for a, b in names_in(stems, held.__contains__)]
    longer = [s for s in spoken if s not in spans]
    spans = [(a, b) for a, b in spans if not any(s <= a and b <= e for s, e in longer)]
    for start, stop in spans:
        exact[held[stems[start:stop]]] = True
    for (start, stop), found in spoken.items():
        if any(a <= start and stop <= b for a, b in spans):
            continue
        for i, name in enumerate(names):
            if name and set(uses.concepts_named(' '.join(name))) & set(found):
                synonyms[i] = True
    # "The shelf" is any shelf; in "the book shelf" the shelf is no kind by itself.
    bare = [
        (i, i + 1)
        for i in range(1, len(stems))
        if stems[i - 1] in _BEFORE or stems[i - 1] in COLOR_WORDS
    ]
    heads = {stems[a:b]: (a, b) for a, b in (*bare, *spoken, *spans)}
    used = set(spans)
    for i, name in enumerate(names):
        for head, span in heads.items():
            if len(name) > len(head) and name[-len(head) :] == head:
                kinds[i] = True
                used.add(span)
    if exact.any():  # who says chair, where there are chairs, means no office chair
        kinds[:] = synonyms[:] = False
    else:
        synonyms &= ~kinds
        used.update(spoken)
    meant = {i for i, w in enumerate(stems) if w.isalnum() and w not in _CARRIERS}
    covered = {i for a, b in used for i in range(a, b)}
    alone = len(meant & covered) / len(meant) if meant else 0.0
    others = {i for a, b in spoken for i in range(a, b)} - covered
    known = len(covered) / len(covered | others) if covered else 0.0
    return exact, kinds, synonyms, alone, known
