"""Episodes over DDS: the simulated robot explores, remembers, is asked, drives, and is judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, ExitStack
from dataclasses import dataclass, replace
import json
import math
from pathlib import Path
import shutil
import time

from memory_bench.config import BenchConfig, WorldSpec
from memory_bench.errors import BenchError
from memory_bench.judging.grader import Grader
from memory_bench.judging.place import PictureJudge
from memory_bench.judging.text import TextJudge
from memory_bench.methods.cost import CachingEncoder, document
from memory_bench.perception.sensing import witnessed
from memory_bench.questions.case import Case
from memory_bench.questions.context import Stage
from memory_bench.run.episode import ask_of, log_inputs, one_method, vocabulary
from memory_bench.run.factories import make_bench_judge
from memory_bench.run.interview import Interview
from memory_bench.run.records import EpisodeRecord, QuestionRecord, write_episode
from memory_bench.world.history import History
from memory_bench.world.open import Opened, opened
from memory_bench.world.patrol import Drive, Keyframe
from memory_node import Memory
from memory_node.core.data import Observation
from memory_sim.demo.judge import Judge
from memory_sim.engines.base import CameraModel, Simulator
from memory_sim.engines.embedded import EmbeddedSimulator
from memory_sim.engines.habitat.errors import HabitatError, SimulatorDiedError
from memory_sim.engines.habitat.process import habitat_problem
from memory_sim.ros.launching import robot_environment, start_explorer, start_robot
from memory_sim.ros.memory_client import DemoClient, RequestFailedError
from memory_sim.ros.processes import free_domain_id, ProcessDiedError, Processes, StageTimes
from memory_sim.world.errors import WorldError
from memory_sim.world.yaml_file import save_world

__all__ = ['OVER_DDS', 'run_rendered']

Show = Callable[[str], None]

#: The method that answers through the ROS services; the others get what it stored.
OVER_DDS = 'ours'
#: What a single exploration gives no questions about: nothing moves in it.
_NOT_ASKED = frozenset({'now', 'yesterday', 'morning'})
_CAMERA = CameraModel(width=480, height=360)
_CAMERA_HZ = 2.5
_ODOMETRY_HZ = 25.0
_CAMERA_HZ_WHILE_ASKED = 1.0
_JUDGE_CAMERA = CameraModel(width=160, height=120)
#: A robot whose processes die is started anew so often.
_ATTEMPTS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    records: tuple[QuestionRecord, ...]
    grader: Grader
    #: As they were asked: from where the robot stood.
    cases: tuple[Case, ...]
    #: What went wrong in grading.
    note: str
    bytes_used: int
    #: Wall time of each stage, and processor time of each process [s].
    seconds: Mapping[str, float]
    cpu_seconds: Mapping[str, float]


def run_rendered(
    config: BenchConfig,
    spec: WorldSpec,
    methods: tuple[str, ...],
    out: Path,
    encoder: CachingEncoder,
    show: Show = lambda text: None,
) -> None:
    """
    Run one episode over DDS and write a record for each method.

    A robot of which a process dies is started once more, and the record says so. Raises
    ``BenchError`` if that fails too, or the world gives no episode.
    """
    with ExitStack() as stack:
        asked, note = _attempt(config, spec, out, encoder, show, stack)
        watch = StageTimes()
        for method in methods:
            show(method)
            with watch.time(method):
                record = _record(config, spec, method, out, encoder, asked, note)
            write_episode(out, record)
        spent = {'wall_s': {**asked.seconds, **watch.seconds}, 'cpu_s': {**asked.cpu_seconds}}
        path = out / 'logs' / spec.name / 'seconds.json'
        path.write_text(json.dumps(spent, indent=1), encoding='utf-8')


def _attempt(
    config: BenchConfig,
    spec: WorldSpec,
    out: Path,
    encoder: CachingEncoder,
    show: Show,
    stack: ExitStack,
) -> tuple[_Asked, str]:
    """Return what the robot answered, and what went wrong; ``stack`` keeps the judge's eyes."""
    if config.backend == 'habitat' and (problem := habitat_problem()):
        raise BenchError(f'world {spec.name}: backend habitat: {problem}')
    place = stack.enter_context(opened(spec, camera=_JUDGE_CAMERA))
    notes: list[str] = []
    for _ in range(_ATTEMPTS):
        try:
            asked = _Robot(config, place, out, encoder, show).run(stack)
        except (ProcessDiedError, RequestFailedError, SimulatorDiedError) as error:
            notes.append(f'started anew: {str(error).splitlines()[0]}')
        except (WorldError, HabitatError) as error:
            raise BenchError(f'world {spec.name}: {error}') from error
        else:
            return asked, '; '.join(notes)
    raise BenchError(f'{spec.name}: {"; ".join(notes)}')


def _record(
    config: BenchConfig,
    spec: WorldSpec,
    method: str,
    out: Path,
    encoder: CachingEncoder,
    asked: _Asked,
    note: str,
) -> EpisodeRecord:
    observations = asked.grader.stage.perception.observations
    if method != OVER_DDS:
        encoder.warm([*map(document, observations), *(c.question.text for c in asked.cases)])
        record = one_method(config, spec, method, encoder, asked.grader, asked.cases, out)
        return replace(record, note='; '.join(n for n in (note, record.note) if n))
    return EpisodeRecord(
        world=spec.name,
        kind=spec.kind,
        seed=spec.seed,
        size=spec.size,
        method=method,
        digest=config.digest(spec),
        mode=config.mode,
        status='ok',
        observations=len(observations),
        build_s=0.0,
        build_cpu_s=0.0,
        bytes_used=asked.bytes_used,
        questions=asked.records,
        note='; '.join(n for n in (note, asked.note, *asked.grader.stage.notes()) if n),
    )


