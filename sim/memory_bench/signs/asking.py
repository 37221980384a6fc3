"""Worlds with signs are explored, remembered and asked about; answers are judged by the truth."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
import json
import math
from pathlib import Path
import re

from memory_bench.errors import BenchError
from memory_bench.metrics.intervals import bootstrap
from memory_bench.signs.drive import explore
from memory_bench.signs.judge import Lead, SignJudge
from memory_bench.signs.questions import ASPECTS, sign_questions, SignCase
from memory_bench.signs.reading import letters_px
from memory_node.core.answers.types import GoalPlan
from memory_node.core.data import Observation, Query
from memory_node.core.language.sign_labels import sign_text
from memory_node.core.memory import Memory
from memory_node.core.ports import Encoder, SignReader
from memory_sim.engines.base import CameraModel, Pose2D
from memory_sim.engines.embedded import EmbeddedSimulator
from memory_sim.exploration.explorer import Budget
from memory_sim.world.errors import WorldError
from memory_sim.world.open import find_world
from memory_sim.world.sign import Sign

__all__ = ['METHODS', 'AskingConfig', 'Asked', 'ask_worlds', 'asked_table']

#: The last one knows which of all readings with the text is right: nothing read can do better.
METHODS = ('ours', 'newest reading', 'best reading')
#: Written when a drive is complete; its store is asked again, not driven again.
_DONE = 'explored.json'
_PATIENCE_S = 600.0

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class AskingConfig:
    """What is driven through, and how."""

    #: Names as ``office:1:small:signs``.
    worlds: tuple[str, ...]
    hfov_deg: float = 65.0
    #: Longest drive [m], and how far apart the robot turns around to look [m].
    distance_m: float = 100.0
    look_spacing_m: float = 2.5
    #: Where the robot begins.
    seed: int = 1

    @property
    def camera(self) -> CameraModel:
        """A camera of 640x480 at a robot's height, tilted as the simulator's is."""
        return CameraModel(hfov_rad=math.radians(self.hfov_deg))


@dataclass(slots=True)
class Asked:
    """Whether each method was right, by kind of question and world; and what was wrong."""

    #: By method, kind of question and world, a list of 0 and 1.
    scores: dict[tuple[str, str, str], list[float]] = field(
        default_factory=lambda: defaultdict(list)
    )
    failures: list[str] = field(default_factory=list)

    def by_world(self, method: str, aspect: str = '', world: str = '') -> dict[str, list[float]]:
        """Return scores of a method by world, of all kinds and worlds where none is named."""
        found: dict[str, list[float]] = defaultdict(list)
        for (by, kind, name), values in self.scores.items():
            if by == method and aspect in ('', kind) and world in ('', name):
                found[name] += values
        return found


def ask_worlds(
    config: AskingConfig, reader: SignReader, encoder: Encoder, folder: Path, tell: Tell
) -> Asked:
    """
    Explore each world where that is not done yet, and ask all methods about its signs.

    Stores lie in ``folder``. Raises ``BenchError`` for a world that is not to be had or has no
    signs.
    """
    asked = Asked()
    for name in config.worlds:
        try:
            world, source = find_world(name, 0)
        except (WorldError, OSError) as error:
            raise BenchError(f'world {name}: {error}') from error
        if not world.signs:
            raise BenchError(f'world {name}: expected one with signs, as "{name}:signs"')
        with closing(EmbeddedSimulator(world, camera=config.camera, furniture=source)) as sim:
            store = folder / re.sub(r'[^\w.-]+', '_', name)[-80:]
            with Memory.open(_made(store) / 'memory.sqlite', encoder=encoder) as memory:
                if not (store / _DONE).is_file():
                    tell(f'{name}: {_explored(sim, reader, memory, config, store)}')
                if not (memory.wait_indexed(_PATIENCE_S) and memory.wait_areas(_PATIENCE_S)):
                    raise BenchError(f'world {name}: no index after {_PATIENCE_S:.0f} s')
                memory.save()
                cases = sign_questions(world)
                _judge(name, cases, memory, sim, asked)
        right = asked.by_world(METHODS[0], world=name)[name]
        tell(f'{name}: {sum(right):.0f} of {len(right)} right')
    return asked


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _explored(
    sim: EmbeddedSimulator, reader: SignReader, memory: Memory, config: AskingConfig, store: Path
) -> str:
    budget = Budget(distance_m=config.distance_m, time_s=10.0 * config.distance_m)
    memory.forget([o.id for o in memory.observations()])  # of a drive that was cut short
    drive = explore(
        sim, reader, memory.add, budget=budget, look_spacing_m=config.look_spacing_m,
        seed=config.seed,
    )  # fmt: skip
    (store / _DONE).write_text(json.dumps(asdict(drive), indent=1), 'utf-8')
    return f'{drive.distance_m:.0f} m, {drive.keyframes} keyframes: {drive.reason}'


def _judge(
    name: str, cases: Sequence[SignCase], memory: Memory, sim: EmbeddedSimulator, asked: Asked
) -> None:
    judge = SignJudge(sim)
    observations = sorted(memory.observations(), key=lambda o: o.stamp_ns)
    readings = list(_readings(observations))
    for case in cases:
        about = [lead for text, lead in readings if _plain(case.wanted) in _plain(text)]
        best = next((lead for lead in about if judge.is_right(lead, case.targets)), None)
        plan = memory.navigation_goal(Query(text=case.text))
        leads = (_led(plan), about[-1] if about else None, best)
        for method, lead in zip(METHODS, leads, strict=True):
            right = judge.is_right(lead, case.targets)
            asked.scores[method, case.aspect, name].append(float(right))
        if not judge.is_right(leads[0], case.targets):
            shown = (_shown_px(sign, observations, sim, judge) for sign in case.targets)
            why = f'{"not " if best is None else ""}read, {max(shown, default=0.0):.1f} px at best'
            asked.failures.append(f'{name} {_failure(case, plan, why)}')


def _shown_px(
    sign: Sign, observations: Sequence[Observation], sim: EmbeddedSimulator, judge: SignJudge
) -> float:
    """Return how large the letters of a sign are where a keyframe shows them best [px]."""
    shown = 0.0
    for observation in observations:
        (x, y, _), z = observation.pose.position, sim.world.elevations.get(sign.floor, 0.0)
        pose = Pose2D(x=x, y=y, yaw_rad=observation.pose.yaw_rad, z=z)
        px = letters_px(sign, pose, sim.camera)
        if px > shown and judge.is_in_view((x, y), sign):
            shown = px
    return shown


def _led(plan: GoalPlan) -> Lead | None:
    if not plan.found or plan.goal_pose is None or plan.place is None:
        return None
    x, y, _ = plan.goal_pose.position
    return Lead(stand=(x, y), target=plan.place.target_position)


def _failure(case: SignCase, plan: GoalPlan, seen: str) -> str:
    """Return in a line what was asked, answered and wanted, and how well that was ``seen``."""
    wanted = '; '.join(f'{t.text!r} at {t.position}' for t in case.targets) or 'no such sign'
    places = plan.retrieval.places
    first = f'{places[0].label!r} at {places[0].target_position}' if places else 'nothing'
    return (
        f'{case.aspect}: {case.text!r} -> {"found" if plan.found else "refused"}, first {first};'
        f' wanted {wanted}, which was {seen}; {plan.retrieval.message}'
    )


def _readings(observations: Sequence[Observation]) -> Iterator[tuple[str, Lead]]:
    """Yield what signs were read to say, with where the robot stood and the sign was placed."""
    for observation in observations:
        x, y, _ = observation.pose.position
        for sighting in observation.sightings:
            if text := sign_text(sighting.label):
                yield text, Lead(stand=(x, y), target=sighting.position)


def _plain(text: str) -> str:
    return ''.join(text.split()).casefold()


def asked_table(asked: Asked) -> str:
    """Return how often each method was right as a Markdown table, by kind of question."""
    lines = ['| | ' + ' | '.join(METHODS) + ' | n |', '|---' * (len(METHODS) + 2) + '|']
    for aspect in (*ASPECTS, ''):
        scores = [asked.by_world(method, aspect) for method in METHODS]
        if count := sum(map(len, scores[0].values())):
            cells = ' | '.join(str(bootstrap(worlds)) for worlds in scores)
            lines.append(f'| {aspect or "all"} | {cells} | {count} |')
    return '\n'.join(lines)
