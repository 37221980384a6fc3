"""Questions asked from where the robot stands."""

from __future__ import annotations

import json

import pytest

from memory_bench.config import BenchConfig, WorldSpec
from memory_bench.questions.makers import asked_at
from memory_bench.questions.sample import draw_cases
from memory_bench.run.episode import prepare
from memory_bench.run.records import read_episode

SPEC = WorldSpec(kind='apartment', seed=1)
CONFIG = BenchConfig(worlds=(SPEC,), methods=('oracle',), templates='develop')


@pytest.fixture(scope='module')
def stage():
    return prepare(CONFIG, SPEC)


@pytest.fixture(scope='module')
def cases(stage):
    return draw_cases(stage, 60)


def test_the_nearest_are_those_near_the_robot(stage, cases):
    near = next(c for c in cases if c.question.near is not None)
    other = max(near.choices, key=lambda t: stage.judge.walk_to_m(near.start, t))
    places = stage.judge.right_places([other], frozenset())
    here = tuple(stage.roadmap.points[int(places[0])].tolist())
    moved = asked_at(stage, near, here)
    assert moved.question.text == near.question.text
    assert moved.question.near == moved.start == here
    assert moved.shortest_m == 0.0
    assert other in moved.targets
    assert other.center in moved.question.goals
    assert other not in near.targets


def test_where_the_robot_stands_changes_no_other_answer(stage, cases):
    here = tuple(stage.roadmap.points[0].tolist())
    for case in (c for c in cases if c.question.near is None):
        moved = asked_at(stage, case, here)
        assert (moved.question, moved.targets, moved.areas) == (
            case.question,
            case.targets,
            case.areas,
        )
        assert moved.start == here
        if case.worded or not case.question.answerable:
            assert moved.shortest_m == case.shortest_m
        else:
            assert moved.shortest_m == stage.judge.shortest_m(here, case.targets, case.areas)


def test_records_without_a_final_view_are_read(tmp_path):
    head = {
        'format': 'memory-bench episode 1', 'world': 'w-1', 'kind': 'w', 'seed': 1,
        'method': 'ours', 'digest': '', 'mode': 'text', 'status': 'ok', 'observations': 0,
        'build_s': 0.0, 'build_cpu_s': 0.0, 'bytes_used': 0, 'note': '',
    }  # fmt: skip
    question = {
        'id': 'q01', 'kind': 'explicit', 'form': 'name', 'text': 'a sofa', 'expected': '',
        'found': True, 'success': True, 'first': True, 'any_of_k': True, 'spl': 1.0,
        'distance_m': 0.0, 'confidence': 1.0, 'position': [0.0, 0.0, 0.0], 'seen': '',
        'answer': '', 'recall': None, 'cosine': None, 'search_s': 0.0, 'encode_s': 0.0,
        'search_cpu_s': 0.0, 'llm_calls': 0, 'llm_tokens': 0,
    }  # fmt: skip
    path = tmp_path / 'w-1.ours.jsonl'
    path.write_text('\n'.join(json.dumps(line) for line in (head, question)))
    (read,) = read_episode(path).questions
    assert read.visible is None
