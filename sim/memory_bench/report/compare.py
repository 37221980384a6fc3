"""Two runs beside each other, and the gate that refuses a worse one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
import json
import math
from pathlib import Path
from typing import Any

from memory_bench.errors import BenchError
from memory_bench.metrics.intervals import bootstrap, Interval
from memory_bench.metrics.worlds import ALL, differences
from memory_bench.questions.case import KINDS
from memory_bench.run.records import EpisodeRecord, QuestionRecord, read_run
from memory_sim.formats.whole_files import write_whole

__all__ = [
    'Change',
    'GateResult',
    'chance_of_worse',
    'changes',
    'compare_text',
    'gate',
    'regressions',
    'save_baseline',
]

_FORMAT = 'memory-bench baseline 2'
#: The gate takes a loss that has at most this probability by chance for a real one.
_ALPHA = 0.05
#: Share of a world's questions that must be asked in the same words.
_ALIKE = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """How a method's success changed between two runs, on the questions that both asked."""

    method: str
    kind: str
    questions: int
    difference: Interval

    @property
    def worse(self) -> bool:
        """Whether all of the interval lies below zero."""
        return self.difference.high < 0.0

    @property
    def better(self) -> bool:
        """Whether all of the interval lies above zero."""
        return self.difference.low > 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class GateResult:
    """What the gate says."""

    passed: bool
    lines: tuple[str, ...]


def changes(before: Sequence[EpisodeRecord], after: Sequence[EpisodeRecord]) -> tuple[Change, ...]:
    """Compare each method with itself, by kind and overall."""
    methods = sorted({r.method for r in before} & {r.method for r in after})
    found = []
    for method in methods:
        for kind in (*KINDS, ALL):
            paired = differences(before, after, method, method, kind)
            count = sum(map(len, paired.values()))
            if count:
                interval = bootstrap(paired, rounds=1000)
                found.append(
                    Change(method=method, kind=kind, questions=count, difference=interval)
                )
    return tuple(found)


def regressions(
    before: Sequence[EpisodeRecord], after: Sequence[EpisodeRecord], method: str
) -> tuple[tuple[str, QuestionRecord], ...]:
    """Return world and record of each question that was answered right before and is not now."""
    right = {
        (r.world, q.id, q.text)
        for r in before
        if r.method == method
        for q in r.questions
        if q.success
    }
    return tuple(
        (r.world, q)
        for r in after
        if r.method == method
        for q in r.questions
        if not q.success and (r.world, q.id, q.text) in right
    )


def compare_text(a: Path, b: Path) -> str:
    """Return the comparison of two runs as lines of text."""
    before, after = list(read_run(a)), list(read_run(b))
    found = changes(before, after)
    if not found:
        raise BenchError(f'{a} and {b} have no question of a method in common')
    lines = [f'{"method":<14}{"kind":<10}{"asked":>6}  change of success']
    for change in found:
        mark = '  REGRESSION' if change.worse else '  better' if change.better else ''
        lines.append(
            f'{change.method:<14}{change.kind:<10}{change.questions:>6}'
            f'  {_signed(change.difference)}{mark}'
        )
    for method in sorted({c.method for c in found}):
        for world, q in regressions(before, after, method):
            lines.append(f'lost by {method} in {world} {q.id} ({q.kind}): {q.text}')
    return '\n'.join(lines)


def _signed(interval: Interval) -> str:
    return f'{interval.mean:+.3f} [{interval.low:+.3f}, {interval.high:+.3f}]'


# ---- gate --------------------------------------------------------------------------------------


def save_baseline(out: Path, method: str, path: Path) -> None:
    """Write which questions a method answered right; raises ``BenchError`` if it has none."""
    records = [r for r in read_run(out) if r.method == method and r.status == 'ok']
    if not records:
        raise BenchError(f'{out}: no answers of {method!r:.80}')
    worlds = {
        r.world: {
            'digest': r.digest,
            'asked': [
                {'id': q.id, 'kind': q.kind, 'text': q.text, 'success': q.success}
                for q in r.questions
            ],
        }
        for r in records
    }
    data = {'format': _FORMAT, 'method': method, 'worlds': worlds}
    write_whole(path, json.dumps(data, indent=1, sort_keys=True) + '\n')


