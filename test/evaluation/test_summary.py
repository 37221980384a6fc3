"""Figures computed by hand."""

from __future__ import annotations

import json
import math

from evaluation.rooms import rooms
import pytest

from memory_bench.datasets.types import Question
from memory_bench.errors import EvaluationError
from memory_bench.judging.data_sets import judge_answer, QuestionOutcome
from memory_bench.methods.base import Answer, AnsweredPlace
from memory_bench.metrics.data_sets import abstention, paired, summarise_run
from memory_bench.metrics.intervals import area_under_curve, bootstrap
from memory_bench.report.data_sets import markdown, read_runs, Report, write_json
from memory_bench.report.data_sets_plot import plot
from memory_bench.run.evaluate import Build, MethodRun


def _outcome(number, kind='explicit', first=None, confidence=0.5, **more):
    return QuestionOutcome(
        data_set=more.pop('data_set', 'rooms'),
        question=f'q{number}',
        kind=kind,
        answerable=more.pop('answerable', True),
        found=more.pop('found', True),
        first=first,
        any_of_k=more.pop('any_of_k', first),
        confidence=confidence,
        **more,
    )


def _place(node_id, x, confidence=0.5):
    return AnsweredPlace(node_id=node_id, position=(x, 0.0, 0.0), confidence=confidence)


def test_an_answer_is_judged_by_distance_nodes_and_facts():
    question = Question(
        id='q',
        text='the sofa',
        kind='explicit',
        goals=((10.0, 0.0, 0.0), (50.0, 0.0, 0.0)),
        radius_m=3.0,
        nodes=('living',),
        facts=('Sofa', 'lamp'),
    )
    answer = Answer(
        found=True,
        places=(_place('kitchen', 5.0, 0.9), _place('living', 48.0), _place('x', 10.0)),
        text='There is a sofa.',
    )
    outcome = judge_answer(rooms(), question, answer, k=2)
    assert (outcome.first, outcome.any_of_k) == (False, True)
    assert (outcome.visible_first, outcome.visible_any) == (False, True)
    assert outcome.distance_m == 5.0
    assert outcome.facts == 0.5
    assert (outcome.confidence, outcome.places) == (0.9, 2)


def test_what_has_no_truth_is_not_judged():
    free = Question(id='q', text='what is it like?', kind='global')
    outcome = judge_answer(rooms(), free, Answer(found=True, places=(_place('a', 0.0),)), k=5)
    assert outcome.first is None
    assert outcome.distance_m is None
    assert outcome.right is None
    nothing = judge_answer(rooms(), rooms().questions[0], Answer(found=False), k=5)
    assert nothing.first is False
    assert nothing.confidence == 0.0


def test_the_area_under_the_curve_counts_pairs():
    assert area_under_curve([0.9, 0.4], [0.1, 0.4]) == pytest.approx((2 + 1.5) / 4)
    assert math.isnan(area_under_curve([], [0.5]))


def test_absent_things_are_compared_with_questions_of_their_form():
    outcomes = [
        _outcome(1, 'thing', True, 0.9),
        _outcome(2, 'instruction', True, 0.1),
        _outcome(3, 'thing (absent)', None, 0.5, answerable=False),
        _outcome(4, 'instruction (absent)', None, 0.2, answerable=False),
    ]
    assert abstention(outcomes) == pytest.approx(0.5)  # 1 for things, 0 for instructions
    assert math.isnan(abstention(outcomes[:2]))


