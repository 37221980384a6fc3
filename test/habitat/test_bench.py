"""The benchmark on a real habitat-sim; skipped, with the reason, where there is none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
import json
import os
from pathlib import Path
import signal
from typing import Any

from fakes import BagOfWordsEncoder
import numpy as np
import pytest

from memory_bench.config import BenchConfig, parse_config
from memory_bench.errors import BenchError
from memory_bench.methods.cost import CachingEncoder
from memory_bench.places import WorldSpec
from memory_bench.run.episode import prepare, run_episode
from memory_bench.run.records import read_run
from memory_bench.world.open import Opened, opened
from memory_sim.engines.habitat.frames import to_habitat
from memory_sim.engines.habitat.process import habitat_problem
from memory_sim.engines.habitat.simulator import HabitatSimulator
from memory_sim.formats.export_scene import export_habitat
from memory_sim.world.generate import generate_world

WORLD = generate_world('apartment', 1, 'small')
METHODS = ('oracle', 'exploration', 'random')


@pytest.fixture(scope='module')
def spec(tmp_path_factory: pytest.TempPathFactory) -> WorldSpec:
    if problem := habitat_problem():
        pytest.skip(problem)
    folder = tmp_path_factory.mktemp('flat')
    scene = export_habitat(WORLD, folder, furniture='procedural')
    assert scene.dataset_config is not None
    name = f'{scene.dataset_config.name}#{scene.scene_id}'
    run = {'backend': 'habitat', 'methods': ['oracle'], 'scenes': [name]}
    (found,) = parse_config(run, folder).worlds
    return found


@pytest.fixture(scope='module')
def place(spec: WorldSpec) -> Iterator[Opened]:
    with opened(spec) as made:
        yield made


def config_of(spec: WorldSpec, **more: Any) -> BenchConfig:
    return BenchConfig(worlds=(spec,), methods=METHODS, backend='habitat', **more)


def habitat(point: Any) -> list[float]:
    return [float(v) for v in to_habitat(np.array(point, dtype=np.float64))]


def test_a_scene_of_a_data_set_is_the_world_it_was_made_from(place: Opened) -> None:
    assert set(place.ground.regions) == {room.id for room in WORLD.rooms}
    assert {i.label for i in place.ground.instances} == {t.label for t in WORLD.objects}
    assert set(place.roadmap.regions.tolist()) >= set(place.ground.regions)
    (storey,) = place.ground.storeys
    assert storey.elevation_m == pytest.approx(0.0, abs=0.05)
    with opened(WorldSpec(kind='apartment', seed=1, size='small')) as ours:
        start, ends = ours.roadmap.points[0], ours.roadmap.points[::20]
        ways = [
            [o.roadmap.distance(tuple(start), tuple(end)) for end in ends] for o in (place, ours)
        ]
    assert np.median(np.abs(np.subtract(*ways))) < 0.6


def test_what_it_shows_is_asked_about(place: Opened, tmp_path: Path) -> None:
    config = config_of(place.spec, questions=18, templates='develop')
    run_episode(config, place.spec, METHODS, tmp_path, CachingEncoder(BagOfWordsEncoder()))
    records = {r.method: r for r in read_run(tmp_path)}
    rate = {m: np.mean([q.success for q in r.questions]) for m, r in records.items()}
    assert rate['oracle'] >= 0.9
    assert rate['random'] < rate['oracle']
    assert {q.kind for q in records['oracle'].questions} >= {'explicit', 'implicit', 'spatial'}


def test_a_process_that_dies_is_replaced_and_noted(spec: WorldSpec) -> None:
    with opened(spec) as made:
        assert isinstance(made.sim, HabitatSimulator)
        os.kill(made.sim.process.pid, signal.SIGKILL)
        stage = prepare(config_of(spec, budget_m=5.0), spec, made)
        assert stage.perception.observations
        assert 'restarted' in ' '.join(stage.notes())


def test_episodes_over_it_are_questions(place: Opened, tmp_path: Path) -> None:
    points = place.roadmap.points
    episodes = []
    for number, thing in enumerate(place.ground.instances[:8]):
        right = place.judge().right_places([thing], frozenset())
        if not len(right):
            continue
        views = [
            {'agent_state': {'position': habitat(points[i]), 'rotation': [0, 0, 0, 1]}}
            for i in right[:5]
        ]
        goal = {'position': habitat(thing.center), 'view_points': views}
        episodes.append({
            'episode_id': str(number), 'scene_id': f'flats/{place.spec.scene}.glb',
            'object_category': thing.label, 'start_position': habitat(points[7 * number]),
            'start_rotation': [0, 0, 0, 1], 'goals': [goal],
            'info': {'geodesic_distance': 3.0},
        })  # fmt: skip
    folder = Path(place.spec.folder)
    lost = {**episodes[0], 'scene_id': 'flats/nowhere.glb'}
    (folder / 'nav.json').write_text(json.dumps({'episodes': [*episodes, lost]}))
    run = {'backend': 'habitat', 'methods': list(METHODS), 'episodes': 'nav.json',
           'dataset': place.spec.source.partition('#')[0]}  # fmt: skip
    config = parse_config(run, folder)
    known, unknown = sorted(config.worlds, key=lambda w: 'nowhere' in w.scene_id)
    encoder = CachingEncoder(BagOfWordsEncoder())
    with pytest.raises(BenchError, match='nowhere'):
        run_episode(config, unknown, METHODS, tmp_path, encoder)
    run_episode(config, known, METHODS, tmp_path, encoder)
    records = {r.method: r for r in read_run(tmp_path)}
    oracle = records['oracle'].questions
    assert len(oracle) == len(episodes)
    assert all(q.text.startswith('find a') for q in oracle)
    assert np.mean([q.success for q in oracle]) >= 0.9
    assert np.mean([q.success for q in records['random'].questions]) < 0.9


def test_a_scene_without_ground_truth_beside_it_is_known_by_its_annotations(
    spec: WorldSpec,
) -> None:
    beside = list(Path(spec.folder).glob('stages/*.truth.json'))
    hidden = [p.rename(p.with_suffix('.hidden')) for p in beside]
    try:
        with opened(replace(spec, seed=1)) as made:
            assert len(made.ground.instances) > 20
            assert len(made.roadmap) > 50
            stage = prepare(config_of(spec, budget_m=20.0), spec, made)
            assert any(o.sightings for o in stage.perception.observations)
    finally:
        for path, before in zip(hidden, beside, strict=True):
            path.rename(before)
