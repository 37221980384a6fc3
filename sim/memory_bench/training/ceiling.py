"""
What object names can say of human instructions at most: why success stays below 1.

``python -m memory_bench.training.ceiling DATA`` prints a Markdown table for the buildings that
the shipped ranker was not fitted on. Every bound is told something that no memory knows.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
import sys

import numpy as np
from numpy.typing import NDArray

from memory_bench.datasets.reverie import Building, choose_buildings, load_buildings, SPLITS
from memory_bench.metrics.intervals import bootstrap, Interval
from memory_bench.training.stacking import text_scores
from memory_node.core.language.text import clean_label
from memory_node.core.ports import Encoder
from memory_node.core.retrieval.instruction.parsing import parse_query
from memory_node.core.retrieval.instruction.words import stem, tokenize

__all__ = ['BOUNDS', 'ceiling', 'instruction_bounds']

SUCCESS_RADIUS_M = 3.0
#: What is measured for every instruction, and what it means.
BOUNDS: Mapping[str, str] = {
    'named': 'the head noun of the target is in a label where the target is seen',
    'named anywhere': 'the head noun of the target is in a label of the building',
    'told, blind': 'told which label there the target goes by: any observation that shows it',
    'told, first': 'told the label: the one of them that BM25 + dense put first',
    'told, any of five': 'told the label: any of the five of them that BM25 + dense put first',
    'in 50': 'the goal is among the 50 observations that BM25 + dense put first',
    'in 10': 'the goal is among the 10 observations that BM25 + dense put first',
    'twin': 'another place, over 3 m away, shows the very same set of labels',
    'same words': 'another instruction has the same words and a goal over 3 m away',
}


def instruction_bounds(building: Building, encoder: Encoder) -> list[dict[str, float]]:
    """Return for each query of a building what ``BOUNDS`` names, as rates in [0, 1]."""
    scores = text_scores(building, encoder)[:, :, [0, 2]].sum(axis=2)
    positions = building.positions
    shown = [frozenset(clean_label(s.label) for s in o.sightings) for o in building.observations]
    rows = {o.id: i for i, o in enumerate(building.observations)}
    stems = {label: frozenset(map(stem, tokenize(label))) for labels in shown for label in labels}
    every = frozenset().union(*stems.values()) if stems else frozenset()
    aims = np.array([query.goal for query in building.queries]).reshape(-1, 3)
    same: dict[str, list[int]] = {}
    for number, query in enumerate(building.queries):
        same.setdefault(_plain(query.text), []).append(number)
    found = []
    for query, score, aim in zip(building.queries, scores, aims, strict=True):
        apart = np.linalg.norm(positions - aim, axis=1)
        seen = [rows[i] for i in query.goal_ids if i in rows] or [int(apart.argmin())]
        parsed = parse_query(query.text)
        phrase = parsed.target or query.text
        head = stem((tokenize(phrase) or [''])[-1])
        there = frozenset().union(*(stems[label] for i in seen for label in shown[i]))
        bounds = _ranked(score, apart)
        bounds |= {
            'named': float(head in there),
            'named anywhere': float(head in every),
            'twin': float(_has_twin(shown, positions, apart)),
            'same words': float(
                np.linalg.norm(aims[same[_plain(query.text)]] - aim, axis=1).max()
                > SUCCESS_RADIUS_M
            ),
        }
        common = frozenset.intersection(*(shown[i] for i in seen)) or shown[seen[0]]
        bounds |= _told(_meant(phrase, sorted(common), stems, encoder), shown, score, apart)
        found.append(bounds)
    return found


def _plain(text: str) -> str:
    return ' '.join(tokenize(text))


def _ranked(score: NDArray[np.float64], apart: NDArray[np.float64]) -> dict[str, float]:
    order = np.argsort(-score, kind='stable')
    right = apart[order] <= SUCCESS_RADIUS_M
    return {'in 50': float(right[:50].any()), 'in 10': float(right[:10].any())}


def _has_twin(
    shown: Sequence[frozenset[str]], positions: NDArray[np.float64], apart: NDArray[np.float64]
) -> bool:
    best = int(apart.argmin())
    far = np.linalg.norm(positions - positions[best], axis=1) > SUCCESS_RADIUS_M
    return any(shown[i] == shown[best] for i in np.flatnonzero(far).tolist())


def _meant(
    phrase: str, labels: Sequence[str], stems: Mapping[str, frozenset[str]], encoder: Encoder
) -> str:
    """Return the label that fits the target best: most words shared, then the nearest meaning."""
    if not labels:
        return ''
    spoken = frozenset(map(stem, tokenize(phrase)))
    cosines = encoder.encode(list(labels)) @ encoder.encode([phrase])[0]
    shared = [len(stems[label] & spoken) / len(stems[label] or {''}) for label in labels]
    return labels[int(np.lexsort((-cosines, -np.array(shared)))[0])]


def _told(
    label: str,
    shown: Sequence[frozenset[str]],
    score: NDArray[np.float64],
    apart: NDArray[np.float64],
) -> dict[str, float]:
    able = np.array([i for i, labels in enumerate(shown) if label in labels], np.int64)
    if not len(able):
        return {'told, blind': 0.0, 'told, first': 0.0, 'told, any of five': 0.0}
    right = apart[able] <= SUCCESS_RADIUS_M
    order = np.argsort(-score[able], kind='stable')
    return {
        'told, blind': float(right.mean()),
        'told, first': float(right[order[0]]),
        'told, any of five': float(right[order[:5]].any()),
    }


def ceiling(buildings: Mapping[str, Building], encoder: Encoder) -> dict[str, Interval]:
    """Return the mean of every bound over all queries, with its 95 % interval."""
    values: dict[str, dict[str, list[float]]] = {name: {} for name in BOUNDS}
    for name, building in sorted(buildings.items()):
        for bounds in instruction_bounds(building, encoder):
            for bound, value in bounds.items():
                values[bound].setdefault(name, []).append(value)
    return {bound: bootstrap(groups) for bound, groups in values.items() if groups}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('data', type=Path, help='folder with <building>.observations.jsonl')
    parser.add_argument('--split', choices=SPLITS, default='aside')
    parser.add_argument('--cache', type=Path, help='keep embeddings in this folder')
    given = parser.parse_args(arguments)
    from memory_bench.methods.cost import CachingEncoder
    from memory_node.models.sentence_encoder import SentenceEncoder

    encoder = CachingEncoder(SentenceEncoder(), given.cache)
    found = ceiling(choose_buildings(load_buildings(given.data), given.split), encoder)
    encoder.save()
    lines = ['| bound | share of instructions |', '|---|---|']
    lines += [f'| {BOUNDS[name]} | {interval} |' for name, interval in found.items()]
    sys.stdout.write('\n'.join(lines) + '\n')
    return 0


if __name__ == '__main__':
    raise SystemExit(main())
