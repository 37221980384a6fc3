"""One world of the demo: explore, ask, drive, judge."""

from __future__ import annotations

from collections.abc import Callable, Sequence
import contextlib
from dataclasses import dataclass, replace
from pathlib import Path
import time

import numpy as np
from PIL import Image

from memory_node import Memory
from memory_sim.demo.judge import Judge
from memory_sim.demo.questions import draw_questions, Question
from memory_sim.demo.report import QuestionRow, WorldReport
from memory_sim.engines.base import CameraModel, Pose2D
from memory_sim.engines.embedded import EmbeddedSimulator
from memory_sim.render.run_map import draw_map, MapScene, QuestionMark
from memory_sim.ros.launching import robot_environment, start_explorer, start_robot
from memory_sim.ros.memory_client import DemoClient
from memory_sim.ros.processes import free_domain_id, Processes, StageTimes
from memory_sim.world.open import open_simulator

__all__ = ['RunConfig', 'run_world']

#: The judge needs many pictures and no beauty.
_JUDGE_CAMERA = CameraModel(width=160, height=120)

#: What the summary takes over from the memory's statistics.
_KEPT = (
    'observations',
    'images_received',
    'keyframes',
    'frames_gated',
    'frames_dropped',
    'frames_unpaired',
    'store_bytes',
)

#: Drawing pictures is what the demo spends most of its time on.
_CAMERA_HZ_EXPLORING = 4.0
_CAMERA_HZ_WHILE_ASKED = 1.0

