"""
What the things in a room say about its kind: naive Bayes over the listed contents.

Each label is counted once, by the log of how much likelier it is seen in a room of the kind than
in those of all other kinds, so what many kinds hold says little. Learning the likelihoods from
the rooms that captions name (and by expectation maximisation) was measured and adds nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

import numpy as np

from memory_node.core.data import FloatArray
from memory_node.core.language.sign_labels import sign_text
from memory_node.core.language.text import singular_phrase
from memory_node.core.rooms.views import RealArray
from memory_node.core.rooms.vocabulary import plain, Vocabulary

__all__ = ['Encode', 'contents_log_odds', 'label_likelihoods']

Encode = Callable[[list[str]], FloatArray]

#: Probability that one room of a kind shows a defining thing, a typical one, any other one.
_DEFINING, _TYPICAL, _OTHER = 0.7, 0.35, 0.03
#: Log-odds of a kind before anything is seen, and share of the evidence that is independent.
_PRIOR, _TEMPER = -1.5, 0.7
#: Most that one label counts against a kind: rooms hold odd things.
_AGAINST = 0.3
#: Cosine from which on an unlisted label stands for the listed one.
_SAME_THING = 0.75


def label_likelihoods(
    labels: Sequence[str], vocabulary: Vocabulary, encode: Encode | None = None
) -> RealArray:
    """
    Return (L, K) probability that a room of each kind shows each label.

    A label takes the row of the listed thing that it ends with ("wooden desk" is a desk); with
    ``encode``, one that ends with none takes the row of the nearest in meaning.
    """
    things = _listed_things(vocabulary)
    found = np.full((len(labels), len(vocabulary)), _OTHER)
    unknown = []
    for i, label in enumerate(labels):
        if sign_text(label):
            continue  # what a sign says stands in no room; ``plates.py`` says which it names
        words = singular_phrase(plain(label)).split()
        forms = [plain(label), *(' '.join(words[start:]) for start in range(len(words)))]
        known = next((things[form] for form in forms if form in things), None)
        if known is not None:
            found[i] = known
        else:
            unknown.append(i)
    if encode is not None and unknown and things:
        listed = list(things)
        cosines = np.asarray(encode([plain(labels[i]) for i in unknown])) @ encode(listed).T
        best = cosines.argmax(axis=1)
        for i, j, cosine in zip(unknown, best, cosines.max(axis=1), strict=True):
            if cosine >= _SAME_THING:
                found[i] = things[listed[j]]
    return found


@lru_cache(maxsize=4)
def _listed_things(vocabulary: Vocabulary) -> Mapping[str, RealArray]:
    """Return (K,) probability that a room of each kind shows each thing that is listed."""
    things: dict[str, RealArray] = {}
    for k, kind in enumerate(vocabulary.kinds):
        for names, chance in ((kind.typical, _TYPICAL), (kind.defining, _DEFINING)):
            for name in names:
                things.setdefault(name, np.full(len(vocabulary), _OTHER))[k] = chance
        for name in (kind.name, *kind.also):  # detectors that name rooms
            things.setdefault(name, np.full(len(vocabulary), _OTHER))[k] = _DEFINING
    return things


def contents_log_odds(presence: RealArray, likelihoods: RealArray) -> RealArray:
    """
    Return (R, K) log-odds that each room is of each kind, from its contents alone.

    Parameters
    ----------
    presence : (R, L) array
        How surely each label is in each room, in [0, 1].
    likelihoods : (L, K) array
        As ``label_likelihoods`` returns them.

    """
    kinds = likelihoods.shape[1]
    elsewhere = (likelihoods.sum(axis=1, keepdims=True) - likelihoods) / max(kinds - 1, 1)
    ratios = np.maximum(np.log(likelihoods / elsewhere), -_AGAINST)
    scores: RealArray = _PRIOR + _TEMPER * (presence @ ratios)
    return scores
