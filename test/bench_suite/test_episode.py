"""One world from its plan to judged answers."""

from __future__ import annotations

from dataclasses import replace
import re

from fakes import BagOfWordsEncoder
import numpy as np
import pytest

from memory_bench.config import BenchConfig, WorldSpec
from memory_bench.errors import BenchError
from memory_bench.judging.text import TextJudge
from memory_bench.methods.cost import CachingEncoder
from memory_bench.questions.case import KINDS
from memory_bench.questions.sample import draw_cases
from memory_bench.questions.wording import area_uses, needs, question_texts, split
from memory_bench.run.episode import prepare, run_episode
from memory_bench.run.explore import explore
from memory_bench.run.records import read_episode, read_run

SPEC = WorldSpec(kind='apartment', seed=1)
CONFIG = BenchConfig(worlds=(SPEC,), methods=('oracle',), templates='develop')
PARTS = ('develop', 'held_out', 'unseen')
#: What is filled in, by kind of question.
PLACEHOLDERS = {
    **dict.fromkeys(['name', 'attribute', 'near', 'now', 'yesterday'], {'thing'}),
    **dict.fromkeys(['morning', 'negative'], {'thing'}),
    'relation': {'thing', 'other'},
    'area': {'thing', 'area'},
    'floor': {'thing', 'floor'},
    'near_need': {'need'},
    'whole': set(),
    'room': {'area'},
    'area_use': {'use'},
}


@pytest.fixture(scope='module')
def stage():
    return prepare(CONFIG, SPEC)


def test_every_room_can_be_driven_to(stage):
    assert set(stage.roadmap.regions.tolist()) == {room.id for room in stage.ground.world.rooms}
    assert np.isfinite(stage.roadmap.distances(0)).all()


def test_equal_seeds_give_equal_observations_and_questions(stage):
    again = prepare(CONFIG, SPEC)
    told = [[o.caption for o in s.perception.observations] for s in (stage, again)]
    asked = [[c.question for c in draw_cases(s, 24)] for s in (stage, again)]
    assert told[0] == told[1]
    assert asked[0] == asked[1]


def test_a_world_is_asked_about_in_every_kind(stage):
    cases = draw_cases(stage, 24)
    assert len(cases) == 24
    assert {c.question.kind for c in cases} == set(KINDS)


def test_a_thing_behind_a_wall_is_not_seen(stage):
    ground, roadmap = stage.ground, stage.roadmap
    sink = next(i for i in ground.instances if i.label == 'toilet')
    seen = ground.sees(roadmap.points, sink, range_m=3.0)
    assert seen.any()
    near = np.linalg.norm(roadmap.points[:, :2] - sink.center[:2], axis=1) < 3.0
    assert (near & ~seen).any()
    rooms = set(roadmap.regions[seen].tolist())
    assert sink.region_id in rooms
    assert len(rooms) < len(ground.regions)


def test_the_judge_holds_right_places_right_and_far_ones_wrong(stage):
    for case in draw_cases(stage, 36):
        if not case.targets:
            continue
        right = stage.judge.right_places(case.targets, case.areas)
        place = tuple(stage.roadmap.points[int(right[0])].tolist())
        assert stage.judge.judge(case.start, place, case.targets).success
        far = stage.roadmap.distances(int(right[0])).argmax()
        if all(stage.roadmap.distances(int(r))[far] > 4.0 for r in right):
            place = tuple(stage.roadmap.points[int(far)].tolist())
            assert not stage.judge.judge(case.start, place, case.targets).success


def test_who_remembers_nothing_drives_farther(stage):
    for case in (c for c in draw_cases(stage, 24) if c.targets):
        ended = explore(stage, case, 1000.0)
        assert ended.found
        assert ended.driven_m >= case.shortest_m - 1e-6


def test_a_text_is_judged_by_what_it_names():
    judge = TextJudge(BagOfWordsEncoder(), ['sofa', 'office chair', 'chair', 'bathtub'])
    good = judge.judge('I saw two sofas and an office chair.', ('sofa', 'office chair'))
    assert (good.recall, good.precision, good.success) == (1.0, 1.0, True)
    assert not judge.judge('A bathtub.', ('sofa', 'office chair')).success
    assert judge.judge('', ('sofa',)).recall == 0.0


@pytest.mark.parametrize('part', ['all', 'unseen'])
def test_no_need_names_what_meets_it(part):
    for need in needs(part):
        names = set(need.labels)
        if part == 'unseen':
            names |= {label.split()[-1] for label in need.labels}
        for name in names:
            for text in need.texts:
                assert not re.search(rf'\b{re.escape(name)}s?\b', text.lower()), text


def bag_of_words(text):
    return tuple(sorted(re.findall(r"[\w'{}]+", text.lower())))


def test_the_parts_of_the_wordings_share_nothing():
    kinds = (*PLACEHOLDERS, 'absent', 'absent_needs')
    lists = [[question_texts(kind, part) for part in PARTS] for kind in kinds]
    lists.append([[t for need in needs(part) for t in need.texts] for part in PARTS])
    lists.append([[t for use in area_uses(part) for t in use.texts] for part in PARTS])
    for parts in lists:
        told = [bag_of_words(text) for texts in parts for text in texts]
        assert all(parts)
        assert len(set(told)) == len(told)
    with pytest.raises(ValueError, match='templates'):
        split(('a',), 'test')


@pytest.mark.parametrize('part', PARTS)
def test_wordings_have_the_placeholders_of_their_kind(part):
    for kind, names in PLACEHOLDERS.items():
        for text in question_texts(kind, part):
            assert set(re.findall(r'{(\w+)}', text)) == names, text


def test_unseen_wordings_are_asked_and_lack_what_they_should():
    stage = prepare(replace(CONFIG, templates='unseen'), SPEC)
    cases = draw_cases(stage, 24)
    assert {c.question.kind for c in cases} == set(KINDS)
    assert not any(re.search('[{}]', c.question.text) for c in cases)
    labels = {i.label for i in stage.ground.instances}
    assert not labels & set(question_texts('absent', 'unseen'))


def test_methods_answer_the_same_questions_and_a_missing_model_is_told(tmp_path):
    config = replace(CONFIG, budget_m=40.0, questions=12)
    encoder = CachingEncoder(BagOfWordsEncoder())
    run_episode(config, SPEC, ('oracle', 'random', 'bm25', 'ours+llm'), tmp_path, encoder)
    records = {r.method: r for r in read_run(tmp_path)}
    texts = {m: [q.text for q in r.questions] for m, r in records.items() if r.questions}
    assert texts['oracle'] == texts['random'] == texts['bm25']
    rate = {m: np.mean([q.success for q in records[m].questions]) for m in texts}
    assert rate['oracle'] >= 0.9
    assert rate['random'] < rate['oracle']
    assert 'needs a language model' in records['ours+llm'].status


def test_unknown_worlds_and_damaged_records_are_refused(tmp_path):
    with pytest.raises(BenchError, match='castle'):
        prepare(CONFIG, WorldSpec(kind='castle', seed=1))
    broken = tmp_path / 'episodes' / 'x.ours.jsonl'
    broken.parent.mkdir()
    broken.write_text('{"format": "memory-bench epi')
    with pytest.raises(BenchError, match=r'x\.ours'):
        read_episode(broken)
