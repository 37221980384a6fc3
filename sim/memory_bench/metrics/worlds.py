"""From records to the numbers of the report."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
import math

import numpy as np

from memory_bench.config import EXPLORATION
from memory_bench.methods.registry import place_in_tables
from memory_bench.metrics.intervals import bootstrap, calibration_error, Interval
from memory_bench.questions.case import KINDS
from memory_bench.run.records import EpisodeRecord, QuestionRecord

__all__ = ['ALL', 'BOUNDS', 'Costs', 'Lead', 'RunSummary', 'summarise']

ALL = 'all'
#: What is shown beside the memories, and never compared with them.
BOUNDS = ('oracle', EXPLORATION, 'random')
_ROUNDS = 500

Values = dict[str, list[float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What a method costs, and how honest it is; medians and means over all questions."""

    build_ms: float
    bytes_each: float
    search_ms: float
    search_cpu_ms: float
    encode_ms: float
    llm_calls: float
    llm_tokens: float
    #: Of what it refused, the share that is not there; of what is not there, the share refused.
    abstention_precision: float
    abstention_recall: float
    calibration: float
    #: Median driving distance from the first place to a right one [m].
    distance_m: float
    any_of_k: float
    spl: float
    #: Share of the final views that show a target; NaN where no pictures were taken.
    visible: float
    #: Mean of cosine and keyword recall of texts about areas.
    similarity: float
    #: Mean of what a language model thinks of texts.
    llm_grade: float
    #: What building asks a language model, for each observation.
    build_llm_calls: float
    build_llm_tokens: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """How the memory under test stands against its best rival in one kind of question."""

    kind: str
    rival: str
    ours: Interval
    theirs: Interval
    #: Difference on the same questions.
    difference: Interval

    @property
    def verdict(self) -> str:
        """``ahead`` and ``behind`` only where the two intervals do not overlap."""
        if self.ours.low > self.theirs.high:
            return 'ahead'
        if self.ours.high < self.theirs.low:
            return 'behind'
        if self.difference.low > 0:
            return 'ahead on the same questions, intervals overlap'
        if self.difference.high < 0:
            return 'behind on the same questions, intervals overlap'
        return 'not separated'


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """Everything that tables and plots show."""

    methods: tuple[str, ...]
    kinds: tuple[str, ...]
    world_kinds: tuple[str, ...]
    worlds: int
    questions: int
    observations: int
    #: Success by method and kind of question, ``all`` too.
    success: Mapping[tuple[str, str], Interval]
    #: Success by method and kind of world.
    by_world: Mapping[tuple[str, str], Interval]
    costs: Mapping[str, Costs]
    leads: tuple[Lead, ...]
    #: Episodes without answers, and those in which something went wrong.
    troubles: tuple[str, ...]


def summarise(records: Sequence[EpisodeRecord], tested: str = 'ours') -> RunSummary:
    """Put all records together; methods are compared with ``tested``."""
    good = [r for r in records if r.status == 'ok' and r.questions]
    methods = sorted({r.method for r in good}, key=place_in_tables)
    success: dict[tuple[str, str], Interval] = {}
    by_world: dict[tuple[str, str], Interval] = {}
    for method in methods:
        own = [r for r in good if r.method == method]
        for kind in (*KINDS, ALL):
            _put(success, (method, kind), _values(own, kind, _success))
        for world_kind in sorted({r.kind for r in own}):
            alike = [r for r in own if r.kind == world_kind]
            _put(by_world, (method, world_kind), _values(alike, ALL, _success))
    worlds = {r.world: r for r in good}
    return RunSummary(
        methods=tuple(methods),
        kinds=tuple(k for k in KINDS if any((m, k) in success for m in methods)),
        world_kinds=tuple(sorted({r.kind for r in good})),
        worlds=len(worlds),
        questions=sum(max((len(r.questions) for r in good if r.world == w), default=0)
                      for w in worlds),
        observations=sum(r.observations for r in worlds.values()),
        success=success,
        by_world=by_world,
        costs={m: _costs([r for r in good if r.method == m]) for m in methods},
        leads=tuple(_leads(good, success, tested)),
        troubles=tuple(_troubles(records)),
    )  # fmt: skip


def _success(question: QuestionRecord) -> float:
    return float(question.success)


