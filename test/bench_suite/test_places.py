"""Runs name their worlds in many ways, and each gets a file name and an identity of its own."""

from __future__ import annotations

import json
from pathlib import Path
import re
from typing import Any

import pytest

from memory_bench.config import BenchConfig, load_config, parse_config
from memory_bench.errors import BenchError
from memory_sim.world.splits import HELD_OUT

ROOT = Path(__file__).resolve().parents[2]
RUN: dict[str, Any] = {'methods': ['oracle']}
DATASET = 'hm3d.scene_dataset_config.json'
HABITAT = {'backend': 'habitat'}
#: Identity of house 3 as it was when worlds had neither sizes nor files.
PLAIN = '24105a4631276043'


def test_worlds_have_sizes():
    config = parse_config({**RUN, 'worlds': {'apartment': [11, '12:small'], 'campus': '1:large'}})
    told = [(w.kind, w.seed, w.size, w.name) for w in config.worlds]
    assert told == [
        ('apartment', 11, 'medium', 'apartment-11'),
        ('apartment', 12, 'small', 'apartment-12-small'),
        ('campus', 1, 'large', 'campus-1-large'),
    ]


@pytest.mark.parametrize(
    'scene',
    ['home.glb', '../../etc/home.glb', '/tmp/a/home.obj', 'worlds/Flat Ü.yaml', '..glb.dae'],
)
def test_the_name_of_a_scene_is_no_path(scene):
    (world,) = parse_config({**RUN, 'scenes': [scene]}).worlds
    assert re.fullmatch(r'[a-z0-9-]+', world.name)


def test_scenes_of_one_name_in_two_folders_are_two_worlds(tmp_path):
    config = parse_config({**RUN, 'scenes': ['a/home.glb', 'b/home.glb']}, tmp_path)
    assert len({w.name for w in config.worlds}) == 2
    assert [w.path for w in config.worlds] == [tmp_path / 'a/home.glb', tmp_path / 'b/home.glb']
    with pytest.raises(BenchError, match='no world twice'):
        parse_config({**RUN, 'scenes': ['a/home.glb', 'a/home.glb']})


def test_a_scene_of_a_data_set_needs_habitat():
    scenes = [f'{DATASET}#00800-TEEsavR23oF']
    (world,) = parse_config({**RUN, 'backend': 'habitat', 'scenes': scenes}).worlds
    assert (world.kind, world.scene, world.path.name) == ('habitat', '00800-TEEsavR23oF', DATASET)
    assert world.name.startswith('00800-teesavr23of-')
    with pytest.raises(BenchError, match='backend: expected habitat for hm3d'):
        parse_config({**RUN, 'scenes': scenes})


def test_records_of_plain_worlds_stay_valid():
    config = BenchConfig(worlds=parse_config({**RUN, 'worlds': {'house': 3}}).worlds,
                         methods=('oracle',), templates='develop')  # fmt: skip
    (world,) = config.worlds
    assert config.digest(world) == PLAIN
    small, habitat = (
        parse_config({**RUN, 'templates': 'develop', **change})
        for change in ({'worlds': {'house': '3:small'}}, {'worlds': {'house': 3}, **HABITAT})
    )
    assert len({PLAIN, small.digest(small.worlds[0]), habitat.digest(world)}) == 3


def test_another_content_is_another_world(tmp_path):
    config = parse_config({**RUN, 'scenes': ['home.glb']}, tmp_path)
    (world,) = config.worlds
    digests = [config.digest(world)]
    for content in (b'one', b'two!'):
        (tmp_path / 'home.glb').write_bytes(content)
        digests.append(config.digest(world))
    assert len(set(digests)) == 3
    elsewhere = tmp_path / 'moved'
    elsewhere.mkdir()
    (tmp_path / 'home.glb').rename(elsewhere / 'home.glb')
    assert (
        config.digest(parse_config({**RUN, 'scenes': ['home.glb']}, elsewhere).worlds[0])
        == (digests[-1])
    )


@pytest.mark.parametrize(
    ('change', 'named'),
    [
        ({'worlds': {'house': '3:tiny'}}, 'worlds.house: expected a size'),
        ({'worlds': {'house': 'three'}}, 'worlds.house: expected a seed'),
        ({'worlds': {'house': [True]}}, 'worlds.house: expected a seed'),
        ({'worlds': 'house'}, 'worlds: expected kinds'),
        ({'scenes': ['notes.txt']}, 'scenes: expected a world file'),
        ({'scenes': 'home.glb'}, 'scenes: expected a list'),
        ({'scenes': [7]}, 'scenes: expected paths'),
        ({'scenes': [DATASET], 'backend': 'habitat'}, 'scenes: expected the scene after "#"'),
        ({'scenes': ['home.glb'], 'backend': 'gazebo'}, 'backend: expected one of'),
        ({'episodes': 'val.json.gz', 'backend': 'habitat'}, r'episodes: .*val\.json\.gz'),
        ({'episodes': 7}, 'episodes: expected a path'),
        ({'scenes': ['home.glb'], 'dataset': 7}, 'dataset: expected a path'),
        ({}, 'worlds: expected at least one'),
    ],
)
def test_places_that_make_no_sense_are_refused_by_name(change, named, tmp_path):
    with pytest.raises(BenchError, match=named):
        parse_config({**RUN, **change}, tmp_path)


def test_each_scene_of_a_file_of_episodes_is_a_world(tmp_path):
    episode = {
        'object_category': 'chair', 'start_position': [0, 0, 0], 'start_rotation': [0, 0, 0, 1],
        'goals': [{'position': [1, 0, 1]}],
    }  # fmt: skip
    scenes = ['val/a/a.basis.glb', 'val/b/b.basis.glb', 'val/a/a.basis.glb']
    path = tmp_path / 'nav.json'
    path.write_text(json.dumps({'episodes': [{**episode, 'scene_id': s} for s in scenes]}))
    run = {**RUN, 'backend': 'habitat', 'episodes': 'nav.json'}
    worlds = parse_config({**run, 'dataset': DATASET}, tmp_path).worlds
    assert [w.scene for w in worlds] == ['val/a/a.basis.glb', 'val/b/b.basis.glb']
    assert [w.path for w in worlds] == [tmp_path / DATASET] * 2
    assert [w.name[:2] for w in worlds] == ['a-', 'b-']
    path.write_text(json.dumps({'episodes': [{'episode_id': 'x7'}]}))
    with pytest.raises(BenchError, match='nothing can be asked: .*x7'):
        parse_config(run, tmp_path)


def test_the_held_out_suite_is_held_out_and_mixed():
    config = load_config(ROOT / 'config' / 'bench' / 'held_out.yaml')
    full = load_config(ROOT / 'config' / 'bench' / 'full.yaml')
    assert len(config.worlds) == 24
    assert len({w.kind for w in config.worlds}) == 9
    assert all(w.seed in HELD_OUT for w in config.worlds)
    assert {w.size for w in config.worlds} == {'small', 'medium', 'large'}
    assert config.methods == full.methods
