"""
Fit ``memory_node.core.confidence`` on REVERIE: is the first place right?

Two models are fitted: one for the learned ranker, which answers from sparse viewpoints, and one
for the fusion of plain signals. Both are asked for things that are there, for as many that are not
in the same words, for human instructions, and for instructions whose target was replaced by a
thing that is not there. The buildings are those that the shipped network was not fitted on; every
figure is from buildings that the constants of its fold were not fitted on. The shipped constants
of the fusion are of an earlier fit, which also asked for needs.
Run ``python test/bench/fit_confidence.py [--data FOLDER]``.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
import sys
import tempfile

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline, Pipeline
from sklearn.preprocessing import StandardScaler

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / 'test')]

from memory_bench.datasets.absent import ABSENT  # noqa: E402
from memory_bench.datasets.reverie import building_data_sets  # noqa: E402
from memory_bench.datasets.types import DataSet, Question  # noqa: E402
from memory_bench.metrics.intervals import calibration_error  # noqa: E402
from memory_node import Memory, Query, QueryMode  # noqa: E402  the path is set above
from memory_node.core import confidence  # noqa: E402
from memory_node.core.candidates import Question as Asked  # noqa: E402
from memory_node.core.config import RetrievalConfig  # noqa: E402
from memory_node.core.lexical import content_terms  # noqa: E402
from memory_node.core.ranking.ranker import LearnedRanker  # noqa: E402
from memory_node.core.retrieval import FusionRanker, search  # noqa: E402
from memory_node.models.sentence_encoder import SentenceEncoder  # noqa: E402

FOLDS = 4


class Learned(LearnedRanker):
    """The learned ranker, keeping the features of its first place."""

    values: np.ndarray

    def evidence(self, heard, view, firsts, mass):
        found = super().evidence(heard, view, firsts, mass)
        self.values = found[0]
        return found


class Fusion(FusionRanker):
    """The fusion, keeping the features of its first place."""

    values: np.ndarray

    def evidence(self, snapshot, question, candidates, chosen):
        found = super().evidence(snapshot, question, candidates, chosen)
        self.values = found[0]
        return found


def sampled(data_set: DataSet, count: int, rng: np.random.Generator) -> Iterator[Question]:
    """Yield ``count`` instructions of a building and all that was made from its things."""
    own = [q for q in data_set.questions if q.kind == 'instruction']
    for at in rng.choice(len(own), min(count, len(own)), replace=False):
        yield own[at]
    yield from (q for q in data_set.questions if q.kind != 'instruction')


def is_right(question: Question, position: np.ndarray) -> bool:
    """Tell whether a place answers a question."""
    goals = np.array(question.goals).reshape(-1, 3)
    return bool((np.linalg.norm(goals - position, axis=1) <= question.radius_m).any())


def collect(
    data_sets: list[DataSet], encoder: SentenceEncoder, learned: bool, count: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return (Q, F) features, (Q,) whether right, (Q,) kind and (Q,) building."""
    rng, rows = np.random.default_rng(0), []
    for number, data_set in enumerate(data_sets):
        with (
            tempfile.TemporaryDirectory() as place,
            Memory.open(Path(place) / 'm.db', encoder=encoder) as memory,
        ):
            memory.add_many(data_set.observations)
            snapshot, config = memory.snapshot(), RetrievalConfig()
            ranker = (
                Learned(config, lambda texts: encoder.encode(texts), encoder.model_id)
                if learned
                else Fusion(config)
            )
            for question in sampled(data_set, count, rng):
                asked = Asked(
                    query=Query(text=question.text),
                    mode=QueryMode.EXPLICIT,
                    vector=encoder.encode([question.text])[0],
                    terms=content_terms(question.text),
                )
                first = search(snapshot, asked, ranker, memory._answerer)[0]
                right = is_right(question, snapshot.positions[first.row])
                rows.append((ranker.values, right, question.kind, number))
    values, right, kind, building = zip(*rows, strict=True)
    return np.array(values), np.array(right), np.array(kind), np.array(building)


def model() -> Pipeline:
    """Return what is fitted."""
    return make_pipeline(StandardScaler(), LogisticRegression(C=3.0, max_iter=2000))


def show(sure: np.ndarray, right: np.ndarray, kind: np.ndarray) -> None:
    """Print a row of figures for each kind of question, beside its absent twin."""
    print(f'all {len(right)} questions: ECE {calibration_error(sure, right):.3f}')
    for name in ('thing', 'instruction'):
        there, absent = kind == name, kind == name + ABSENT
        twins = there | absent
        print(
            f'| {name} | {there.sum()} + {absent.sum()} absent | first right'
            f' {right[there].mean():.3f} | ECE {calibration_error(sure[twins], right[twins]):.3f}'
            f' | abstention AUC {roc_auc_score(there[twins], sure[twins]):.3f}'
            + ''.join(
                f' | found at {t}: {np.mean(sure[there] >= t):.2f} there,'
                f' {np.mean(sure[absent] >= t):.2f} absent'
                for t in (0.3, 0.4, 0.5)
            )
            + ' |'
        )


def fit(name: str, features: tuple[str, ...], found: tuple[np.ndarray, ...]) -> None:
    """Cross-validate over buildings, then fit on all and print the constants."""
    values, right, kind, building = found
    held_out = np.zeros(len(right))
    for fold in range(FOLDS):
        test = building % FOLDS == fold
        fitted = model().fit(values[~test], right[~test])
        held_out[test] = fitted.predict_proba(values[test])[:, 1]
    print(f'{name}, cross-validated over {len(np.unique(building))} buildings')
    show(held_out, right, kind)
    scaler, logistic = (step for _, step in model().fit(values, right).steps)
    weights = logistic.coef_[0] / scaler.scale_
    bias = float(logistic.intercept_[0] - weights @ scaler.mean_)
    print('features', features)
    print('weights', tuple(np.round(weights, 3).tolist()), 'bias', round(bias, 3))


def main() -> None:
    """Fit both models."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--data', type=Path, default=ROOT.parent / 'shared/data/reverie')
    parser.add_argument('--instructions', type=int, default=60, help='of each building')
    parser.add_argument('--absent', type=int, default=25, help='of each kind and building')
    arguments = parser.parse_args()
    encoder = SentenceEncoder()
    data_sets = building_data_sets(arguments.data, encoder, absent=arguments.absent)
    for name, features in (
        ('learned', confidence.READING_FEATURES),
        ('fusion', confidence.FEATURES),
    ):
        found = collect(data_sets, encoder, name == 'learned', arguments.instructions)
        fit(name, features, found)


if __name__ == '__main__':
    main()