class _Robot:
    """One attempt at an episode, from the first process to the last answer."""

    def __init__(
        self,
        config: BenchConfig,
        place: Opened,
        out: Path,
        encoder: CachingEncoder,
        show: Show,
    ) -> None:
        self._config, self._place, self._spec, self._out = config, place, place.spec, out
        self._encoder, self._show = encoder, show
        self._watch = StageTimes()

    def run(self, eyes: ExitStack) -> _Asked:
        """Go through it; what judges later is closed by ``eyes``."""
        folder = self._out / 'scratch' / self._spec.name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        domain = free_domain_id()
        logs = self._out / 'logs' / self._spec.name
        watch = self._watch
        with ExitStack() as stack:
            processes = stack.enter_context(Processes(logs, robot_environment(domain)))
            self._show('starting')
            with watch.time('start'):
                start_robot(
                    processes,
                    folder / 'memory.sqlite',
                    world=self._world(),
                    backend=self._config.backend,
                    seed=self._spec.seed,
                    camera_hz=_CAMERA_HZ,
                    odometry_hz=_ODOMETRY_HZ,
                    camera=_CAMERA,
                )
                sim = self._place.sim
                if sim is None:
                    sim = EmbeddedSimulator(self._place.ground.world, camera=_JUDGE_CAMERA)
                    eyes.enter_context(closing(sim))
                client = stack.enter_context(DemoClient(processes.check, domain_id=domain))
                client.wait_for_simulator()
                client.wait_for_memory()
            if self._config.bag:
                from memory_bench.run.recorder import Recorder

                bag = self._out / 'bags' / self._spec.name
                stack.enter_context(closing(Recorder(client.node, bag)))
            with watch.time('explore'):
                self._explore(processes, client)
            with watch.time('questions'):
                client.save()
                with Memory.open(folder / 'memory.sqlite', read_only=True) as memory:
                    observations = tuple(memory.observations())
                grader, cases = self._questions(sim, observations, eyes)
                client.set_camera_rate(_CAMERA_HZ_WHILE_ASKED)
                client.watch_camera()
            interview = Interview(
                client,
                grader,
                watch,
                views=self._out / 'views',
                prefix=f'{self._spec.name}.{OVER_DDS}',
            )
            answered = tuple(interview.answers(cases, self._show))
            used = sum(p.stat().st_size for p in folder.glob('memory.sqlite*') if p.is_file())
            cpu = {**processes.cpu_seconds(), 'judge': time.process_time()}
        return _Asked(
            note=grader.take_note(),
            records=tuple(record for _, record in answered),
            grader=grader,
            cases=tuple(case for case, _ in answered),
            bytes_used=used,
            seconds=watch.seconds,
            cpu_seconds=cpu,
        )

    def _world(self) -> str:
        """Return what the robot's simulator is told to open."""
        if not self._spec.generated:
            file = str(self._spec.path.absolute())
            return f'{file}#{self._spec.scene}' if self._spec.of_dataset else file
        path = self._out / 'inputs' / self._spec.name / 'world.yaml'
        path.parent.mkdir(parents=True, exist_ok=True)
        save_world(self._place.ground.world, path)
        return str(path)

    def _explore(self, processes: Processes, client: DemoClient) -> None:
        config = self._config
        start_explorer(
            processes,
            max_distance_m=min(config.budget_m, 1e6),
            max_time_s=config.explore_s,
        )

        def finished() -> bool:
            progress = client.exploration
            self._show(f'exploring {float(progress.get("fraction", 0.0)):.0%}')
            return progress.get('activity') == 'done'

        client.wait_until(finished, 'exploration', config.timeout_s)
        processes.stop_one('explorer')

    def _questions(
        self, sim: Simulator, observations: tuple[Observation, ...], eyes: ExitStack
    ) -> tuple[Grader, tuple[Case, ...]]:
        ground, roadmap = self._place.ground, self._place.roadmap
        history = History(ground, ())
        keyframes = tuple(
            Keyframe(stamp_ns=o.stamp_ns, position=o.pose.position, yaw_rad=o.pose.yaw_rad)
            for o in observations
        )
        stage = Stage(
            ground=ground,
            roadmap=roadmap,
            history=history,
            drive=Drive(
                keyframes=keyframes,
                length_m=_length_m(keyframes),
                stops=tuple(sorted({roadmap.nearest(k.position) for k in keyframes})),
            ),
            perception=witnessed(ground, history, keyframes, observations),
            judge=PictureJudge(ground, roadmap, Judge(sim)),
            templates=self._config.templates,
            seed=self._spec.seed + 1000 * self._config.seed,
        )
        asked = ask_of(self._config, self._place, stage, leave_out=_NOT_ASKED)
        stage, cases = replace(stage, note=asked.note), asked.cases
        log_inputs(self._out, self._spec.name, stage, cases)
        second = make_bench_judge(self._config)
        if second is not None:
            eyes.enter_context(closing(second))
        return Grader(stage, TextJudge(self._encoder, vocabulary(stage)), second), cases


def _length_m(keyframes: Sequence[Keyframe]) -> float:
    steps = zip(keyframes, keyframes[1:], strict=False)
    return sum(math.dist(a.position, b.position) for a, b in steps)
