"""The benchmark on scenes of others: what can be seen and reached, and what goes wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
import gzip
import json
import math
from pathlib import Path
from typing import Any

from built_scenes import HOME, ROOM, room_scene, write_glb, write_obj
from fakes import BagOfWordsEncoder
import numpy as np
import pytest

from memory_bench.cli import main
from memory_bench.config import BenchConfig, parse_config
from memory_bench.errors import BenchError
from memory_bench.methods.cost import CachingEncoder
from memory_bench.places import WorldSpec
from memory_bench.questions.goals import asked_from, cases_of_episodes, goal_verdict
from memory_bench.questions.sample import draw_cases
from memory_bench.run.episode import ask_of, prepare, run_episode
from memory_bench.run.records import read_episode, read_run
from memory_bench.world.analytic import Ground
from memory_bench.world.free_space import FreeSpace
from memory_bench.world.open import Opened, opened
from memory_bench.world.rendered import EYES, PicturedGround
from memory_bench.world.roadmap import Roadmap
from memory_sim.engines.embedded import EmbeddedSimulator
from memory_sim.engines.habitat.process import habitat_problem
from memory_sim.world.generate import generate_world
from memory_sim.world.yaml_file import save_world

METHODS = ('oracle', 'exploration', 'bm25')


def spec_of(path: Path, **more: Any) -> WorldSpec:
    return WorldSpec(kind='imported', source=path.name, folder=str(path.parent), **more)


def config_of(spec: WorldSpec, **more: Any) -> BenchConfig:
    return BenchConfig(worlds=(spec,), methods=METHODS, templates='develop', **more)


@pytest.fixture(scope='module')
def glb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp('home') / 'home.glb'
    return write_glb(path, room_scene(y_up=True, boxes=HOME))


@pytest.fixture(scope='module')
def home(glb: Path) -> Iterator[Opened]:
    with opened(spec_of(glb)) as place:
        yield place


def of_label(place: Opened, label: str) -> Any:
    return next(i for i in place.ground.instances if i.label == label)


def test_the_robot_gets_through_doors_and_not_through_walls_or_things(home: Opened) -> None:
    points = home.roadmap.points
    for low, high in (((0, 0), (5, 4)), ((0, 4), (5, 8)), ((5, 0), (10, 8))):
        inside = ((points[:, :2] > low) & (points[:, :2] < high)).all(axis=1)
        assert inside.sum() > 20
    # The kitchen's wall stands between these two: the way leads around, through two doors.
    way = home.roadmap.distance((4.5, 1.0, 0.0), (5.5, 2.0, 0.0))
    assert 2.0 < way < 12.0
    assert not home.ground.storeys[0].free(np.array([[2.4, 2.4], [5.0, 1.0]]), 0.1).any()


def test_walls_hide_things(home: Opened) -> None:
    fridge = of_label(home, 'refrigerator')
    eyes = np.array([[1.5, 1.5, 0.0], [1.5, 4.6, 0.0], [5.6, 1.0, 0.0]])
    assert home.ground.sees(eyes, fridge, range_m=9.0).tolist() == [True, False, False]


def test_a_home_is_explored_and_asked_about(home: Opened) -> None:
    config = config_of(home.spec)
    stage = prepare(config, home.spec, home)
    seen = {s.label for o in stage.perception.observations for s in o.sightings}
    assert len(seen & {i.label for i in home.ground.instances}) >= 12
    asked = ask_of(config, home, stage).cases
    assert len(asked) >= 20
    assert {c.question.kind for c in asked} >= {'explicit', 'implicit', 'global', 'negative'}
    assert not {'now', 'yesterday', 'morning', 'floor', 'area'} & {c.form for c in asked}
    again = draw_cases(prepare(config, home.spec, home), 24)
    assert [c.question for c in again] == [c.question for c in asked]


def test_one_configuration_runs_good_and_bad_scenes(tmp_path: Path, glb: Path) -> None:
    (tmp_path / 'home.glb').write_bytes(glb.read_bytes())
    (tmp_path / 'cut.glb').write_bytes(glb.read_bytes()[:2000])
    (tmp_path / 'broken.yaml').write_text('rooms: 7')
    crate = ('Crate', (2.5, 2.0, 0.6), (5.0, 4.0, 1.2), (90, 60, 30))
    write_obj(tmp_path / 'full.obj', [*ROOM[:5], crate])
    save_world(generate_world('apartment', 1, 'small'), tmp_path / 'flat.yaml')
    names = ['home.glb', 'flat.yaml', 'cut.glb', 'broken.yaml', 'full.obj', 'gone.dae']
    (tmp_path / 'run.yaml').write_text(
        f'scenes: [{", ".join(names)}]\nmethods: [oracle, bm25]\nquestions: 12\n'
    )
    out = tmp_path / 'out'
    assert main(['run', str(tmp_path / 'run.yaml'), '--out', str(out), '--jobs', '1']) == 1
    records = {r.world.rsplit('-', 1)[0]: r for r in read_run(out) if r.method == 'oracle'}
    for name in ('home', 'flat'):
        assert records[name].status == 'ok'
        assert np.mean([q.success for q in records[name].questions]) >= 0.9
    for name in ('cut', 'broken', 'full', 'gone'):
        assert records[name].questions == ()
        assert 'BenchError' in records[name].status
        assert name in records[name].status
    assert 'free' in records['full'].status or 'fits nowhere' in records['full'].status
    assert (out / 'report.html').is_file()


def habitat(*position: float) -> list[float]:
    """Return a place of the map in Habitat's axes."""
    x, y, z = position
    return [-y, z, -x]