Show = Callable[[str, float, str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunConfig:
    """What one run of the demo does."""

    out: Path
    world: str = ''
    questions: int = 10
    max_distance_m: float = 150.0
    max_time_s: float = 600.0
    #: Wall time after which a stuck exploration is given up [s].
    patience_s: float = 900.0
    #: Random places judged per question for comparison.
    chance_draws: int = 20

    def __post_init__(self) -> None:
        for name in ('questions', 'max_distance_m', 'max_time_s', 'patience_s'):
            if not getattr(self, name) > 0:
                raise ValueError(f'{name} must be > 0, got {getattr(self, name)!r}')


def run_world(seed: int, config: RunConfig, show: Show) -> WorldReport:
    """
    Run the whole path in one world and write its pictures to ``config.out``.

    ``show(stage, fraction, text)`` is called often. Raises ``ProcessDiedError`` when a node dies
    and ``RequestFailedError`` when one does not answer; all processes are gone in any case.
    """
    config.out.mkdir(parents=True, exist_ok=True)
    memory_path = config.out / 'memory.sqlite'
    for stale in config.out.glob('memory.sqlite*'):
        stale.unlink() if stale.is_file() else None
    watch = StageTimes()
    domain = free_domain_id()
    with Processes(config.out / 'logs', robot_environment(domain)) as processes:
        with watch.time('start'):
            start_robot(
                processes,
                memory_path,
                world=config.world,
                seed=seed,
                camera_hz=_CAMERA_HZ_EXPLORING,
            )
            judge_sim = open_simulator(config.world, seed, camera=_JUDGE_CAMERA)
        with (
            contextlib.closing(judge_sim),
            DemoClient(processes.check, domain_id=domain) as client,
        ):
            run = _Run(seed, config, show, client, Judge(judge_sim), judge_sim)
            with watch.time('ready'):
                show('start', 0.0, 'waiting for the simulator and the memory node')
                client.wait_for_simulator()
                client.wait_for_memory()
            with watch.time('explore'):
                start_explorer(
                    processes, max_distance_m=config.max_distance_m, max_time_s=config.max_time_s
                )
                run.explore()
            cpu_seconds = processes.cpu_seconds()
            processes.stop_one('explorer')
            client.set_camera_rate(_CAMERA_HZ_WHILE_ASKED)
            with watch.time('ask'):
                run.ask_all(draw_questions(judge_sim.ground_truth, config.questions, seed=seed))
            with watch.time('report'):
                client.save()
                cpu_seconds.update(processes.cpu_seconds())
                cpu_seconds['demo'] = time.process_time()
                report = run.report(memory_path)
            return replace(report, seconds=watch.seconds, cpu_seconds=cpu_seconds)


class _Run:
    """State of one run, from exploration to report."""

    def __init__(
        self,
        seed: int,
        config: RunConfig,
        show: Show,
        client: DemoClient,
        judge: Judge,
        sim: EmbeddedSimulator,
    ) -> None:
        self._seed, self._config, self._show = seed, config, show
        self._client, self._judge, self._sim = client, judge, sim
        self._explored: list[Pose2D] = []
        self._asked: list[tuple[Question, QuestionRow]] = []
        self._exploration: dict[str, str] = {}

    def explore(self) -> None:
        """Follow the exploration to its end."""
        client = self._client

        def finished() -> bool:
            state, statistics = client.exploration, client.statistics
            seen = statistics.observations if statistics else 0
            text = (
                f'{state.get("activity", "starting")}:'
                f' {float(state.get("distance_m", 0.0)):.1f} m driven,'
                f' {float(state.get("area_m2", 0.0)):.0f} m² seen, {seen} observations'
            )
            self._show('explore', float(state.get('fraction', 0.0)), text)
            return state.get('activity') == 'done'

        client.wait_until(finished, 'exploration', self._config.patience_s)
        self._exploration = dict(client.exploration)
        self._explored = list(client.track)

    def ask_all(self, questions: Sequence[Question]) -> None:
        """Ask, drive and judge one question after another."""
        for number, question in enumerate(questions, start=1):
            self._show('ask', (number - 1) / len(questions), question.text)
            self._asked.append((question, self._ask(number, question)))

    def _ask(self, number: int, question: Question) -> QuestionRow:
        client = self._client
        answer = client.ask(question.text)
        navigation = 'not sent'
        if answer.goal is not None:
            navigation = client.wait_for_arrival(answer.goal_stamp_ns)
        final = client.truth
        assert final is not None  # the simulator was heard before exploring
        verdict = self._judge.judge(final, question.targets)
        target = next(t for t in question.targets if t.id == verdict.target_id)
        success = answer.found and verdict.success
        self._save_view(number)
        return QuestionRow(
            seed=self._seed,
            number=number,
            text=question.text,
            kind=question.kind,
            labels=question.labels,
            found=answer.found,
            answer=answer.label or answer.message,
            confidence=answer.confidence,
            goal=_triple(answer.goal),
            final=_triple(final),
            target=target.center,
            navigation=navigation,
            success=success,
            in_view=answer.found and verdict.in_view,
            distance_m=verdict.distance_m,
            walk_m=verdict.walk_m,
            route_length_m=answer.route_length_m,
            latency_ms=1e3 * answer.latency_s,
            chance=float('nan'),
        )

    def _save_view(self, number: int) -> None:
        folder = self._config.out / 'views'
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(self._client.picture()).save(folder / f'question_{number:02d}.png')

    def report(self, memory_path: Path) -> WorldReport:
        """Read what was remembered, judge random places for comparison, draw the map."""
        with Memory.open(memory_path, read_only=True) as memory:
            places = [
                Pose2D(x=o.pose.position[0], y=o.pose.position[1], yaw_rad=o.pose.yaw_rad)
                for o in memory.observations()
            ]
        rows = tuple(
            replace(row, chance=self._chance(row.number, question, places))
            for question, row in self._asked
        )
        self._draw(rows, places)
        truth, statistics = self._sim.ground_truth, self._client.statistics
        return WorldReport(
            seed=self._seed,
            world=self._config.world or f'generated apartment {self._seed}',
            rooms=len(truth.regions),
            instances=len(truth.instances),
            exploration=_numbers(self._exploration),
            memory={name: int(getattr(statistics, name, 0)) for name in _KEPT},
            seconds={},
            cpu_seconds={},
            rows=rows,
        )

    def _chance(self, number: int, question: Question, places: Sequence[Pose2D]) -> float:
        """Share of places drawn from the memory at random that would have succeeded."""
        if not places:
            return 0.0
        rng = np.random.default_rng((self._seed, 5, number))
        drawn = rng.integers(len(places), size=self._config.chance_draws)
        hits = [self._judge.judge(places[i], question.targets).success for i in drawn]
        return float(np.mean(hits))

    def _draw(self, rows: Sequence[QuestionRow], places: Sequence[Pose2D]) -> None:
        reached = sum(row.success for row in rows)
        driven = float(self._exploration.get('distance_m', 0.0))
        scene = MapScene(
            title='What the robot remembers',
            subtitle=(
                f'{len(places)} observations on {driven:.0f} m of exploration,'
                f' {len(self._sim.ground_truth.regions)} rooms\n'
                f'{reached} of {len(rows)} questions ended in sight of a right answer'
            ),
            trajectory=self._explored,
            observations=places,
            questions=[_mark(row) for row in rows],
        )
        draw_map(scene, self._sim, self._config.out / 'map.png')


def _mark(row: QuestionRow) -> QuestionMark:
    final = None
    if row.found and row.final is not None:
        final = Pose2D(x=row.final[0], y=row.final[1], yaw_rad=row.final[2])
    answer = row.answer if row.found else 'not found'
    return QuestionMark(
        number=row.number,
        text=row.text,
        answer=f'{answer}, {row.distance_m:.1f} m from the target',
        success=row.success,
        final=final,
        target=row.target[:2],
    )


def _triple(pose: Pose2D | None) -> tuple[float, float, float] | None:
    return None if pose is None else (pose.x, pose.y, pose.yaw_rad)


def _numbers(progress: dict[str, str]) -> dict[str, float | str]:
    """Turn the texts of a progress message into numbers where they are numbers."""
    parsed: dict[str, float | str] = {}
    for key, value in progress.items():
        try:
            parsed[key] = float(value)
        except ValueError:
            parsed[key] = value
    return parsed
