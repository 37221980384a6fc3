"""
Measure the relevance model on needs that people wrote, and which kinds of things serve them.

    python test/bench/needs.py ../shared/data/needs/needs.jsonl [--packs everyday,trades]
        [--encoder FOLDER]

Prints how often an accepted label is first and in five among all labels, for the plain sentence
"a LABEL can be used for this" and for the model, with 95 % bootstrap intervals; and how many needs
that nothing in a memory of 25 labels serves are refused, at 10 % wrongly refused.
"""

from __future__ import annotations

import argparse
from datetime import timezone
import json
from pathlib import Path

import numpy as np

from memory_node.core.constraints.order import Order
from memory_node.core.constraints.registry import REGISTRY
from memory_node.core.language.affordances import load_packs
from memory_node.core.language.parser import parse
from memory_node.core.language.times import Clock
from memory_node.core.objects.meaning import pack_vectors, purpose
from memory_node.core.objects.names import NameTable
from memory_node.core.retrieval.relevance import EmbeddingRelevance, served
from memory_node.models.sentence_encoder import SentenceEncoder

LABELS_OF_A_MEMORY = 25


def interval(values: np.ndarray, rng: np.random.Generator) -> str:
    """Return a mean with its 95 % bootstrap interval."""
    means = [rng.choice(values, len(values)).mean() for _ in range(1000)]
    low, high = np.quantile(means, [0.025, 0.975])
    return f'{values.mean():.3f} [{low:.3f}, {high:.3f}]'


def ranks(odds: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return whether an accepted label is first, and in five, for each need."""
    order = np.argsort(-odds, axis=1, kind='stable')
    right = np.take_along_axis(truth, order, axis=1)
    return right[:, 0].astype(float), right[:, :5].any(axis=1).astype(float)


def refusal(odds: np.ndarray, truth: np.ndarray, rng: np.random.Generator) -> float:
    """Return the share of absent needs refused where a tenth of those present is."""
    present, absent = [], []
    for row, right in zip(odds, truth, strict=True):
        wrong = rng.choice(np.flatnonzero(~right), LABELS_OF_A_MEMORY, replace=False)
        absent.append(row[wrong].max())
        present.append(max(row[wrong[1:]].max(), row[rng.choice(np.flatnonzero(right))]))
    return float((np.array(absent) < np.quantile(present, 0.1)).mean())


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('needs', type=Path)
    parser.add_argument('--packs', default='everyday,trades')
    parser.add_argument('--encoder', default='', help='model folder; empty for the default')
    given = parser.parse_args()
    needs = [json.loads(line) for line in given.needs.read_text().splitlines()]
    labels = sorted({thing for need in needs for thing in need['things']})
    truth = np.array([np.isin(labels, need['things']) for need in needs])
    encoder, rng = SentenceEncoder(given.encoder), np.random.default_rng(0)

    def encode(texts: list[str]) -> np.ndarray:
        return np.asarray(encoder.encode(texts), np.float32)

    packs = load_packs(given.packs.split(','))
    vectors = pack_vectors(packs, encode, encoder.model_id, encoder.dim)
    table = NameTable(encode, vectors, packs.synonyms)
    table.add(labels)
    names, model, clock = table.view(), EmbeddingRelevance(), Clock(0, timezone.utc)
    plain = encode([need['text'] for need in needs]) @ encode([*map(purpose, labels)]).T
    by_need, whole = [], []
    for need in needs:
        request = parse(need['text'], clock, REGISTRY, Order)
        asked = encode(model.texts(request))
        by_need.append(served(names, asked[:2]))
        whole.append(model.relevance(request, names, asked).odds)
    for name, odds in (
        ('plain sentence', plain),
        ('needs by meaning', np.array(by_need)),
        ('whole relevance', np.array(whole)),
    ):
        first, five = (interval(v, rng) for v in ranks(odds, truth))
        refused = refusal(odds, truth, np.random.default_rng(0))
        print(f'{name:18} first {first}   in five {five}   absent refused {refused:.2f}')


if __name__ == '__main__':
    main()