def test_a_summary_is_what_can_be_counted_by_hand():
    run = MethodRun(
        name='bm25',
        builds=[Build(data_set='rooms', observations=4, seconds=2.0, cpu_s=1.0, bytes=10)],
        outcomes=[
            _outcome(1, first=True, confidence=0.95, distance_m=1.0, search_s=0.001),
            _outcome(
                2, first=False, any_of_k=True, confidence=0.95, distance_m=5.0, search_s=0.003
            ),
            _outcome(
                3, first=None, confidence=0.05, answerable=False, found=False, search_s=0.002
            ),
        ],
    )
    summary = summarise_run(run)
    assert (summary.questions, summary.judged) == (3, 3)
    assert summary.first is not None
    assert summary.first.mean == 0.5
    assert summary.any_of_k is not None
    assert summary.any_of_k.mean == 1.0
    assert summary.distance_m == 3.0
    # Two sure answers of which one is right, one unsure answer that is wrong: (2*.45 + .05) / 3.
    assert summary.calibration_error == pytest.approx((2 * 0.45 + 0.05) / 3)
    assert summary.abstention_auc == 1.0
    assert (summary.answered, summary.answered_absent) == (1.0, 0.0)
    assert summary.p50_ms == pytest.approx(2.0)
    assert (summary.build_s, summary.bytes) == (2.0, 10)
    assert summarise_run(run, 'implicit').questions == 0


def test_differences_are_paired_by_question():
    ours = MethodRun(name='a', outcomes=[_outcome(1, first=True), _outcome(2, first=True)])
    other = MethodRun(name='b', outcomes=[_outcome(2, first=True), _outcome(1, first=False)])
    gain = paired(ours, other, lambda o: o.first)
    assert gain is not None
    assert gain.mean == 0.5
    assert gain.low <= 0.5 <= gain.high
    assert paired(ours, MethodRun(name='c'), lambda o: o.first) is None


def test_the_interval_holds_the_mean_and_widens_when_groups_differ():
    alike = bootstrap({str(i): [0.0, 1.0] * 20 for i in range(10)})
    apart = bootstrap({str(i): [float(i % 2)] * 40 for i in range(10)})
    assert alike.mean == apart.mean == 0.5
    assert alike.low < 0.5 < alike.high
    assert apart.high - apart.low > 1.5 * (alike.high - alike.low)
    assert bootstrap({'a': [1.0, 0.0, 1.0]}) == bootstrap({'a': [1.0, 0.0, 1.0]})


def _report():
    runs = [
        MethodRun(
            name=name,
            builds=[Build(data_set='rooms', observations=4, seconds=1.0, cpu_s=1.0, bytes=10)],
            outcomes=[
                _outcome(1, first=first, search_s=0.001),
                _outcome(2, '<b>odd|kind</b>', first=True, search_s=0.002),
            ],
        )
        for name, first in (('hybrid', False), ('ours', True))
    ]
    runs[0].failures['big'] = 'too many <leaves>'
    return Report(data_sets=[rooms()], runs=runs, baseline='hybrid', notes=['a <note>'])


def test_the_table_says_who_is_better_and_escapes_what_is_data():
    text = markdown(_report())
    assert '| ours | 1.000 [1.000, 1.000] |' in text
    assert '+0.500' in text  # one of two questions more than the baseline
    assert '<b>' not in text
    assert '<note>' not in text
    assert '<leaves>' not in text
    assert 'visible@1' not in text  # nothing is known of it


def test_a_report_is_read_back_and_can_be_compared_with(tmp_path):
    report = _report()
    path = tmp_path / 'report.json'
    write_json(report, path)
    assert json.loads(path.read_text())['format'] == 'memory-node-evaluation'
    runs = read_runs(path)
    assert [r.name for r in runs] == ['hybrid', 'ours']
    assert runs[1].outcomes == report.runs[1].outcomes
    assert runs[0].builds == report.runs[0].builds


@pytest.mark.parametrize('text', ['{}', 'no json', '[1]', '{"format": "other", "version": 1}'])
def test_what_is_no_report_is_refused(text, tmp_path):
    path = tmp_path / 'report.json'
    path.write_text(text)
    with pytest.raises(EvaluationError, match='report'):
        read_runs(path)
    with pytest.raises(EvaluationError, match='cannot read'):
        read_runs(tmp_path / 'none.json')


@pytest.mark.parametrize('suffix', ['png', 'svg'])
def test_a_plot_is_drawn(suffix, tmp_path):
    pytest.importorskip('matplotlib')
    path = tmp_path / f'report.{suffix}'
    plot(_report(), path, 'rooms')
    assert path.stat().st_size > 5000
