"""Writes ``report.md`` and a self-contained ``report.html`` of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from importlib import resources
import math
from pathlib import Path

from jinja2 import Environment, StrictUndefined

from memory_bench.metrics.worlds import ALL, BOUNDS, Costs, RunSummary, summarise
from memory_bench.report import worlds_plots
from memory_bench.report.compare import Change, changes, regressions
from memory_bench.report.failures import choose_failures, Failure
from memory_bench.run.records import EpisodeRecord, QuestionRecord, read_run
from memory_sim.formats.whole_files import write_whole

__all__ = ['write_report']

_TESTED = 'ours'


def _number(digits: int, of: Callable[[Costs], float]) -> Callable[[Costs], str]:
    def show(costs: Costs) -> str:
        value = of(costs)
        return f'{value:.{digits}f}' if math.isfinite(value) else '–'

    return show


_COLUMNS: Sequence[tuple[str, Callable[[Costs], str]]] = (
    ('SPL', _number(2, lambda c: c.spl)),
    ('target in view', _number(2, lambda c: c.visible)),
    ('any of k', _number(2, lambda c: c.any_of_k)),
    ('to goal, median m', _number(1, lambda c: c.distance_m)),
    ('text similarity', _number(2, lambda c: c.similarity)),
    ('LLM grade', _number(2, lambda c: c.llm_grade)),
    ('abstention precision', _number(2, lambda c: c.abstention_precision)),
    ('abstention recall', _number(2, lambda c: c.abstention_recall)),
    ('calibration error', _number(2, lambda c: c.calibration)),
    ('search ms', _number(1, lambda c: c.search_ms)),
    ('search CPU ms', _number(1, lambda c: c.search_cpu_ms)),
    ('build CPU ms/obs.', _number(2, lambda c: c.build_ms)),
    ('kB/obs.', _number(1, lambda c: c.bytes_each / 1e3)),
    ('LLM calls', _number(2, lambda c: c.llm_calls)),
    ('LLM tokens', _number(0, lambda c: c.llm_tokens)),
    ('build LLM calls/obs.', _number(2, lambda c: c.build_llm_calls)),
    ('build LLM tokens/obs.', _number(0, lambda c: c.build_llm_tokens)),
)


def write_report(out: Path, baseline: Path | None = None) -> tuple[Path, Path]:
    """
    Write the report of a run into its folder and return the two files.

    Raises ``BenchError`` if the folder, or that of the earlier run ``baseline``, holds none.
    """
    records = list(read_run(out))
    summary = summarise(records, _TESTED)
    earlier = list(read_run(baseline)) if baseline is not None else []
    changed = changes(earlier, records) if earlier else ()
    lost = regressions(earlier, records, _TESTED) if earlier else ()
    failures = choose_failures(records, out, method=_TESTED)
    markdown = '\n'.join(_markdown(summary, records, changed, failures)) + '\n'
    html = _html(summary, records, changed, lost, failures)
    paths = out / 'report.md', out / 'report.html'
    for path, text in zip(paths, (markdown, html), strict=True):
        write_whole(path, text)
    return paths


def _columns(summary: RunSummary) -> Sequence[tuple[str, Callable[[Costs], str]]]:
    """Return the columns in which some method has something."""
    return [
        (name, show)
        for name, show in _COLUMNS
        if any(show(c).strip('0.–') for c in summary.costs.values())
    ]


def _mode(records: Sequence[EpisodeRecord]) -> str:
    return ', '.join(sorted({r.mode for r in records}))


def _headline(summary: RunSummary) -> str:
    """Say who is ahead, over all questions and in how many kinds."""
    whole = next((x for x in summary.leads if x.kind == ALL), None)
    if whole is None:
        return ''
    kinds = [x for x in summary.leads if x.kind != ALL]
    ahead = [x.kind for x in kinds if x.verdict.startswith('ahead')]
    behind = [x.kind for x in kinds if x.verdict.startswith('behind')]
    told = [
        f'{_TESTED} answers {whole.ours.mean:.0%} of the questions '
        f'[{whole.ours.low:.0%}, {whole.ours.high:.0%}], the best rival, {whole.rival}, '
        f'{whole.theirs.mean:.0%} [{whole.theirs.low:.0%}, {whole.theirs.high:.0%}]: '
        f'{whole.verdict}.'
    ]
    told += [f'Ahead in {", ".join(ahead)}.'] if ahead else []
    told += [f'Behind in {", ".join(behind)}.'] if behind else []
    if open_kinds := [x.kind for x in kinds if x.verdict == 'not separated']:
        told.append(f'Too few questions to tell in {", ".join(open_kinds)}.')
    return ' '.join(told)


def _turned(change: Change) -> bool:
    return any((change.difference.mean, change.difference.low, change.difference.high))


def _regressed(changed: Sequence[Change]) -> str:
    worse = [f'{c.method} ({c.kind})' for c in changed if c.worse]
    return f'Regressions: {", ".join(worse)}.' if worse else 'No regression.'


def _html(
    summary: RunSummary,
    records: Sequence[EpisodeRecord],
    changed: Sequence[Change],
    lost: Sequence[tuple[str, QuestionRecord]],
    failures: Sequence[Failure],
) -> str:
    """Fill the template; everything but our own drawings is escaped."""
    source = resources.files(__package__).joinpath('worlds.html.j2').read_text('utf-8')
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    return environment.from_string(source).render(
        s=summary,
        mode=_mode(records),
        tested=_TESTED,
        bounds=BOUNDS,
        kinds_and_all=(*summary.kinds, ALL),
        cost_columns=_columns(summary),
        plots={
            'kinds': worlds_plots.success_by_kind(summary),
            'worlds': worlds_plots.success_by_world(summary),
            'cost': worlds_plots.cost_against_success(summary),
        },
        headline=_headline(summary),
        compared=bool(changed),
        changes=[c for c in changed if _turned(c)],
        unchanged=sum(not _turned(c) for c in changed),
        regressed=_regressed(changed),
        lost=lost,
        failures=failures,
    )


def _markdown(
    summary: RunSummary,
    records: Sequence[EpisodeRecord],
    changed: Sequence[Change],
    failures: Sequence[Failure],
) -> Iterator[str]:
    yield '# Proving ground'
    yield ''
    yield (
        f'{summary.worlds} worlds of {len(summary.world_kinds)} kinds, {summary.questions}'
        f' questions, {summary.observations} observations; mode {_mode(records)}.'
    )
    if headline := _headline(summary):
        yield _plain(headline)
    yield 'Success with 95 % bootstrap intervals over worlds, then questions.'
    yield ''
    kinds = (*summary.kinds, ALL)
    yield from _rows(
        ['method', *kinds],
        [
            [m, *(_cell(summary, m, k) for k in kinds)] for m in summary.methods
        ],
    )  # fmt: skip
    if summary.leads:
        yield from ['', '## Against the best rival', '']
        yield from _rows(
            ['questions', _TESTED, 'best rival', 'its success', 'verdict'],
            [[x.kind, str(x.ours), x.rival, str(x.theirs), x.verdict] for x in summary.leads],
        )
    yield from ['', '## Costs and honesty', '']
    columns = _columns(summary)
    yield from _rows(
        ['method', *(name for name, _ in columns)],
        [[m, *(show(summary.costs[m]) for _, show in columns)] for m in summary.methods],
    )
    if changed:
        yield from ['', '## Against an earlier run', '', _plain(_regressed(changed)), '']
        rows = [
            [c.method, c.kind, str(c.questions), str(c.difference), 'REGRESSION' * c.worse]
            for c in changed
            if _turned(c)
        ]
        yield from _rows(['method', 'questions', 'asked', 'change', ''], rows)
    yield from ['', f'## Failures of {_TESTED}', '']
    for failure in failures:
        q = failure.record
        yield f'- {_plain(failure.world)}, {q.kind}: "{_plain(q.text)}" {failure.reason}'
        yield f'  Right: {_plain(q.expected)}. Seen: {_plain(q.seen or q.answer)[:160]}'
    if summary.troubles:
        yield from ['', '## What went wrong on the way', '']
        yield from (f'- {_plain(t)}' for t in summary.troubles)


def _cell(summary: RunSummary, method: str, kind: str) -> str:
    interval = summary.success.get((method, kind))
    return '–' if interval is None else str(interval)


def _rows(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield '| ' + ' | '.join(head) + ' |'
    yield '|' + '---|' * len(head)
    for row in rows:
        yield '| ' + ' | '.join(map(_plain, row)) + ' |'


def _plain(text: str) -> str:
    """Keep text from being read as Markdown or HTML."""
    shown = ' '.join(text.split())
    for mark in '\\`*_[]<>|':
        shown = shown.replace(mark, '\\' + mark)
    return shown