@dataclass(slots=True)
class _Count:
    """How the questions of a kind went in both runs."""

    asked: int = 0
    before: int = 0
    after: int = 0
    lost: int = 0
    gained: int = 0

    def add(self, before: bool, after: bool) -> None:
        self.asked += 1
        self.before += before
        self.after += after
        self.lost += before and not after
        self.gained += after and not before


def chance_of_worse(lost: int, gained: int) -> float:
    """
    Return how likely a loss this large is by chance alone, if neither run is better.

    The exact one-sided McNemar test: only questions whose answer changed count, and each of them
    is then as likely lost as gained, so ``P(X >= lost)`` for X binomial with ``lost + gained``
    draws of probability 1/2.
    """
    changed = lost + gained
    return sum(math.comb(changed, n) for n in range(lost, changed + 1)) / 2.0**changed


def gate(out: Path, baseline: Path, method: str = 'ours') -> GateResult:
    """
    Compare a run with a stored baseline, question by question.

    It fails where the exact one-sided McNemar test over the questions (``chance_of_worse``) gives
    p < 0.05 over all, or p < 0.05 divided by the number of kinds in one kind. So up to four lost
    answers pass whatever else happens: another processor rounds otherwise, and turns some. An
    interval over worlds would mean little here, where a suite of two worlds has to be enough.

    Raises ``BenchError`` where the two did not ask the same.
    """
    stored = _read_baseline(baseline)
    records = {r.world: r for r in read_run(out) if r.method == method and r.status == 'ok'}
    counts: dict[str, _Count] = {}
    lost: list[str] = []
    for world, entry in stored.items():
        record = records.get(world)
        if record is None:
            raise BenchError(f'{out}: no answers of {method!r:.80} in {world!r:.80}')
        asked = {(q.id, q.text): q for q in record.questions}
        common = [old for old in entry['asked'] if (old['id'], old['text']) in asked]
        if record.digest != entry['digest'] or len(common) < _ALIKE * len(entry['asked']):
            raise BenchError(
                f'{out}: {world} asked other questions than {baseline}; if that is meant, '
                f'save the baseline anew'
            )
        for old in common:
            q = asked[old['id'], old['text']]
            for kind in (q.kind, ALL):
                counts.setdefault(kind, _Count()).add(old['success'], q.success)
            if old['success'] and not q.success:
                lost.append(f'lost in {world}, {q.kind}: {q.text}')
    return _verdict(counts, lost, f'{method} is worse than {baseline}')


def _verdict(counts: Mapping[str, _Count], lost: Sequence[str], complaint: str) -> GateResult:
    kinds = [k for k in (*KINDS, ALL) if k in counts]
    allowed = {k: _ALPHA / (1 if k == ALL else max(len(kinds) - 1, 1)) for k in kinds}
    lines = [f'{"kind":<10}{"asked":>6}{"before":>8}{"now":>6}{"lost":>6}{"gained":>8}{"p":>8}']
    worse = []
    for kind in kinds:
        c = counts[kind]
        chance = chance_of_worse(c.lost, c.gained)
        bad = chance < allowed[kind]
        worse += [kind] * bad
        lines.append(
            f'{kind:<10}{c.asked:>6}{c.before:>8}{c.after:>6}{c.lost:>6}{c.gained:>8}'
            f'{chance:>8.3f}{"  REGRESSION" * bad}'
        )
    lines += lost
    lines.append(f'failed: {complaint}: {", ".join(worse)}' if worse else 'passed')
    return GateResult(passed=not worse, lines=tuple(lines))


def _read_baseline(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text(encoding='utf-8'))
        if data['format'] != _FORMAT:
            raise ValueError(f'not a {_FORMAT}')
        worlds: dict[str, Any] = data['worlds']
        for entry in worlds.values():
            if not (isinstance(entry['digest'], str) and isinstance(entry['asked'], list)):
                raise ValueError('an entry of worlds is damaged')
            for old in entry['asked']:
                texts = (old['id'], old['kind'], old['text'])
                if not (
                    isinstance(old['success'], bool) and all(isinstance(t, str) for t in texts)
                ):
                    raise ValueError('an entry of asked is damaged')
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BenchError(f'{path}: no baseline: {error!r}') from error
    return worlds
