"""
Train the ranking model and write its weights.

``python -m memory_bench.training.train_instruction DATA --out weights.npz`` trains on the
buildings of the folder that are not put aside: once for each fold, for figures on buildings not
fitted on and for the last fit of the scale, and once on all of them for the weights. The part put
aside is judged at the end.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
import json
from pathlib import Path
import sys

import numpy as np
from numpy.typing import NDArray
import torch

from memory_bench.datasets.reverie import Building, load_buildings, split_buildings
from memory_bench.training.examples import encode_vocabulary, prepare, Prepared
from memory_bench.training.loss import fit, predict, Schedule
from memory_bench.training.outcomes import judge, Outcome, summarise
from memory_bench.training.stacking import fit_stack, stacked, text_scores
from memory_node.core.ports import Encoder
from memory_node.core.retrieval.instruction.weights import save_weights, Weights

__all__ = ['main', 'train']

RealArray = NDArray[np.float64]


def _say(text: str) -> None:
    sys.stderr.write(text + '\n')


def _outcomes(buildings: Sequence[Prepared], scores: dict[str, RealArray]) -> list[Outcome]:
    return [
        outcome
        for b in buildings
        if len(b.examples)
        for outcome in judge(b.name, scores[b.name], b.scene.squared_m2, b.distances)
    ]


def _figures(outcomes: list[Outcome]) -> dict[str, str]:
    return {name: str(interval) for name, interval in summarise(outcomes).items()}


def train(
    buildings: dict[str, Building], encoder: Encoder, schedule: Schedule
) -> tuple[Weights, dict[str, dict[str, str]]]:
    """Train and judge; return the weights and success with intervals, by part of the data."""
    split = split_buildings(buildings)
    vectors = encode_vocabulary(buildings.values(), encoder)
    ready = {name: prepare(building, vectors) for name, building in buildings.items()}
    text = {name: text_scores(building, encoder) for name, building in buildings.items()}
    develop = [name for fold in split.folds for name in fold]
    apart: dict[str, RealArray] = {}
    for number, fold in enumerate(split.folds):
        rest = [ready[name] for name in develop if name not in fold]
        network, known = fit(rest, vectors, schedule)
        apart.update({name: predict(network, known, ready[name]) for name in fold})
        _say(f'fold {number}: {_figures(_outcomes([ready[n] for n in fold], apart))}')
    weights = fit_stack(
        [apart[n] for n in develop],
        [text[n] for n in develop],
        [ready[n].distances <= 3.0 for n in develop],
    )
    network, known = fit([ready[n] for n in develop], vectors, schedule)
    final = {n: stacked(predict(network, known, ready[n]), text[n], weights) for n in split.final}
    folds = {n: stacked(apart[n], text[n], weights) for n in develop}
    figures = {
        'folds, model alone': _figures(_outcomes([ready[n] for n in develop], apart)),
        'folds': _figures(_outcomes([ready[n] for n in develop], folds)),
        'put aside': _figures(_outcomes([ready[n] for n in split.final], final)),
    }
    arrays = dict(network.arrays(known))
    arrays['stack'] = weights.astype(np.float32)
    origin = {
        'encoder': encoder.model_id,
        'seed': schedule.seed,
        'epochs': schedule.epochs,
        'fitted_on': develop,
        'figures': figures,
        'command': 'python -m memory_bench.training.train_instruction DATA --out weights.npz',
    }
    return (
        Weights(arrays=arrays, words=vectors.words, labels=vectors.labels, origin=origin),
        figures,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('data', type=Path, help='folder with <building>.observations.jsonl')
    parser.add_argument('--out', type=Path, required=True, help='file to write')
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument('--epochs', type=int, default=3)
    given = parser.parse_args(arguments)
    from memory_node.models.sentence_encoder import SentenceEncoder

    torch.set_num_threads(1)
    weights, figures = train(
        load_buildings(given.data),
        SentenceEncoder(),
        Schedule(seed=given.seed, epochs=given.epochs),
    )
    save_weights(weights, given.out)
    sys.stdout.write(json.dumps(figures, indent=2) + '\n')
    return 0


if __name__ == '__main__':
    raise SystemExit(main())
