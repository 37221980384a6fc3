"""
Measures whether personalised PageRank over the links of things puts better places first.

    python test/bench/links.py FOLDER_OF_DATA_SETS [--limit N]

Each data set is a folder as ``memory-bench evaluate`` takes them. The graph has the objects and
rooms of the memory as nodes; its links are those of ``memory objects --links`` and things whose
names are usually together. The walk restarts at the candidates of the question, each as likely as
it is meant. A candidate gains ``weight`` times the logarithm of how much oftener the walk comes to
it than one that restarts anywhere.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path
import tempfile

import numpy as np
from scipy.sparse import coo_array

from memory_bench.datasets.load import limited, load_data_sets
from memory_bench.datasets.types import LoadOptions
from memory_bench.methods.cost import CachingEncoder
from memory_bench.metrics.intervals import bootstrap
from memory_node import Memory
from memory_node.core.constraints.base import Kind
from memory_node.core.data import Query
from memory_node.core.retrieval.links import links_of, usually_with
from memory_node.models.sentence_encoder import SentenceEncoder

WEIGHTS = (0.0, 0.1, 0.25, 0.5, 1.0)
#: Probability that the walk goes on.
DAMPING = 0.5


def graph(view):
    """Return the (n, n) column-stochastic matrix of objects, then rooms."""
    objects = len(view.objects)
    size = objects + len(view.rooms)
    edges = [
        (link.source, objects + link.target if link.relation == 'in' else link.target, link.views)
        for link in links_of(view)
    ]
    by_name = defaultdict(list)
    for i in np.flatnonzero(view.objects.existence > 0.0).tolist():
        by_name[int(view.objects.labels[i])].append(i)
    for name, others in usually_with(view).items():
        for other, views in others[:4]:
            edges += [(i, j, views) for i in by_name[name][:8] for j in by_name[other][:8]]
    if not edges:
        return None
    one, other, views = np.array(edges).T
    weights = np.log1p(np.concatenate([views, views]))
    ends = np.concatenate([one, other]), np.concatenate([other, one])
    matrix = coo_array((weights, ends), shape=(size, size)).tocsc()
    total = np.asarray(matrix.sum(axis=0)).ravel()
    return matrix @ coo_array((1.0 / np.maximum(total, 1e-9), (range(size), range(size)))).tocsc()


def walked(matrix, restart):
    """Return how often a walk that restarts so comes to each node."""
    found = restart
    for _ in range(30):
        found = DAMPING * (matrix @ found) + (1.0 - DAMPING) * restart
    return found


def first_right(memory, question, matrix, base, weights):
    """Return for each weight whether the first place is right."""
    found = memory._parts.retriever.find(Query(text=question.text, k=10))
    candidates, odds = found.candidates, found.odds
    things = candidates.kind == Kind.OBJECT
    if matrix is None or not things.any():
        gain = np.zeros(len(candidates))
    else:
        restart = np.zeros(matrix.shape[0])
        np.add.at(restart, candidates.index[things], 1.0 / (1.0 + np.exp(-odds[things])))
        walk = walked(matrix, restart / max(restart.sum(), 1e-12))
        gain = np.zeros(len(candidates))
        at = candidates.index[things]
        gain[things] = np.log((walk[at] + 1e-9) / (base[at] + 1e-9))
    answers = []
    for weight in weights:
        best = np.array([int(np.argmax(odds + weight * gain))])
        place = memory._parts.retriever.places(found, best)[0]
        at = place.target_position or place.pose.position
        away = [
            np.hypot(*(np.subtract(p, goal)[:2]))
            for goal in question.goals
            for p in (at, place.pose.position)
        ]
        answers.append(float(min(away) <= question.radius_m))
    return answers


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('folder', type=Path)
    parser.add_argument('--limit', type=int, default=0, help='questions of a kind and data set')
    chosen = parser.parse_args()
    encoder = CachingEncoder(SentenceEncoder())
    data_sets, _ = load_data_sets(chosen.folder, encoder, LoadOptions())
    right = {weight: defaultdict(list) for weight in WEIGHTS}
    for data_set in limited(data_sets, chosen.limit, 0):
        with (
            tempfile.TemporaryDirectory() as folder,
            Memory.open(Path(folder) / 'm.sqlite', encoder=encoder) as memory,
        ):
            memory.add_many(data_set.observations)
            memory.wait_areas(60.0)
            while memory.view().behind:
                pass
            matrix = graph(memory.view())
            size = matrix.shape[0] if matrix is not None else 1
            base = walked(matrix, np.full(size, 1.0 / size)) if matrix is not None else None
            for question in data_set.questions:
                if question.answerable and question.goals:
                    one = first_right(memory, question, matrix, base, WEIGHTS)
                    for weight, value in zip(WEIGHTS, one, strict=True):
                        right[weight][data_set.name].append(value)
        print(
            data_set.name,
            {w: round(float(np.mean(r[data_set.name])), 3) for w, r in right.items()},
            flush=True,
        )
    print('| weight | first | against none |\n|---|---|---|')
    for weight, values in right.items():
        gain = {
            name: [a - b for a, b in zip(some, right[0.0][name], strict=True)]
            for name, some in values.items()
        }
        print(f'| {weight} | {bootstrap(values)} | {bootstrap(gain)} |')


if __name__ == '__main__':
    main()
