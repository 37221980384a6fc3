"""Files of episodes are written here after the published formats, never copied from them."""

from __future__ import annotations

import gzip
import json
import math
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
import pytest

from memory_bench.datasets.habitat_episodes import EpisodeFileError, read_episodes
from memory_sim.engines.habitat.errors import HabitatSceneError

SCENE = 'hm3d/val/00001-abc/abc.basis.glb'


def view(*position: float) -> dict[str, Any]:
    return {'agent_state': {'position': list(position), 'rotation': [0, 0, 0, 1]}, 'iou': 0.2}


def goal(category: str, number: str, *views: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        'object_category': category, 'object_id': number, 'position': [1.0, 0.5, -2.0],
        'view_points': list(views), **more,
    }  # fmt: skip


def episode(**more: Any) -> dict[str, Any]:
    half = math.sin(math.pi / 4)
    return {
        'episode_id': '4', 'scene_id': SCENE, 'start_position': [3.0, 0.1, -5.0],
        'start_rotation': [0, half, 0, half], 'info': {'geodesic_distance': 7.5}, **more,
    }  # fmt: skip


def write(path: Path, data: Any) -> Path:
    text = json.dumps(data).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text) if path.suffix == '.gz' else text)
    return path


def object_nav(**more: Any) -> dict[str, Any]:
    return {
        'episodes': [episode(object_category='tv_monitor', goals=[], **more)],
        'goals_by_category': {
            'abc.basis.glb_tv_monitor': [
                goal('tv_monitor', 'tv_1', view(1.0, 0.1, -3.0), view(2.0, 0.1, -3.0)),
                goal('tv_monitor', 'tv_2'),
            ]
        },
    }


def test_what_is_looked_for_has_its_article(tmp_path: Path) -> None:
    data = {'episodes': [episode(object_category='exit_sign', goals=[goal('exit_sign', 'e')])]}
    (only,) = read_episodes(write(tmp_path / 'val.json', data)).episodes
    assert only.question.text == 'find an exit sign'


@pytest.mark.parametrize('name', ['val.json', 'val.json.gz'])
def test_object_nav_asks_for_any_thing_of_a_category(tmp_path: Path, name: str) -> None:
    found = read_episodes(write(tmp_path / name, object_nav()))
    assert found.problems == ()
    (only,) = found.episodes
    assert only.scene_id == SCENE
    assert only.shortest_m == 7.5
    # Habitat's (x, y, z) is (-z, -x, y) in the map.
    assert (only.start.x, only.start.y, only.start.z) == (5.0, -3.0, 0.1)
    assert only.start.yaw_rad == pytest.approx(math.pi / 2)
    assert only.question.text == 'find a tv monitor'
    assert only.question.kind == 'explicit'
    assert only.question.goals == ((3.0, -1.0, 0.1), (3.0, -2.0, 0.1), (2.0, -1.0, 0.5))
    assert only.question.near == (5.0, -3.0, 0.1)


def test_a_split_stands_for_the_files_of_its_scenes(tmp_path: Path) -> None:
    main = write(tmp_path / 'val' / 'val.json.gz', {'episodes': []})
    for scene in ('b', 'a'):
        write(tmp_path / 'val' / 'content' / f'{scene}.json.gz', object_nav())
    ids = [e.question.id for e in read_episodes(main).episodes]
    assert ids == ['a:4', 'b:4']


def test_goat_asks_by_category_and_by_description(tmp_path: Path) -> None:
    words = 'the black leather couch next to the table'
    data = {
        'episodes': [
            episode(
                tasks=[
                    ['couch', 'object', None],
                    ['couch', 'description', 'couch_2'],
                    ['couch', 'image', 'couch_1', 0],
                    ['piano', 'object', None],
                ]
            )
        ],
        'goals': {
            'abc.basis.glb_couch': [
                goal('couch', 'couch_1', view(0.0, 0.0, -1.0), lang_desc='a gray couch'),
                goal('couch', 'couch_2', view(0.0, 0.0, -2.0), lang_desc=words,
                     children_object_categories=['sofa bed']),
            ],
            'abc.basis.glb_sofa bed': [goal('sofa bed', 'bed_1', view(0.0, 0.0, -9.0))],
        },
    }  # fmt: skip
    found = read_episodes(write(tmp_path / 'val_seen.json.gz', data))
    by_category, by_words = (e.question for e in found.episodes)
    assert (by_category.text, by_category.kind) == ('find a couch', 'explicit')
    assert [g[0] for g in by_category.goals] == [1.0, 2.0, 9.0]
    assert (by_words.text, by_words.kind) == (words, 'spatial')
    assert [g[0] for g in by_words.goals] == [2.0]
    image, piano = found.problems
    assert 'val_seen:4' in image
    assert 'task 2' in image
    assert "'image'" in image
    assert 'task 3' in piano


