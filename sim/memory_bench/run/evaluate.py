"""Runs data sets through methods, one after the other, and keeps what each answered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
import tempfile
import time

from memory_bench.datasets.types import DataSet
from memory_bench.errors import EvaluationError
from memory_bench.judging.data_sets import judge_answer, QuestionOutcome
from memory_bench.methods.base import Answer, Method, MethodOptions
from memory_bench.methods.cost import CachingEncoder, document, Stopwatch
from memory_bench.methods.registry import make_method, method_names
from memory_node.core.config import MemoryConfig
from memory_node.core.errors import MemoryNodeError
from memory_node.core.language.text import clean_label

__all__ = ['Build', 'MethodRun', 'compare', 'config_for', 'texts_of']

#: Scale of distances on streets [m]; ``config/street.yaml`` says the same.
_STREET_M = 50.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """What it took to remember one data set."""

    data_set: str
    observations: int
    #: Wall and CPU time without embedding [s]; the CPU time is of all threads.
    seconds: float
    cpu_s: float
    bytes: int


@dataclass(slots=True, kw_only=True)
class MethodRun:
    """Everything one method did."""

    name: str
    builds: list[Build] = field(default_factory=list)
    outcomes: list[QuestionOutcome] = field(default_factory=list)
    #: Data sets that it could not remember, and why.
    failures: dict[str, str] = field(default_factory=dict)


def config_for(data_set: DataSet, config: MemoryConfig) -> MemoryConfig:
    """Return ``config`` with the distance scales that fit a street, if the data set is one."""
    if data_set.kind != 'street':
        return config
    return replace(
        config,
        forest=replace(config.forest, distance_scale_m=_STREET_M),
        retrieval=replace(config.retrieval, distance_scale_m=_STREET_M),
    )


def texts_of(data_sets: Iterable[DataSet]) -> set[str]:
    """Return every text that methods embed, to embed them ahead."""
    texts: set[str] = set()
    for data_set in data_sets:
        texts.update(q.text for q in data_set.questions)
        for observation in data_set.observations:
            texts.add(document(observation))
            texts.update(clean_label(s.label) for s in observation.sightings)
    return texts


def compare(
    data_sets: Sequence[DataSet],
    names: Sequence[str],
    encoder: CachingEncoder,
    options: MethodOptions | None = None,
    *,
    k: int = 5,
    advance: Callable[[str, int], None] | None = None,
) -> list[MethodRun]:
    """
    Ask every question of every data set with every method; order and seeds are fixed.

    Texts are embedded ahead, so that build and search times hold no embedding. A method that
    fails on a data set is left out there, and says why. ``advance`` is told how many questions
    were asked, with the method's name.

    Raises
    ------
    EvaluationError
        For an unknown method, one that can't be made, or data sets of one name.

    """
    options = options or MethodOptions()
    titles = [d.name for d in data_sets]
    if len(set(titles)) != len(titles):
        raise EvaluationError(f'two data sets have one name among {", ".join(titles)}')
    for name in names:
        make_method(name, encoder, options).close()
    order = [name for name in method_names() if name in names]
    runs = {name: MethodRun(name=name) for name in order}
    encoder.warm(sorted(texts_of(data_sets)))
    for data_set in data_sets:
        fitting = replace(options, config=config_for(data_set, options.config))
        for name in order:
            method = make_method(name, encoder, fitting)
            with tempfile.TemporaryDirectory(prefix='evaluate-') as folder:
                try:
                    _run(method, data_set, Path(folder), runs[name], encoder, k)
                finally:
                    method.close()
            if advance is not None:
                advance(name, len(data_set.questions))
    return list(runs.values())


def _run(
    method: Method,
    data_set: DataSet,
    folder: Path,
    run: MethodRun,
    encoder: CachingEncoder,
    k: int,
) -> None:
    cpu = time.process_time()
    try:
        with Stopwatch(encoder) as watch:
            method.build(data_set.observations, folder)
    except MemoryNodeError as error:
        run.failures[data_set.name] = str(error)
        return
    run.builds.append(
        Build(
            data_set=data_set.name,
            observations=len(data_set.observations),
            seconds=watch.search_s,
            cpu_s=time.process_time() - cpu,
            bytes=method.bytes_used(),
        )
    )
    for question in data_set.questions:
        try:
            answer, error_text = method.ask(question, k), ''
        except MemoryNodeError as error:
            answer, error_text = Answer(found=False), f'{error.name}: {error}'
        run.outcomes.append(judge_answer(data_set, question, answer, k, error_text))