def _values(
    records: Iterable[EpisodeRecord], kind: str, value: Callable[[QuestionRecord], float]
) -> Values:
    grouped: Values = defaultdict(list)
    for record in records:
        for question in record.questions:
            if kind in (ALL, question.kind):
                grouped[record.world].append(value(question))
    return grouped


def _put(table: dict[tuple[str, str], Interval], key: tuple[str, str], values: Values) -> None:
    if any(values.values()):
        table[key] = bootstrap(values, rounds=_ROUNDS)


def _leads(
    records: Sequence[EpisodeRecord], success: Mapping[tuple[str, str], Interval], tested: str
) -> Iterable[Lead]:
    rivals = sorted({r.method for r in records} - {tested, *BOUNDS})
    rivals = [r for r in rivals if not r.startswith('ours')]
    for kind in (*KINDS, ALL):
        known = [r for r in rivals if (r, kind) in success]
        if (tested, kind) not in success or not known:
            continue
        best = max(known, key=lambda r: (success[r, kind].mean, r))
        paired = differences(records, records, best, tested, kind)
        yield Lead(
            kind=kind,
            rival=best,
            ours=success[tested, kind],
            theirs=success[best, kind],
            difference=bootstrap(paired, rounds=_ROUNDS),
        )


def differences(
    before: Iterable[EpisodeRecord],
    after: Iterable[EpisodeRecord],
    old: str,
    new: str,
    kind: str = ALL,
) -> Values:
    """Return by world how much better ``new`` did on each question that both were asked."""
    asked = {
        (r.world, q.id, q.text): q.success
        for r in before
        if r.method == old and r.status == 'ok'
        for q in r.questions
    }
    grouped: Values = defaultdict(list)
    for record in (r for r in after if r.method == new and r.status == 'ok'):
        for q in record.questions:
            key = (record.world, q.id, q.text)
            if key in asked and kind in (ALL, q.kind):
                grouped[record.world].append(float(q.success) - float(asked[key]))
    return grouped


def _costs(records: Sequence[EpisodeRecord]) -> Costs:
    questions = [q for r in records for q in r.questions]
    placed = [q for q in questions if q.kind != 'negative' and q.recall is None]
    refused = [q for q in questions if not q.found]
    absent = [q for q in questions if q.kind == 'negative']
    seen = max(sum(r.observations for r in records), 1)
    texts = [0.5 * (max(q.cosine or 0.0, 0.0) + q.recall) for q in questions
             if q.recall is not None]  # fmt: skip
    away = [q.distance_m for q in placed if q.distance_m is not None]
    return Costs(
        build_ms=1e3 * sum(r.build_cpu_s for r in records) / seen,
        bytes_each=sum(r.bytes_used for r in records) / seen,
        search_ms=1e3 * _median(q.search_s for q in questions),
        search_cpu_ms=1e3 * _median(q.search_cpu_s for q in questions),
        encode_ms=1e3 * _median(q.encode_s for q in questions),
        llm_calls=_mean(q.llm_calls for q in questions),
        llm_tokens=_mean(q.llm_tokens for q in questions),
        abstention_precision=_mean(q.kind == 'negative' for q in refused),
        abstention_recall=_mean(not q.found for q in absent),
        calibration=calibration_error([q.confidence for q in placed], [q.first for q in placed])
        if placed
        else math.nan,
        distance_m=_median(away),
        any_of_k=_mean(q.any_of_k for q in placed),
        spl=_mean(q.spl for q in placed),
        visible=_mean(q.visible for q in placed if q.visible is not None),
        similarity=_mean(texts),
        llm_grade=_mean(q.llm_grade for q in questions if q.llm_grade is not None),
        build_llm_calls=sum(r.build_llm_calls for r in records) / seen,
        build_llm_tokens=sum(r.build_llm_tokens for r in records) / seen,
    )


def _mean(values: Iterable[float]) -> float:
    listed = [float(v) for v in values]
    return float(np.mean(listed)) if listed else math.nan


def _median(values: Iterable[float]) -> float:
    listed = [float(v) for v in values]
    return float(np.median(listed)) if listed else math.nan


def _troubles(records: Iterable[EpisodeRecord]) -> Iterable[str]:
    for record in records:
        if record.status != 'ok':
            yield f'{record.world}, {record.method}: {record.status}'
        elif record.note:
            yield f'{record.world}, {record.method}: {record.note}'
