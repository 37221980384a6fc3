"""
Fit which labels a request wants; prints the constants of ``memory_node.core.wanted``.

Requests are made of wordings for names, needs and absent things, asked of the labels of generated
worlds. Needs are taken from the half of the benchmark's wordings that ``needs.json`` was not
written with; the part ``unseen`` is never read. Every world is judged by a fit on the others.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

from memory_bench.methods.cost import CachingEncoder
from memory_bench.questions.wording import needs, question_texts
from memory_node.core.lexical import clean_label
from memory_node.core.uses import concepts, Uses
from memory_node.core.wanted import FEATURES, features
from memory_node.models.sentence_encoder import SentenceEncoder
from memory_sim.world.generate import generate_world

KINDS = (
    'apartment',
    'house',
    'office',
    'hospital',
    'supermarket',
    'school',
    'museum',
    'warehouse',
)
#: Other ways to ask for a thing.
PLACES = tuple(
    line
    for line in (Path(__file__).parent / 'intents' / 'place.txt').read_text('utf-8').splitlines()
    if '{thing}' in line and line.count('{') == 1
)
#: People mostly ask for what is there.
SHARE = {'absent need': 0.1, 'absent': 0.7, 'need': 2.0}
#: Strength of the penalty on weights.
RIDGE = 0.02


@dataclass
class Asked:
    world: str
    form: str
    text: str
    right: frozenset[str]


def requests(world: str, labels: list[str], others: list[str], uses: Uses, rng) -> Iterator[Asked]:
    """Yield what is asked in one world: names, colours, needs, and what is not there."""

    def worded(form: str, thing: str) -> str:
        texts = (*question_texts(form, 'all'), *(PLACES if form in ('name', 'negative') else ()))
        return texts[int(rng.integers(len(texts)))].replace('{thing}', thing)

    for label in labels:
        yield Asked(world, 'name', worded('name', label), frozenset([label]))
        if rng.random() < 0.3:
            yield Asked(
                world, 'attribute', worded('attribute', f'red {label}'), frozenset([label])
            )
    heads = {label.split()[-1] for label in labels if ' ' in label}
    for head in sorted(heads.difference(labels)):
        right = frozenset(label for label in labels if label.split()[-1] == head)
        yield Asked(world, 'kind', worded('name', head), right)
    for label in labels:
        for concept in uses.concepts_named(label)[:1]:
            names = [n for n in concepts()[concept].names if n not in labels][:2]
            mates = frozenset(x for x in labels if concept in uses.concepts_named(x))
            for name in names:
                yield Asked(world, 'synonym', worded('name', name), mates)
    for need in needs('held_out'):
        right = need.labels.intersection(labels)
        for text in need.texts:
            yield Asked(world, 'need' if right else 'absent need', text, frozenset(right))
    heads = {word for label in labels for word in label.split()}
    absent = [*question_texts('absent', 'develop'), *rng.permutation(others)[:20].tolist()]
    for thing in absent:
        if thing.split()[-1] not in heads:
            yield Asked(world, 'absent', worded('negative', thing), frozenset())
    for text in question_texts('absent_needs', 'develop'):
        yield Asked(world, 'absent need', text, frozenset())


def logistic(z):
    return 1.0 / (1.0 + np.exp(-z))


def fit(x, y, weight):
    """Return weights and bias of a ridge-penalised logistic model."""
    scale = np.maximum(np.abs(x).max(axis=0), 1e-9)
    z = np.column_stack([x / scale, np.ones(len(x))])

    def loss(w):
        s = z @ w
        value = weight @ (np.logaddexp(0.0, s) - y * s) + RIDGE * (w[:-1] @ w[:-1])
        slope = z.T @ (weight * (logistic(s) - y))
        slope[:-1] += 2.0 * RIDGE * w[:-1]
        return value, slope

    w = minimize(loss, np.zeros(z.shape[1]), jac=True, method='L-BFGS-B').x
    return w[:-1] / scale, w[-1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--seeds', type=int, nargs='+', default=[1, 2, 3, 4])
    parser.add_argument('--cache', type=Path, help='folder that keeps vectors between runs')
    chosen = parser.parse_args()
    seeds = chosen.seeds
    encoder = CachingEncoder(SentenceEncoder(), chosen.cache)
    uses = Uses(encoder.encode, encoder.model_id)
    vocabularies = {
        f'{kind}-{seed}': sorted({o.label for o in generate_world(kind, seed).objects})
        for kind in KINDS
        for seed in seeds
    }
    every = sorted({label for labels in vocabularies.values() for label in labels})
    asked, rows = [], []
    for number, (world, labels) in enumerate(vocabularies.items()):
        rng = np.random.default_rng((number, 21))
        others = [label for label in every if label not in labels]
        vectors = encoder.encode(labels)
        found = list(requests(world, labels, others, uses, rng))
        encoder.warm([a.text for a in found])
        for one in found:
            vector = encoder.encode([one.text])[0]
            x = features(one.text, labels, vectors, vector, uses, encoder.encode)
            asked.append((one, labels))
            rows.append(x)
    groups = np.array([i for i, x in enumerate(rows) for _ in range(len(x))])
    x = np.concatenate(rows)
    y = np.array([clean_label(w) in a.right for a, labels in asked for w in labels], float)
    kinds = np.array([a.world.split('-')[0] for a, _ in asked])
    # Every request weighs the same, and every form.
    forms = np.array([a.form for a, _ in asked])
    count = {f: np.sum(forms == f) for f in set(forms)}
    weight = np.array([SHARE.get(forms[g], 1.0) / count[forms[g]] for g in groups]) * 400.0
    logits = np.empty(len(x))
    for kind in KINDS:
        out = kinds[groups] == kind
        w, b = fit(x[~out], y[~out], weight[~out])
        logits[out] = x[out] @ w + b
    report(asked, groups, y, logits, forms)
    w, b = fit(x, y, weight)
    print('FEATURES', FEATURES)
    print('WEIGHTS =', tuple(round(float(v), 3) for v in w))
    print('BIAS =', round(float(b), 3))


def report(asked, groups, y, logits, forms) -> None:
    """Print by form: first label right, refused at 0.5, and the calibration of the best."""
    best, sure, right = [], [], []
    for g in range(len(asked)):
        at = np.flatnonzero(groups == g)
        top = at[np.argmax(logits[at])]
        best.append(y[top] > 0)
        right.append(y[at].any())
        sure.append(1.0 - np.prod(1.0 - logistic(logits[at])))
    best, sure, right = np.array(best), np.array(sure), np.array(right)
    for form in sorted(set(forms)):
        m = forms == form
        print(
            f'{form:<12}{m.sum():>6}  first {best[m].mean():.3f}  said to be there'
            f' {np.mean(sure[m] >= 0.5):.3f}  mean confidence {sure[m].mean():.3f}'
        )


if __name__ == '__main__':
    main()
