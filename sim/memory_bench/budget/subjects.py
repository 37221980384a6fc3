"""What is asked of a memory under a budget: data sets and generated worlds alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from memory_bench.config import BenchConfig, load_config
from memory_bench.datasets.load import load_data_sets
from memory_bench.datasets.types import DataSet, LoadOptions, Question
from memory_bench.judging.data_sets import judge_answer
from memory_bench.judging.grader import Grader
from memory_bench.judging.text import TextJudge
from memory_bench.methods.base import Answer
from memory_bench.methods.cost import CachingEncoder
from memory_bench.questions.case import Case
from memory_bench.run.episode import ask_of, prepare, vocabulary
from memory_bench.world.open import opened
from memory_node.core.data import Observation

__all__ = ['Subject', 'of_data', 'of_worlds', 'subjects_of']


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One place: what was observed there, what is asked, and whether an answer is right."""

    name: str
    observations: Sequence[Observation]
    questions: Sequence[Question]
    #: Tells whether the answer to a question is right.
    right: Callable[[Question, Answer], bool]


def subjects_of(sources: Sequence[Path], encoder: CachingEncoder) -> Iterator[Subject]:
    """
    Yield what is at some paths: worlds of a configuration (``.yaml``), or data sets.

    Raises ``BenchError`` and ``EvaluationError`` for what can't be read.
    """
    for path in sources:
        if path.suffix in ('.yaml', '.yml'):
            yield from of_worlds(load_config(path), encoder)
        else:
            yield from of_data(path, encoder)


def of_data(path: Path, encoder: CachingEncoder) -> Iterator[Subject]:
    """Yield the data sets that ``memory-bench evaluate`` reads; raises ``EvaluationError``."""
    for data_set in load_data_sets(path, encoder, LoadOptions())[0]:
        yield Subject(
            name=data_set.name,
            observations=_unlinked(data_set.observations),
            questions=data_set.questions,
            right=_judge(data_set),
        )


def _unlinked(observations: Sequence[Observation]) -> list[Observation]:
    """Take given neighbours off: what has some is never evicted, and a robot tells none."""
    return [replace(o, neighbors=()) for o in observations]


def _judge(data_set: DataSet) -> Callable[[Question, Answer], bool]:
    def right(question: Question, answer: Answer) -> bool:
        if not question.answerable:
            return not answer.found
        outcome = judge_answer(data_set, question, answer, k=1)
        if outcome.first is None:
            return bool(answer.found and outcome.facts is not None and outcome.facts >= 0.5)
        return bool(answer.found and outcome.first)

    return right


def of_worlds(config: BenchConfig, encoder: CachingEncoder) -> Iterator[Subject]:
    """Yield the worlds and questions of a configuration of ``memory-bench run``, in text."""
    for spec in config.worlds:
        with opened(spec) as place:
            stage = prepare(config, spec, place)
            asked = ask_of(config, place, stage)
        yield Subject(
            name=spec.name,
            observations=_unlinked(stage.perception.observations),
            questions=[case.question for case in asked.cases],
            right=_grade(Grader(stage, TextJudge(encoder, vocabulary(stage))), asked.cases),
        )


def _grade(grader: Grader, cases: Sequence[Case]) -> Callable[[Question, Answer], bool]:
    by_id = {case.question.id: case for case in cases}
    return lambda question, answer: grader.graded(by_id[question.id], answer).success
