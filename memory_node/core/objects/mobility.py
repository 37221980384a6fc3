"""How long things of a name usually stay where they are, by ``data/mobility.yaml``."""

from __future__ import annotations

from functools import lru_cache

import yaml

from memory_node.core.language.sign_labels import sign_text
from memory_node.core.language.wordnet import DATA, wordnet

__all__ = ['lasting_s']


@lru_cache(maxsize=1)
def _kinds() -> tuple[float, tuple[tuple[float, frozenset[str], frozenset[int]], ...]]:
    """Return what stays usually [s], and each kind with its names and synsets."""
    read = yaml.safe_load((DATA / 'mobility.yaml').read_text('utf-8'))
    words = wordnet()
    kinds = tuple(
        (
            3600.0 * float(kind['hours']),
            frozenset(kind['names']),
            frozenset(s for name in kind['names'] for s in words.synsets(name)),
        )
        for kind in read['kinds']
    )
    return 3600.0 * float(read['usual_h']), kinds


@lru_cache(maxsize=1 << 14)
def lasting_s(name: str) -> float:
    """Return how long a thing of a name usually stays where it is [s]."""
    usual, kinds = _kinds()
    words = wordnet()
    name = 'sign' if sign_text(name) else name.casefold()
    said = tuple(dict.fromkeys((name, name.rpartition(' ')[2])))
    for one in said:
        for seconds, names, _ in kinds:
            if one in names:
                return seconds
    for one in said:
        own = words.kinds_of(one)
        for seconds, _, synsets in kinds:
            if not own.isdisjoint(synsets):
                return seconds
    return usual
