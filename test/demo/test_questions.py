from __future__ import annotations

from collections import Counter
import re

import pytest

from memory_sim.demo.questions import draw_questions, NEEDS
from memory_sim.engines.base import GroundTruth, Instance, Region

LABELS = [
    'bathtub', 'bed', 'bookshelf', 'chair', 'chair', 'chair', 'chair', 'chair', 'desk',
    'dining table', 'microwave', 'mirror', 'refrigerator', 'sink', 'sink', 'sofa', 'stove',
    'television', 'toilet', 'wardrobe', 'washing machine',
]  # fmt: skip


def world(labels=LABELS):
    instances = tuple(
        Instance(id=i, label=label, center=(i, 0.0, 0.5), extent=(1, 1, 1), region_id=1)
        for i, label in enumerate(labels, start=1)
    )
    region = Region(id=1, kind='hall', name='hall', polygon=())
    return GroundTruth(instances=instances, regions=(region,), classes=('background',))


def says(text, label):
    """Whether a text says a label, or its plural, as words."""
    return re.search(rf'\b{re.escape(label)}(s|es)?\b', text.lower()) is not None


@pytest.mark.parametrize('need', NEEDS, ids=lambda need: need.text)
def test_a_need_never_says_the_label_of_a_right_answer(need):
    leaked = [label for label in need.labels if says(need.text, label)]
    words = {word for label in need.labels for word in label.split()} - {'of'}
    assert leaked == []
    assert [word for word in sorted(words) if says(need.text, word)] == []


def test_questions_are_about_things_that_exist_and_list_all_of_them():
    truth = world()
    for question in draw_questions(truth, 12):
        assert question.targets
        assert {t.label for t in question.targets} == set(question.labels)
        right = [i for i in truth.instances if i.label in question.labels]
        assert sorted(question.targets, key=lambda i: i.id) == right


def test_both_kinds_come_in_equal_numbers_and_no_text_twice():
    for seed in range(10):
        questions = draw_questions(world(), 10, seed=seed)
        assert Counter(q.kind for q in questions) == {'explicit': 5, 'implicit': 5}
        assert len({q.text for q in questions}) == 10


def test_explicit_questions_say_the_label():
    for seed in range(10):
        for question in draw_questions(world(), 10, seed=seed):
            if question.kind == 'explicit':
                assert says(question.text, question.labels[0])


def test_things_that_stand_everywhere_are_not_asked_for():
    for seed in range(20):
        for question in draw_questions(world(), 10, seed=seed):
            assert question.labels != ('chair',)
            assert len(question.targets) <= 4


def test_one_of_several_has_an_indefinite_article():
    texts = [
        q.text
        for seed in range(30)
        for q in draw_questions(world(), 20, seed=seed)
        if q.labels == ('sink',) and q.kind == 'explicit'
    ]
    assert texts
    assert not any('the sink' in text for text in texts)


def test_the_draw_follows_the_seed():
    assert draw_questions(world(), 10, seed=1) == draw_questions(world(), 10, seed=1)
    assert draw_questions(world(), 10, seed=1) != draw_questions(world(), 10, seed=2)


def test_a_world_with_too_little_in_it_is_refused():
    with pytest.raises(ValueError, match=r'gives 2 questions, 10 were asked for'):
        draw_questions(world(['bed']), 10)
