"""
Fit ``memory_node.core.confidence`` on REVERIE: is what was asked for at the first place?

Three kinds of questions are asked in each building: short ones about a label it has or has not,
needs, and human instructions. A label of another building counts as absent only if no label of
this one means nearly the same. An instruction counts as answered when one of five places is within
3 m of its goal. Run ``python test/bench/fit_confidence.py [--data FOLDER]``.
"""

from __future__ import annotations

import argparse
from pathlib import Path
import sys
import tempfile

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / 'test')]

from bench import reverie  # noqa: E402  the path is set above

from memory_node import Memory, Query, QueryMode  # noqa: E402
from memory_node.core import confidence  # noqa: E402
from memory_node.core.candidates import Question  # noqa: E402
from memory_node.core.config import RetrievalConfig  # noqa: E402
from memory_node.core.lexical import clean_label, content_terms  # noqa: E402
from memory_node.core.retrieval import FusionRanker, search  # noqa: E402
from memory_node.models.sentence_encoder import SentenceEncoder  # noqa: E402

TEMPLATES = (
    'where is the {}?', 'find a {}', '{}', 'is there a {} here?', 'take me to the {}',
    'go to the {}', 'show me where you saw the {}',
)  # fmt: skip
NEEDS = {
    'where can I sit?': ('chair', 'armchair', 'sofa', 'couch', 'bench', 'stool'),
    'somewhere to sleep': ('bed',),
    'where can I wash my hands?': ('sink', 'washbasin'),
    'I want to take a bath': ('bathtub', 'tub'),
    'I want to take a shower': ('shower',),
    'somewhere to watch a film': ('tv', 'television'),
    'where can I cook a meal?': ('stove', 'oven', 'cooktop'),
    'where can I dry my hands?': ('towel',),
    'somewhere to work out': ('gym equipment', 'exercise equipment', 'treadmill'),
    'I need to do my laundry': ('washing machine', 'washer'),
    'I am looking for something to read': ('book', 'books', 'bookshelf'),
    'where can I go to the toilet?': ('toilet',),
    'I want to play some music': ('piano',),
    'where do I keep food cold?': ('fridge', 'refrigerator'),
    'somewhere to light a fire': ('fireplace',),
}
#: Things no home or office of the data has.
ABSENT = (
    'helicopter', 'elephant', 'submarine', 'traffic light', 'cash machine', 'forklift', 'volcano',
    'fire truck', 'petrol station', 'cow', 'airport gate', 'railway platform', 'operating theatre',
    'telescope dome', 'wind turbine', 'ski lift', 'bus stop', 'crocodile', 'space shuttle',
)  # fmt: skip


class Recorder(FusionRanker):
    """A ranker that keeps the features of the first choice."""

    def __init__(self) -> None:
        super().__init__(RetrievalConfig())
        self.values = np.zeros(len(confidence.FEATURES))

    def confidence(self, snapshot, question, candidates, chosen, sources):
        self.values = self.evidence(snapshot, question, candidates, chosen)[0]
        return np.zeros(len(chosen))


def asked(memory: Memory, text: str) -> tuple[np.ndarray, list[int], object]:
    """Return the first place's features and the rows of five places."""
    answerer = memory._answerer
    recorder = Recorder()
    snapshot = memory.snapshot()
    question = Question(
        query=Query(text=text),
        mode=QueryMode.EXPLICIT,
        vector=memory.encoder.encode([text])[0],
        terms=content_terms(text),
    )
    choices = search(snapshot, question, recorder, answerer)
    return recorder.values, [c.row for c in choices], snapshot


