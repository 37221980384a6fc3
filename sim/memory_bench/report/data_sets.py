"""Tables for people, and JSON for programs that compare runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
import json
import math
from pathlib import Path
from typing import Any

from memory_bench.datasets.types import DataSet
from memory_bench.errors import EvaluationError
from memory_bench.judging.data_sets import QuestionOutcome
from memory_bench.metrics.data_sets import kinds_of, MethodSummary, paired, summarise_run
from memory_bench.metrics.intervals import Interval
from memory_bench.run.evaluate import Build, MethodRun

__all__ = ['Report', 'markdown', 'plain_summary', 'read_runs', 'write_json']

FORMAT, VERSION = 'memory-node-evaluation', 1
_COLUMNS = tuple(f.name for f in fields(QuestionOutcome))


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything that is written about one evaluation."""

    data_sets: Sequence[DataSet]
    runs: Sequence[MethodRun]
    k: int = 5
    seed: int = 0
    #: Method that the others are compared with, question by question; '' for none.
    baseline: str = ''
    #: What a reader must know: data, split, settings; one line each.
    notes: Sequence[str] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    _held: dict[tuple[str, str | None], MethodSummary] = field(default_factory=dict, repr=False)

    def summary(self, run: MethodRun, kind: str | None = None) -> MethodSummary:
        """Return the summary of a run, over one kind of question or all; made once."""
        if (run.name, kind) not in self._held:
            self._held[run.name, kind] = summarise_run(run, kind, self.seed)
        return self._held[run.name, kind]


# ---- Markdown --------------------------------------------------------------------------------


def _rate(interval: Interval | None) -> str:
    return '–' if interval is None else str(interval)


def _gain(interval: Interval | None) -> str:
    if interval is None:
        return '–'
    return f'{interval.mean:+.3f} [{interval.low:+.3f}, {interval.high:+.3f}]'


def _number(value: float, digits: int) -> str:
    return '–' if not math.isfinite(value) else f'{value:.{digits}f}'


def _bytes(count: int) -> str:
    for unit, size in (('MB', 1e6), ('kB', 1e3)):
        if count >= size:
            return f'{count / size:.1f} {unit}'
    return f'{count} B' if count else '–'


