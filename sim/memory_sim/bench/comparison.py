"""Two runs beside each other, and the gate that refuses a worse one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
import json
import os
from pathlib import Path
from typing import Any

from memory_node.evaluation.metrics import bootstrap, Interval
from memory_sim.bench.aggregate import ALL, differences
from memory_sim.bench.cases import KINDS
from memory_sim.bench.errors import BenchError
from memory_sim.bench.records import EpisodeRecord, QuestionRecord, read_run

__all__ = ['Change', 'Verdict', 'changes', 'compare_text', 'gate', 'regressions', 'save_baseline']

_FORMAT = 'memory-bench baseline 1'


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
class Verdict:
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
            'right': {q.id: {'kind': q.kind, 'success': q.success} for q in r.questions},
        }
        for r in records
    }
    data = {'format': _FORMAT, 'method': method, 'worlds': worlds}
    partial = path.with_name(path.name + '.partial')
    path.parent.mkdir(parents=True, exist_ok=True)
    partial.write_text(json.dumps(data, indent=1, sort_keys=True) + '\n', encoding='utf-8')
    os.replace(partial, path)


def gate(out: Path, baseline: Path, method: str = 'ours') -> Verdict:
    """
    Compare a run with a stored baseline, question by question.

    It fails where the 95 % interval of the paired difference lies below zero, over all questions
    or in one kind. Raises ``BenchError`` where the two did not ask the same.
    """
    stored = _read_baseline(baseline)
    records = {r.world: r for r in read_run(out) if r.method == method and r.status == 'ok'}
    pairs: dict[str, dict[str, list[float]]] = {}
    for world, entry in stored.items():
        record = records.get(world)
        if record is None:
            raise BenchError(f'{out}: no answers of {method!r:.80} in {world!r:.80}')
        if record.digest != entry['digest']:
            raise BenchError(f'{out}: {world} asked other questions than {baseline}')
        for q in record.questions:
            old = entry['right'].get(q.id)
            if old is not None:
                for kind in (q.kind, ALL):
                    change = float(q.success) - float(old['success'])
                    pairs.setdefault(kind, {}).setdefault(world, []).append(change)
    lines, passed = [], True
    for kind in (k for k in (*KINDS, ALL) if k in pairs):
        interval = bootstrap(pairs[kind], rounds=2000)
        worse = interval.high < 0.0
        passed = passed and not worse
        count = sum(map(len, pairs[kind].values()))
        lines.append(f'{kind:<10}{count:>5}  {_signed(interval)}{"  REGRESSION" * worse}')
    lines.append('passed' if passed else f'failed: {method} is worse than {baseline}')
    return Verdict(passed=passed, lines=tuple(lines))


def _read_baseline(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text(encoding='utf-8'))
        if data['format'] != _FORMAT:
            raise ValueError(f'not a {_FORMAT}')
        worlds: dict[str, Any] = data['worlds']
        for entry in worlds.values():
            if not (isinstance(entry['digest'], str) and isinstance(entry['right'], dict)):
                raise ValueError('an entry of worlds is damaged')
            for value in entry['right'].values():
                if not (isinstance(value['success'], bool) and isinstance(value['kind'], str)):
                    raise ValueError('an entry of right is damaged')
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BenchError(f'{path}: no baseline: {error!r}') from error
    return worlds
