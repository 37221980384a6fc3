"""One episode: a world, a drive through it, questions, and the answers of every method."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
import shutil
import time

from memory_node.core.errors import MemoryNodeError
from memory_node.evaluation.counting import ModelUse
from memory_node.evaluation.datasets import Question
from memory_node.evaluation.encoding import CachingEncoder, document
from memory_node.evaluation.errors import EvaluationError
from memory_node.evaluation.methods import Answer, Method
from memory_node.evaluation.registry import needs_model
from memory_node.interchange.jsonl import observation_to_dict
from memory_sim.bench.cases import Case
from memory_sim.bench.config import BenchConfig, EXPLORATION, WorldSpec
from memory_sim.bench.desk import Stage
from memory_sim.bench.drawing import draw_cases
from memory_sim.bench.errors import BenchError
from memory_sim.bench.exploring import explore
from memory_sim.bench.goals import Asked, cases_of_episodes, goal_verdict
from memory_sim.bench.history import ASKED_NS, draw_history, History
from memory_sim.bench.judging import PlaceVerdict, TextJudge
from memory_sim.bench.llm_judging import LlmJudge
from memory_sim.bench.making import make_bench_judge, make_bench_method, make_bench_model
from memory_sim.bench.opening import Opened, opened
from memory_sim.bench.records import EpisodeRecord, QuestionRecord, write_episode, write_lines
from memory_sim.bench.rounds import drive_rounds
from memory_sim.bench.sensing import perceive
from memory_sim.engines.base import Pose2D, Vector3

__all__ = [
    'Grader',
    'ask_of',
    'log_inputs',
    'one_method',
    'prepare',
    'run_episode',
    'vocabulary',
]

Show = Callable[[str], None]

#: An exploration without memory may drive this often the way that all stops took.
_EXPLORATION_BUDGET = 1.0


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


def _spl(shortest_m: float, driven_m: float) -> float:
    """Return the shortest way over the way driven (Anderson et al., 2018), at most 1."""
    return 1.0 if driven_m <= shortest_m + 1e-6 else shortest_m / driven_m


class Grader:
    """Turns answers into records."""

    def __init__(self, stage: Stage, texts: TextJudge, second: LlmJudge | None = None) -> None:
        """Judge in one world; ``second`` grades texts as well, and decides nothing."""
        self.stage, self._texts, self._second = stage, texts, second
        self._by_id = {o.id: o for o in stage.perception.observations}

    def graded(
        self,
        case: Case,
        answer: Answer,
        driven_m: float | None = None,
        final: Pose2D | None = None,
    ) -> QuestionRecord:
        """Judge what a method answered; ``driven_m`` and ``final`` if the robot really went."""
        if case.worded:
            verdict = self._texts.judge(answer.text, case.question.facts)
            success = answer.found and verdict.success
            grade = None
            if self._second is not None:
                said = answer.text if answer.found else ''
                grade = self._second.grade(case.question.text, case.question.facts, said)
            return self._record(
                case, answer, success=success, spl=float(success),
                recall=verdict.recall, cosine=verdict.cosine, grade=grade,
            )  # fmt: skip
        if not case.question.answerable:
            right = not answer.found
            return self._record(case, answer, success=right, spl=float(right))
        verdicts = [self._verdict(case, p.position) for p in answer.places]
        first = bool(verdicts) and verdicts[0].success
        success = first and answer.found
        spl = 0.0
        if success:
            spl = _spl(case.shortest_m, verdicts[0].path_m if driven_m is None else driven_m)
        return self._record(
            case, answer, success=success, spl=spl, first=first,
            any_of_k=any(v.success for v in verdicts),
            distance_m=verdicts[0].distance_m if verdicts else None,
            visible=self._visible(case, answer, final),
        )  # fmt: skip

    def _verdict(self, case: Case, position: Vector3) -> PlaceVerdict:
        if case.radius_m:
            return goal_verdict(self.stage.ground, self.stage.roadmap, case, position)
        return self.stage.judge.judge(case.start, position, case.targets, case.areas)

    def _visible(self, case: Case, answer: Answer, final: Pose2D | None) -> bool | None:
        """Whether the last view shows a target: from where the robot ended, or would end."""
        held = self._by_id.get(answer.places[0].node_id) if answer.places else None
        if final is None and held is not None:
            x, y, z = held.pose.position
            final = Pose2D(x=x, y=y, z=z, yaw_rad=held.pose.yaw_rad)
        if final is None:
            return None
        shown = self.stage.judge.in_view(final, case.targets)
        return None if shown is None else shown and answer.found

    def missed(self, case: Case) -> QuestionRecord:
        """Note a question that a method failed on."""
        nothing = 0.0 if case.worded else None
        return self._record(
            case, Answer(found=False), success=False, spl=0.0, recall=nothing, cosine=nothing
        )

    def take_note(self) -> str:
        """Return what went wrong in grading since the last call, '' for nothing."""
        return self._second.take_note() if self._second is not None else ''

    def explored(self, case: Case) -> QuestionRecord:
        """Judge a search without memory."""
        budget = _EXPLORATION_BUDGET * max(self.stage.drive.length_m, 1.0)
        ended = explore(self.stage, case, budget)
        answer = Answer(found=ended.found)
        if not case.question.answerable:
            return self._record(case, answer, success=not ended.found, spl=0.0)
        spl = _spl(case.shortest_m, ended.driven_m) if ended.found else 0.0
        return self._record(
            case, answer, success=ended.found, spl=spl, first=ended.found, any_of_k=ended.found,
            distance_m=0.0 if ended.found else None, position=ended.position,
        )  # fmt: skip

    def _record(
        self,
        case: Case,
        answer: Answer,
        *,
        success: bool,
        spl: float,
        first: bool = False,
        any_of_k: bool = False,
        distance_m: float | None = None,
        recall: float | None = None,
        cosine: float | None = None,
        position: Vector3 | None = None,
        visible: bool | None = None,
        grade: float | None = None,
    ) -> QuestionRecord:
        best = answer.places[0] if answer.places else None
        held = self._by_id.get(best.node_id) if best else None
        return QuestionRecord(
            id=case.question.id,
            kind=case.question.kind,
            form=case.form,
            text=case.question.text,
            expected=case.expected,
            found=answer.found,
            success=success,
            first=first,
            any_of_k=any_of_k,
            spl=spl,
            distance_m=distance_m,
            confidence=best.confidence if best else 0.0,
            position=best.position if best else position,
            seen=held.caption[:300] if held else '',
            answer=answer.text[:600],
            recall=recall,
            cosine=cosine,
            search_s=answer.search_s,
            encode_s=answer.encode_s,
            search_cpu_s=answer.search_cpu_s,
            llm_calls=answer.llm_calls,
            llm_tokens=answer.llm_tokens,
            visible=visible,
            llm_grade=grade,
        )