def questions(memory: Memory, others: list[str], rng: np.random.Generator):
    """Yield (text, labels that answer it)."""
    labels = sorted({clean_label(x) for x in memory.snapshot().labels})
    vectors = memory.encoder.encode(labels)
    strangers = [x for x in others if x not in labels]
    rng.shuffle(strangers)
    likeness = (memory.encoder.encode(strangers[:60]) @ vectors.T).max(axis=1)
    absent = [x for x, c in zip(strangers, likeness, strict=False) if c < 0.6][:15]
    for label in [*rng.choice(labels, min(20, len(labels)), replace=False).tolist(), *absent]:
        near = vectors @ memory.encoder.encode([label])[0] > 0.8
        same = {x for x, yes in zip(labels, near, strict=True) if yes}
        yield rng.choice(TEMPLATES).format(label), same
    for label in rng.choice(ABSENT, 5, replace=False):
        yield rng.choice(TEMPLATES).format(label), set()
    for need, things in NEEDS.items():
        yield need, {x for x in labels if any(x == t or x.endswith(f' {t}') for t in things)}


def collect(folder: Path, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return (Q, F) features, (Q,) answered, (Q,) kind and (Q,) building."""
    encoder, rng = SentenceEncoder(), np.random.default_rng(0)
    names = reverie.buildings(folder)
    everything = sorted(
        {clean_label(s.label) for b in names for o in reverie.observations(folder, b)
         for s in o.sightings}
    )  # fmt: skip
    rows = []
    for number, name in enumerate(names[:count]):
        with (
            tempfile.TemporaryDirectory() as place,
            Memory.open(Path(place) / 'm.db', encoder=encoder) as memory,
        ):
            memory.add_many(reverie.observations(folder, name))
            for text, same in questions(memory, everything, rng):
                values, places, snapshot = asked(memory, text)
                seen = snapshot.sighting_labels[snapshot.sightings_of(places[0])]
                right = same & {clean_label(snapshot.labels[i]) for i in seen}
                rows.append((*values, bool(right), 0, number))
            tasks = reverie.instructions(folder, name, 'train')
            for at in rng.choice(len(tasks), min(20, len(tasks)), replace=False):
                values, places, snapshot = asked(memory, tasks[at].text)
                away = np.linalg.norm(snapshot.positions[places] - tasks[at].goal, axis=1)
                rows.append((*values, away.min() <= reverie.SUCCESS_M, 1, number))
    table = np.array(rows, float)
    return table[:, :-3], table[:, -3], table[:, -2], table[:, -1]


def calibration_error(sure: np.ndarray, right: np.ndarray) -> float:
    """Return the expected calibration error over ten bins."""
    bins = np.minimum((sure * 10).astype(int), 9)
    return sum(
        abs(sure[bins == b].mean() - right[bins == b].mean()) * (bins == b).mean()
        for b in np.unique(bins)
    )


def main() -> None:
    """Fit, cross-validate over buildings and print the constants."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--data', type=Path, default=ROOT.parent / 'shared/data/reverie')
    parser.add_argument('--buildings', type=int, default=24)
    arguments = parser.parse_args()
    values, right, kind, building = collect(arguments.data, arguments.buildings)
    held_out = np.zeros(len(right))
    for fold in range(4):
        test = building % 4 == fold
        model = LogisticRegression(C=10.0, max_iter=1000).fit(values[~test], right[~test])
        held_out[test] = model.predict_proba(values[test])[:, 1]
    for name, which in (('all', kind >= 0), ('short', kind == 0), ('instructions', kind == 1)):
        sure, yes = held_out[which], right[which]
        print(
            f'{name}: {len(yes)} questions, {yes.mean():.3f} answered,'
            f' AUC {roc_auc_score(yes, sure):.3f}, ECE {calibration_error(sure, yes):.3f},'
            f' found {np.mean(sure >= 0.5):.3f}, right side of 0.5'
            f' {np.mean((sure >= 0.5) == (yes > 0.5)):.3f}'
        )
    model = LogisticRegression(C=10.0, max_iter=1000).fit(values, right)
    print('FEATURES', confidence.FEATURES)
    print('WEIGHTS', np.round(model.coef_[0], 3).tolist())
    print('BIAS', round(float(model.intercept_[0]), 3))


if __name__ == '__main__':
    main()