def episode(number: int, label: str, start: list[float], *goals: list[float], **more: Any) -> Any:
    return {
        'episode_id': str(number), 'scene_id': 'home', 'object_category': label,
        'start_position': start, 'start_rotation': [0, 0, 0, 1],
        'goals': [{'position': goal} for goal in goals], **more,
    }  # fmt: skip


@pytest.fixture(scope='module')
def asked_home(home: Opened) -> Opened:
    kitchen, lounge = habitat(1.5, 1.5, 0.0), habitat(8.0, 3.0, 0.0)
    episodes = [
        episode(1, 'bed', kitchen, habitat(2.6, 6.5, 0.0), info={'geodesic_distance': 7.0}),
        episode(2, 'sofa', kitchen, habitat(8.7, 5.0, 0.0), habitat(8.7, 4.0, 0.0)),
        episode(3, 'stove', lounge, habitat(40.0, 0.0, 0.0)),
        {'episode_id': '4', 'scene_id': 'home'},
        episode(5, 'bed', lounge, habitat(2.6, 6.5, 0.0)) | {'scene_id': 'elsewhere'},
    ]
    folder = Path(home.spec.folder)
    with gzip.open(folder / 'nav.json.gz', 'wt') as file:
        json.dump({'episodes': episodes}, file)
    return replace(home, spec=replace(home.spec, episodes='nav.json.gz', scene_id='home'))


def test_episodes_are_questions_and_those_out_of_reach_are_named(asked_home: Opened) -> None:
    asked = cases_of_episodes(asked_home, 10, 0, 0)
    cases = {c.question.text: c for c in asked.cases}
    assert set(cases) == {'find a bed', 'find a sofa'}
    assert 'nav:3: no goal can be reached' in asked.note
    assert 'nav:4' in asked.note
    assert cases['find a bed'].shortest_m == 7.0  # as the file says
    assert 7.0 < cases['find a sofa'].shortest_m < 14.0
    assert {c.form for c in asked.cases} == {'object'}
    assert [c.question.id for c in asked.cases] == ['q01', 'q02']


