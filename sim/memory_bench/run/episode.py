"""One episode: a world, a drive through it, questions, and the answers of every method."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
import shutil
import time

from memory_bench.config import BenchConfig, EXPLORATION, WorldSpec
from memory_bench.datasets.types import Question
from memory_bench.errors import BenchError, EvaluationError
from memory_bench.judging.grader import Grader
from memory_bench.judging.text import TextJudge
from memory_bench.methods.base import Method
from memory_bench.methods.cost import CachingEncoder, document, ModelUse
from memory_bench.methods.registry import needs_model
from memory_bench.perception.sensing import perceive
from memory_bench.questions.case import Case
from memory_bench.questions.context import Stage
from memory_bench.questions.goals import Asked, cases_of_episodes
from memory_bench.questions.sample import draw_cases
from memory_bench.run.factories import make_bench_judge, make_bench_method, make_bench_model
from memory_bench.run.records import EpisodeRecord, QuestionRecord, write_episode, write_lines
from memory_bench.world.history import ASKED_NS, draw_history, History
from memory_bench.world.open import Opened, opened
from memory_bench.world.patrol import drive_rounds
from memory_node.core.errors import MemoryNodeError
from memory_node.interchange.jsonl import observation_to_dict

__all__ = [
    'ask_of',
    'log_inputs',
    'one_method',
    'prepare',
    'run_episode',
    'vocabulary',
]

Show = Callable[[str], None]


def prepare(config: BenchConfig, spec: WorldSpec, place: Opened | None = None) -> Stage:
    """
    Explore a world in text: all that methods and judge need.

    A world whose pictures are looked at has to stay open, and is given as ``place``. Raises
    ``BenchError`` if the world is not to be had.
    """
    if place is None:
        with opened(spec) as made:
            return prepare(config, spec, made)
    seed = spec.seed + 1000 * config.seed
    ground, roadmap = place.ground, place.roadmap
    # Nobody carries things about where pictures say what is where.
    moved = place.sim is None
    history = draw_history(ground, roadmap, seed=seed) if moved else History(ground, ())
    drive = drive_rounds(ground, roadmap, history, seed=seed, budget_m=config.budget_m)
    return Stage(
        ground=ground,
        roadmap=roadmap,
        history=history,
        drive=drive,
        perception=perceive(ground, history, drive.keyframes, seed=seed),
        judge=place.judge(),
        templates=config.templates,
        seed=seed,
    )


def run_episode(
    config: BenchConfig,
    spec: WorldSpec,
    methods: tuple[str, ...],
    out: Path,
    encoder: CachingEncoder,
    show: Show = lambda text: None,
) -> None:
    """
    Explore one world, ask every method, and write a record for each.

    Raises ``BenchError`` if the world gives no episode; a method that fails is marked in its own
    record, and the next one runs. ``OSError`` if records cannot be written.
    """
    show('exploring')
    with opened(spec) as place:
        _ask_all(config, place, methods, out, encoder, show)


def ask_of(config: BenchConfig, place: Opened, stage: Stage, **drawing: frozenset[str]) -> Asked:
    """
    Draw the questions of a stage, or take those of its file of episodes.

    ``drawing`` goes to ``draw_cases``. Raises ``BenchError`` if there is nothing to ask.
    """
    if place.spec.episodes:
        return cases_of_episodes(place, config.questions, stage.seed, ASKED_NS)
    cases = draw_cases(stage, config.questions, **drawing)
    if not cases:
        raise BenchError(f'world {place.spec.name}: what was explored gives no question')
    return Asked(cases=cases)


def _ask_all(
    config: BenchConfig,
    place: Opened,
    methods: tuple[str, ...],
    out: Path,
    encoder: CachingEncoder,
    show: Show,
) -> None:
    spec = place.spec
    stage = prepare(config, spec, place)
    asked = ask_of(config, place, stage)
    stage, cases = replace(stage, note=asked.note), asked.cases
    log_inputs(out, spec.name, stage, cases)
    show('embedding')
    observations = stage.perception.observations
    encoder.warm([*map(document, observations), *(c.question.text for c in cases)])
    judge = make_bench_judge(config)
    try:
        grader = Grader(stage, TextJudge(encoder, vocabulary(stage)), judge)
        for method in methods:
            show(method)
            write_episode(out, one_method(config, spec, method, encoder, grader, cases, out))
    finally:
        if judge is not None:
            judge.close()


def log_inputs(out: Path, world: str, stage: Stage, cases: tuple[Case, ...]) -> None:
    """Write what every method was given, and what would be right."""
    folder = out / 'inputs' / world
    seen = stage.perception.observations
    write_lines(folder / 'observations.jsonl', map(observation_to_dict, seen))
    write_lines(folder / 'questions.jsonl', map(_case_to_dict, cases))


def _case_to_dict(case: Case) -> dict[str, object]:
    return {
        **asdict(case.question),
        'form': case.form,
        'start': case.start,
        'shortest_m': case.shortest_m,
        'expected': case.expected,
        'areas': sorted(case.areas),
        'target_ids': [t.id for t in case.targets],
    }


def vocabulary(stage: Stage) -> list[str]:
    """Return every name of a thing or a kind of area in a world."""
    kinds = {r.kind for r in stage.ground.regions.values()}
    return sorted(kinds | {i.label for i in stage.history.latest})


def one_method(
    config: BenchConfig,
    spec: WorldSpec,
    name: str,
    encoder: CachingEncoder,
    grader: Grader,
    cases: tuple[Case, ...],
    out: Path,
) -> EpisodeRecord:
    """Have one method remember and answer; whatever goes wrong is told in its record."""
    observations = grader.stage.perception.observations
    status, built, used, asked = 'ok', (0.0, 0.0), 0, ModelUse()
    records: tuple[QuestionRecord, ...] = ()
    notes: list[str] = []
    folder = out / 'scratch' / f'{spec.name}.{name}'
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    model = None
    try:
        if name == EXPLORATION:
            records = tuple(grader.explored(case) for case in cases if not case.worded)
        else:
            model = make_bench_model(config) if needs_model(name) else None
            method = make_bench_method(name, encoder, spec.seed, model)
            try:
                begin = time.perf_counter(), time.process_time(), encoder.spent_s
                method.build(observations, folder)
                spent = encoder.spent_s
                built = (
                    time.perf_counter() - begin[0] - (spent[0] - begin[2][0]),
                    time.process_time() - begin[1] - (spent[1] - begin[2][1]),
                )
                asked = ModelUse() if model is None else model.use
                records = _asked(grader, method, config.k, cases, notes)
                used = method.bytes_used()
                notes.append(str(getattr(method, 'note', '')))
            finally:
                method.close()
    except (MemoryNodeError, EvaluationError, BenchError) as error:
        status = f'{type(error).__name__}: {error}'
    except Exception as error:  # noqa: BLE001  a rival's bug must not end the run
        status = f'crashed: {type(error).__name__}: {error}'
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if model is not None:
            model.close()
            notes.append(model.trouble)
    notes += [grader.take_note(), *grader.stage.notes()]
    return EpisodeRecord(
        world=spec.name,
        kind=spec.kind,
        seed=spec.seed,
        size=spec.size,
        method=name,
        digest=config.digest(spec),
        mode=config.mode,
        status=status,
        observations=len(observations),
        build_s=built[0],
        build_cpu_s=built[1],
        bytes_used=used,
        questions=records,
        build_llm_calls=asked.calls,
        build_llm_tokens=asked.tokens,
        note='; '.join(note for note in notes if note),
    )


def _asked(
    grader: Grader, method: Method, k: int, cases: tuple[Case, ...], notes: list[str]
) -> tuple[QuestionRecord, ...]:
    """Ask every question; one that a method fails on is missed, unless it fails on all."""
    records: list[QuestionRecord] = []
    failures: list[MemoryNodeError] = []
    for case in cases:
        question: Question = case.question
        try:
            records.append(grader.graded(case, method.ask(question, k)))
        except MemoryNodeError as error:
            failures.append(error)
            records.append(grader.missed(case))
    if failures and len(failures) == len(cases):
        raise failures[-1]
    if failures:
        notes.append(f'{len(failures)} of {len(cases)} questions failed: {failures[-1]}')
    return tuple(records)
