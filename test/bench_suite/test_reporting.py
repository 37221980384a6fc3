"""Reports, comparisons and the gate, on made-up records."""

from __future__ import annotations

from dataclasses import replace
import shutil
import subprocess

import pytest

from memory_bench.cli import main
from memory_bench.errors import BenchError
from memory_bench.report.compare import chance_of_worse, gate, save_baseline
from memory_bench.report.worlds import write_report
from memory_bench.run.records import EpisodeRecord, QuestionRecord, read_run, write_episode

EVIL = '<script>document.title="owned"</script>'


def question(number: int, success: bool, kind: str = 'explicit') -> QuestionRecord:
    return QuestionRecord(
        id=f'q{number}', kind=kind, form='name', text=f'Where is {EVIL}?', expected='sofa',
        found=True, success=success, first=success, any_of_k=True, spl=float(success),
        distance_m=0.0 if success else 3.0, confidence=0.8, position=(1.0, 1.0, 0.0), seen=EVIL,
        answer='', recall=None, cosine=None, search_s=0.01, encode_s=0.0, search_cpu_s=0.01,
        llm_calls=0, llm_tokens=0,
    )  # fmt: skip


def write_run(out, rates):
    """Write a run; ``rates`` maps a method to how many of ten questions it answers."""
    for seed in (1, 2, 3):
        for method, right in rates.items():
            record = EpisodeRecord(
                world=f'apartment-{seed}', kind='apartment', seed=seed, method=method,
                digest='d', mode='text', status='ok', observations=10, build_s=0.1,
                build_cpu_s=0.1, bytes_used=1000,
                questions=tuple(question(i, i < right) for i in range(10)),
            )  # fmt: skip
            write_episode(out, record)
    return out


def test_the_page_escapes_what_the_world_says_and_tells_who_is_ahead(tmp_path):
    markdown, page = write_report(write_run(tmp_path, {'ours': 9, 'bm25': 2}))
    text = page.read_text()
    assert '<script' not in text
    assert '&lt;script&gt;' in text
    assert '://' not in text.replace('http://www.w3.org/', '')
    assert '| explicit | 0.900' in markdown.read_text()
    assert '| ahead |' in markdown.read_text()


def test_a_comparison_names_regressions_and_leaves_out_what_is_unchanged(tmp_path):
    before = write_run(tmp_path / 'a', {'ours': 9, 'bm25': 2})
    after = write_run(tmp_path / 'b', {'ours': 3, 'bm25': 2})
    markdown, page = write_report(after, before)
    for text in (markdown.read_text(), page.read_text()):
        assert 'Regressions: ours (explicit), ours (all).' in text
        assert text.count('REGRESSION') == 2
        assert 'ours answers 30% of the questions' in text
    assert '2 went exactly as before' in page.read_text()
    assert '<th>LLM calls' not in page.read_text()


def test_a_browser_shows_the_page_and_runs_nothing(tmp_path):
    browser = shutil.which('chromium')
    if browser is None:
        pytest.skip('no chromium: apt-get install chromium')
    _, page = write_report(write_run(tmp_path, {'ours': 5, 'bm25': 2}))
    flags = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run']
    flags += ['--disable-background-networking', f'--user-data-dir={tmp_path / "profile"}']
    shown = subprocess.run(
        [browser, *flags, '--dump-dom', page.as_uri()],
        capture_output=True, text=True, timeout=120, check=True,
    ).stdout  # fmt: skip
    assert '<title>Proving ground</title>' in shown
    assert shown.count('<svg') >= 3


def test_the_gate_passes_an_equal_run_and_refuses_a_worse_one(tmp_path):
    baseline = tmp_path / 'baseline.json'
    save_baseline(write_run(tmp_path / 'a', {'ours': 9}), 'ours', baseline)
    assert gate(tmp_path / 'a', baseline).passed
    worse = write_run(tmp_path / 'b', {'ours': 3})
    verdict = gate(worse, baseline)
    assert not verdict.passed
    assert 'REGRESSION' in '\n'.join(verdict.lines)
    assert main(['gate', str(worse), '--baseline', str(baseline)]) == 1
    assert main(['compare', str(tmp_path / 'a'), str(worse)]) == 0


def _with_flips(tmp_path, lost, gained):
    """Gate a run that lost and gained so many of 30 answers, 15 of which were right."""
    baseline = tmp_path / 'baseline.json'
    out = write_run(tmp_path / 'run', {'ours': 5})
    save_baseline(out, 'ours', baseline)
    for record in list(read_run(out)):
        right = {q.id for q in record.questions if q.success}
        turned = set(sorted(right)[:lost]) | set(
            sorted({q.id for q in record.questions} - right)[:gained]
        )
        lost, gained = max(lost - 5, 0), max(gained - 5, 0)
        questions = tuple(
            replace(q, success=q.success != (q.id in turned)) for q in record.questions
        )
        write_episode(out, replace(record, questions=questions))
    return gate(out, baseline)


@pytest.mark.parametrize(
    ('lost', 'gained', 'passes'),
    [(0, 0, True), (4, 0, True), (7, 3, True), (5, 0, False), (12, 3, False), (3, 9, True)],
)
def test_a_handful_of_turned_answers_passes_and_a_real_loss_does_not(
    tmp_path, lost, gained, passes
):
    verdict = _with_flips(tmp_path, lost, gained)
    assert verdict.passed == passes, verdict.lines
    assert sum(line.startswith('lost in') for line in verdict.lines) == lost


def test_the_chance_of_a_loss_is_that_of_coins():
    assert chance_of_worse(0, 0) == 1.0
    assert chance_of_worse(5, 0) == pytest.approx(1 / 32)
    assert chance_of_worse(2, 2) == pytest.approx(11 / 16)


def test_the_gate_compares_only_what_was_asked_alike(tmp_path):
    baseline = tmp_path / 'baseline.json'
    out = write_run(tmp_path / 'a', {'ours': 9})
    save_baseline(out, 'ours', baseline)
    record = EpisodeRecord(
        world='apartment-1', kind='apartment', seed=1, method='ours', digest='d', mode='text',
        status='ok', observations=1, build_s=0.0, build_cpu_s=0.0, bytes_used=0,
        questions=(question(1, True),),
    )  # fmt: skip
    for changed in (replace(record, digest='another'), record):
        write_episode(out, changed)
        with pytest.raises(BenchError, match='other questions'):
            gate(out, baseline)
    baseline.write_text('{}')
    with pytest.raises(BenchError, match='no baseline'):
        gate(out, baseline)