def test_right_is_what_ends_within_the_radius_of_a_goal(asked_home: Opened) -> None:
    ground, roadmap = asked_home.ground, asked_home.roadmap
    bed = next(c for c in cases_of_episodes(asked_home, 10, 0, 0).cases if 'bed' in c.expected or
               c.question.text == 'find a bed')  # fmt: skip
    near = goal_verdict(ground, roadmap, bed, (3.2, 6.0, 0.0))
    assert near.success
    assert near.distance_m < 1.0
    # 1.2 m away, and a wall in between.
    behind = goal_verdict(ground, roadmap, bed, (2.6, 3.4, 0.0))
    assert not behind.success
    assert behind.distance_m > 3.0
    moved = asked_from(ground, roadmap, bed, (8.0, 3.0, 0.0))
    assert moved.start == (8.0, 3.0, 0.0)
    assert moved.shortest_m != bed.shortest_m
    assert asked_from(ground, roadmap, bed, (1.6, 1.4, 0.0)).shortest_m == bed.shortest_m


def test_methods_answer_episodes(asked_home: Opened, tmp_path: Path) -> None:
    config = config_of(asked_home.spec)
    run_episode(config, asked_home.spec, METHODS, tmp_path, CachingEncoder(BagOfWordsEncoder()))
    records = {r.method: r for r in read_run(tmp_path)}
    for method in ('oracle', 'exploration'):
        assert [q.success for q in records[method].questions] == [True, True]
        assert all(0.0 < q.spl <= 1.0 for q in records[method].questions)
    assert records['oracle'].kind == 'imported'
    assert all('nav:3' in r.note for r in records.values() if r.method != 'exploration')
    path = tmp_path / 'episodes' / f'{asked_home.spec.name}.oracle.jsonl'
    assert read_episode(path).status == 'ok'


def test_without_habitat_its_scenes_are_marked(tmp_path: Path) -> None:
    if not (problem := habitat_problem()):
        pytest.skip('habitat-sim is here')
    (tmp_path / 'a.scene_dataset_config.json').write_text('{}')
    for mode in ('text', 'rendered'):
        config = parse_config(
            {'mode': mode, 'backend': 'habitat', 'methods': ['oracle'],
             'scenes': ['a.scene_dataset_config.json#one']},
            tmp_path,
        )  # fmt: skip
        (spec,) = config.worlds
        run = run_episode
        if mode == 'rendered':
            rendered = pytest.importorskip('memory_bench.run.episode_dds', exc_type=ImportError)
            run = rendered.run_rendered
        with pytest.raises(BenchError, match='habitat_sim') as caught:
            run(config, spec, ('oracle',), tmp_path / 'out', CachingEncoder(BagOfWordsEncoder()))
        assert problem in str(caught.value)


def test_free_space_is_a_grid_that_lines_are_walked_on() -> None:
    free = np.ones((20, 20), bool)
    free[10, :15] = False
    space = FreeSpace(free, (0.0, 0.0), 0.1)
    points = np.array([[0.5, 0.5], [1.05, 0.5], [1.05, 1.8], [-0.1, 0.5], [2.5, 2.5]])
    assert space.inside(points).tolist() == [False, True, False, True, True]
    starts, ends = np.array([[0.5, 0.5], [0.5, 1.8]]), np.array([[1.5, 0.5], [1.5, 1.8]])
    assert space.blocked(starts, ends).tolist() == [True, False]
    assert space.blocked(starts[:1], starts[:1]).tolist() == [False]
    narrow = space.narrow_places()
    assert len(narrow) > 0
    assert not space.inside(narrow).any()
    assert all(math.dist(a, b) > 0.29 for i, a in enumerate(narrow) for b in narrow[:i])


def test_stairs_are_ways_that_the_simulator_finds() -> None:
    world = generate_world('house', 1, 'small')
    sim = EmbeddedSimulator(world, furniture='procedural', camera=EYES)
    try:
        ground = PicturedGround(sim, world)
        roadmap = Roadmap(ground)
        assert len(ground.storeys) == 2
        assert {round(z, 1) for z in roadmap.points[:, 2]} == {
            round(s.elevation_m, 1) for s in ground.storeys
        }
        boxes = Ground(world)
        own = Roadmap(boxes)
        low, high = (own.points[own.points[:, 2] == s.elevation_m][0] for s in boxes.storeys)
        ways = [r.distance(tuple(low), tuple(high)) for r in (roadmap, own)]
        assert ways[0] == pytest.approx(ways[1], rel=0.25)
    finally:
        sim.close()
