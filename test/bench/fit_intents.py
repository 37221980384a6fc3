"""
Fit which kind of answer a request wants; writes ``memory_node/core/intents.npz``.

Sentences are those of ``test/bench/intents`` and of the benchmark's wordings for development and
held out, with names filled in; the part ``unseen`` is never read. Every fifth sentence is judged
by a fit on the others.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy.optimize import minimize

from memory_bench.questions.wording import area_uses, needs, question_texts
from memory_node.core.intents import Intent, SURE
from memory_node.models.sentence_encoder import SentenceEncoder

HERE = Path(__file__).parent / 'intents'
TARGET = Path(__file__).parents[2] / 'memory_node' / 'core' / 'intents.npz'
#: Intents of the sentences in each file, and of each form of the benchmark.
FILES = {
    'plain': (), 'place': (), 'goroom': (),
    'room': (Intent.DESCRIBE,), 'whole': (Intent.DESCRIBE,),
    'near': (Intent.NEAREST,), 'nearneed': (Intent.NEAREST,), 'now': (Intent.LATEST,),
    'morning': (Intent.THIS_MORNING,), 'yesterday': (Intent.YESTERDAY,),
}  # fmt: skip
FORMS = {
    'name': (), 'attribute': (), 'relation': (), 'area': (), 'floor': (), 'negative': (),
    'near': (Intent.NEAREST,), 'near_need': (Intent.NEAREST,), 'now': (Intent.LATEST,),
    'morning': (Intent.THIS_MORNING,), 'yesterday': (Intent.YESTERDAY,),
    'whole': (Intent.DESCRIBE,), 'room': (Intent.DESCRIBE,),
}  # fmt: skip
THINGS = (
    'red chair', 'printer', 'sofa', 'toolbox', 'coffee machine', 'wheelchair', 'blue lamp',
    'fire extinguisher', 'laptop', 'bench', 'trash can', 'vase of flowers', 'milk shelf', 'globe',
    'pallet jack', 'statue', 'microwave', 'white fan', 'bed', 'defibrillator', 'mirror', 'tree',
)  # fmt: skip
ROOMS = (
    'kitchen', 'meeting room', 'bathroom', 'gallery', 'patient room', 'classroom', 'playground',
    'storage room', 'lobby', 'bakery', 'living room', 'library', 'courtyard', 'server room',
    'packing area', 'study', 'restroom', 'cafe',
)  # fmt: skip
FLOORS = ('ground', 'second', 'third')
#: How often each sentence is filled in, and the strength of the penalty on slopes.
TIMES, RIDGE = 3, 0.1


def sentences() -> list[tuple[str, tuple[Intent, ...]]]:
    """Return sentences with placeholders, and their intents."""
    found = []
    for name, intents in FILES.items():
        lines = (HERE / f'{name}.txt').read_text('utf-8').splitlines()
        found += [(line.strip(), intents) for line in lines if line.strip()]
    for form, intents in FORMS.items():
        found += [(text, intents) for text in question_texts(form, 'all')]
    found += [(text, ()) for need in needs('all') for text in need.texts]
    found += [
        (text.replace('{use}', use), ())
        for area in area_uses('all')
        for use in area.texts
        for text in question_texts('area_use', 'all')[::4]
    ]
    return found


def filled(text: str, rng: np.random.Generator, hints: list[str]) -> str:
    """Put names into a sentence."""
    words = {'thing': THINGS, 'other': THINGS, 'room': ROOMS, 'area': ROOMS, 'floor': FLOORS}
    for name, choices in {**words, 'need': hints}.items():
        while '{' + name + '}' in text:
            chosen = choices[int(rng.integers(len(choices)))]
            text = text.replace('{' + name + '}', chosen, 1)
    return text


def fit(x, y, weight):
    """Return slope and bias of a ridge-penalised logistic model."""
    z = np.column_stack([x, np.ones(len(x))])

    def loss(w):
        s = z @ w
        value = weight @ (np.logaddexp(0.0, s) - y * s) + RIDGE * (w[:-1] @ w[:-1])
        slope = z.T @ (weight * (1.0 / (1.0 + np.exp(-s)) - y))
        slope[:-1] += 2.0 * RIDGE * w[:-1]
        return value, slope

    w = minimize(loss, np.zeros(z.shape[1]), jac=True, method='L-BFGS-B').x
    return w[:-1], w[-1]


def main() -> None:
    rng = np.random.default_rng(7)
    hints = [text for need in needs('all') for text in need.texts]
    listed = sentences()
    texts, intents, source = [], [], []
    for number, (text, wanted) in enumerate(listed):
        for _ in range(TIMES if '{' in text else 1):
            texts.append(filled(text, rng, hints))
            intents.append(wanted)
            source.append(number)
    encoder = SentenceEncoder()
    x = np.concatenate([encoder.encode(texts[i : i + 64]) for i in range(0, len(texts), 64)])
    folds = rng.integers(5, size=len(listed))[np.array(source)]
    slopes, biases = [], []
    for intent in Intent:
        y = np.array([intent in wanted for wanted in intents], float)
        weight = np.where(y > 0.0, 0.5 * len(y) / max(y.sum(), 1.0), 1.0)
        weight = np.minimum(weight, 4.0)
        chance = np.empty(len(y))
        for fold in range(5):
            out = folds == fold
            w, b = fit(x[~out], y[~out], weight[~out])
            chance[out] = 1.0 / (1.0 + np.exp(-(x[out] @ w + b)))
        said, right = chance >= SURE, y > 0.0
        print(
            f'{intent.value:<14}{int(right.sum()):>5} of {len(y)}  recall'
            f' {said[right].mean():.3f}  precision {right[said].mean():.3f}'
        )
        w, b = fit(x, y, weight)
        slopes.append(w)
        biases.append(b)
    np.savez_compressed(
        TARGET,
        slopes=np.array(slopes, np.float32),
        biases=np.array(biases, np.float32),
        intents=np.array([i.value for i in Intent]),
        encoder=np.array(encoder.model_id),
    )


if __name__ == '__main__':
    main()