@pytest.mark.parametrize('language', [None, 'en-IN'])
def test_an_instruction_ends_at_its_goal(tmp_path: Path, language: str | None) -> None:
    instruction = {'instruction_text': ' Walk past the stairs and stop. \n'}
    if language:
        instruction |= {'language': language, 'annotator_id': '7'}
    data = {
        'episodes': [
            episode(
                instruction=instruction,
                goals=[{'position': [0.0, 0.0, -4.0], 'radius': 2.5}],
                reference_path=[[3.0, 0.1, -5.0], [0.0, 0.0, -4.0]],
            ),
            episode(instruction=instruction, reference_path=[[3.0, 0.1, -5.0], [1, 0, -6]]),
        ],
        'instruction_vocab': {'word_list': ['walk']},
    }
    first, second = (
        e.question for e in read_episodes(write(tmp_path / 'r2r.json', data)).episodes
    )
    assert first.text == 'Walk past the stairs and stop.'
    assert (first.kind, first.goals, first.radius_m) == ('instruction', ((4.0, 0.0, 0.0),), 2.5)
    assert (second.goals, second.radius_m) == (((6.0, -1.0, 0.0),), 3.0)


@pytest.mark.parametrize(
    ('change', 'named'),
    [
        ({'start_position': [1.0, 2.0]}, 'start_position'),
        ({'start_position': [1.0, 2.0, float('inf')]}, 'start_position'),
        ({'start_rotation': [0, 0, 0, 0]}, 'start_rotation'),
        ({'start_rotation': None}, 'start_rotation'),
        ({'object_category': 7}, 'object_category'),
        ({'object_category': 'unicorn'}, 'goals'),
        ({'scene_id': ''}, 'scene_id'),
        ({'goals': [7]}, 'goals'),
        ({'goals': [{'position': ['a', 0, 0]}]}, 'position'),
        ({'goals': [{'view_points': [{'agent_state': 3}]}]}, 'position'),
        ({'tasks': 'couch'}, 'tasks'),
        ({'instruction': 'go'}, 'instruction'),
        ({'instruction': {'instruction_text': 'go'}, 'goals': None}, 'reference_path'),
    ],
)
def test_a_malformed_episode_is_named_and_left_out(
    tmp_path: Path, change: dict[str, Any], named: str
) -> None:
    data = object_nav()
    data['goals'] = {}
    data['episodes'].append({**data['episodes'][0], 'episode_id': 'bad', **change})
    data['episodes'].append('nonsense')
    found = read_episodes(write(tmp_path / 'val.json', data))
    assert len(found.episodes) == 1
    first, second = found.problems
    assert 'val:bad' in first
    assert named in first
    assert 'val:2' in second


@pytest.mark.parametrize(
    'data', [b'', b'{', b'[]', b'{"episodes": 3}', b'\x1f\x8b broken', b'[' * 100_000, b'\xff']
)
def test_a_damaged_file_is_named(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / 'val.json.gz'
    path.write_bytes(data)
    with pytest.raises(EpisodeFileError, match=r'val\.json\.gz'):
        read_episodes(path)
    with pytest.raises(EpisodeFileError, match='nowhere'):
        read_episodes(tmp_path / 'nowhere.json')


def test_an_unknown_scene_is_an_error_that_names_it(tmp_path: Path) -> None:
    path = write(tmp_path / 'val.json', object_nav())
    assert read_episodes(path, scenes=['/data/abc.scene_instance.json']).episodes
    with pytest.raises(HabitatSceneError, match=r'val:4.*abc\.basis\.glb'):
        read_episodes(path, scenes=['other'])


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5) | st.integers(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@settings(deadline=None, max_examples=60)
@given(value=JSON, field=st.sampled_from(
    ['start_position', 'start_rotation', 'goals', 'tasks', 'instruction', 'info', 'scene_id']
))  # fmt: skip
def test_no_value_of_a_field_does_more_than_leave_an_episode_out(
    tmp_path_factory: pytest.TempPathFactory, value: Any, field: str
) -> None:
    data = {'goals': {}, **object_nav()}
    data['episodes'] = [{**data['episodes'][0], field: value}]
    path = tmp_path_factory.getbasetemp() / 'any.json'
    path.write_text(json.dumps(data))
    found = read_episodes(path)
    assert len(found.episodes) + len(found.problems) <= 4