def _cell(text: str) -> str:
    """Keep text that comes from data inside its table cell, and inert in HTML."""
    text = ' '.join(text.split()).replace('&', '&amp;').replace('<', '&lt;')
    return text.replace('|', '\\|').replace('`', "'")[:120]


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return a Markdown table without the columns that say nothing; the first row is the head."""
    kept = [
        i
        for i in range(len(rows[0]))
        if i == 0 or any(row[i] not in ('–', '') for row in rows[1:])
    ]
    lines = ['| ' + ' | '.join(row[i] for i in kept) + ' |' for row in rows]
    return [lines[0], '|' + '---|' * len(kept), *lines[1:]]


def _quality_rows(report: Report, kind: str | None) -> list[list[str]]:
    k = report.k
    base = next((r for r in report.runs if r.name == report.baseline), None)
    against = report.baseline
    head = ['method', 'success@1', f'success@{k}', 'visible@1', f'visible@{k}', 'median m']
    head += ['facts', 'calibration error', 'abstention AUC', 'answered', 'answered absent']
    head += [f'@1 against {against}', f'@{k} against {against}'] if base else []
    rows = [head]
    for run in report.runs:
        s = report.summary(run, kind)
        if not s.questions:
            continue
        row = [s.method, _rate(s.first), _rate(s.any_of_k), _rate(s.visible_first)]
        row += [_rate(s.visible_any), _number(s.distance_m, 1), _rate(s.facts)]
        row += [_number(s.calibration_error, 3), _number(s.abstention_auc, 3)]
        row += [_number(s.answered, 2), _number(s.answered_absent, 2)]
        if base is not None:
            row += (
                ['', '']
                if run is base
                else [
                    _gain(paired(run, base, lambda o: o.first, kind, report.seed)),
                    _gain(paired(run, base, lambda o: o.any_of_k, kind, report.seed)),
                ]
            )
        rows.append(row)
    return rows


def _cost_rows(report: Report) -> list[list[str]]:
    rows = [
        ['method', 'build s', 'build CPU s', 'query p50 ms', 'query p95 ms', 'query CPU p50 ms']
        + ['size', 'model calls', 'model tokens', 'failed']
    ]
    for run in report.runs:
        s = report.summary(run)
        row = [s.method, _number(s.build_s, 2), _number(s.build_cpu_s, 2), _number(s.p50_ms, 2)]
        row += [_number(s.p95_ms, 2), _number(s.cpu_p50_ms, 2), _bytes(s.bytes)]
        row += [str(n) if n else '–' for n in (s.llm_calls, s.llm_tokens, s.failed)]
        rows.append(row)
    return rows


def markdown(report: Report) -> str:
    """
    Return the whole report as Markdown: quality over all questions, by kind, and cost.

    Rates come with 95 % intervals, bootstrapped over data sets and then questions; gains are
    paired by question. Columns without any value are left out.
    """
    count = sum(len(d.questions) for d in report.data_sets)
    stored = sum(len(d.observations) for d in report.data_sets)
    lines = [f'{count} questions, {len(report.data_sets)} data sets, {stored} observations.', '']
    lines += [f'- {_line(note)}' for note in report.notes]
    kinds = kinds_of(o for run in report.runs for o in run.outcomes)
    if len(kinds) > 1:
        lines += ['', '## All questions', '', *_table(_quality_rows(report, None))]
    for kind in kinds:
        asked = sum(q.kind == kind for d in report.data_sets for q in d.questions)
        lines += ['', f'## {_cell(kind)} ({asked} questions)', '']
        lines += _table(_quality_rows(report, kind))
    lines += ['', '## Cost', '', *_table(_cost_rows(report)), '']
    lines += [
        'Times hold no embedding; size is on disk or in memory, of all data sets together.',
        *(
            f'{run.name} left out {_cell(name)}: {_line(why)}'
            for run in report.runs
            for name, why in run.failures.items()
        ),
    ]
    return '\n'.join(lines) + '\n'


def _line(text: str) -> str:
    return ' '.join(text.split()).replace('<', '&lt;')[:400]


# ---- JSON ------------------------------------------------------------------------------------


def _plain(value: Any) -> Any:
    """Return JSON's null for what is no number."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value


def plain_summary(summary: MethodSummary) -> dict[str, Any]:
    """Return a summary as JSON values."""
    found: dict[str, Any] = _plain(asdict(summary))
    return found


def write_json(report: Report, path: Path) -> None:
    """Write summaries, builds and every outcome; ``read_runs`` reads the outcomes back."""
    methods = {}
    for run in report.runs:
        kinds = kinds_of(run.outcomes)
        methods[run.name] = {
            'summary': plain_summary(report.summary(run)),
            'by_kind': {k: plain_summary(report.summary(run, k)) for k in kinds},
            'builds': [_plain(asdict(b)) for b in run.builds],
            'failures': run.failures,
            'outcomes': [[_plain(getattr(o, c)) for c in _COLUMNS] for o in run.outcomes],
        }
    item = {
        'format': FORMAT,
        'version': VERSION,
        'k': report.k,
        'seed': report.seed,
        'notes': list(report.notes),
        'settings': dict(report.settings),
        'columns': list(_COLUMNS),
        'methods': methods,
        'questions': {d.name: {q.id: q.text for q in d.questions} for d in report.data_sets},
    }
    path.write_text(json.dumps(item, ensure_ascii=False), encoding='utf-8')


def read_runs(path: Path) -> list[MethodRun]:
    """Read the runs of a report; raise ``EvaluationError`` if it is none."""
    try:
        item = json.loads(path.read_text(encoding='utf-8'))
        if item['format'] != FORMAT or item['version'] != VERSION:
            raise EvaluationError(f'{path} is no report of version {VERSION}')
        columns = item['columns']
        return [
            MethodRun(
                name=str(name),
                builds=[Build(**b) for b in run['builds']],
                outcomes=[
                    QuestionOutcome(**dict(zip(columns, row, strict=True)))
                    for row in run['outcomes']
                ],
                failures=dict(run['failures']),
            )
            for name, run in item['methods'].items()
        ]
    except OSError as error:
        raise EvaluationError(f'cannot read {path}: {error.strerror}') from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise EvaluationError(f'{path} is no report of an evaluation: {error!r:.120}') from error
