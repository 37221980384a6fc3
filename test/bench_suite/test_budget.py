"""``memory-bench budget``: one memory, cut by each policy, asked the same."""

from __future__ import annotations

from collections import Counter

from fakes import BagOfWordsEncoder, seen
import pytest

from memory_bench.budget.policies import all_policies
from memory_bench.budget.run import measure, SHIPPED, table, WHOLE
from memory_bench.budget.subjects import Subject
from memory_bench.cli import main
from memory_bench.datasets.types import Question
from memory_bench.errors import EvaluationError
from memory_bench.methods.cost import CachingEncoder


def subject():
    """Return a drive past a violin, which is seen first and once, and 40 views of a sofa."""
    drive = [seen('first', (0, 0, 0), stamp=0, objects={'violin': (1, 1, 1)})]
    drive += [seen(f'n{i}', (4, 0, 0), stamp=i, objects={'sofa': (5, 1, 1)}) for i in range(1, 41)]
    questions = [
        Question(id=f'q{i}', text=text, kind='explicit')
        for i, text in enumerate(['sofa', 'the violin', 'the violin', 'sofa'])
    ]
    return Subject(
        name='hall',
        observations=drive,
        questions=questions,
        right=lambda question, answer: (
            answer.found and (answer.places[0].node_id == 'first') == ('violin' in question.text)
        ),
    )


def test_what_a_policy_keeps_is_what_is_answered():
    measured = measure(
        [subject()],
        CachingEncoder(BagOfWordsEncoder()),
        shares=[0.5],
        policies=['fifo', 'coverage', SHIPPED],
    )
    assert measured.of(WHOLE, 1.0).mean == 1.0
    assert measured.of('fifo', 0.5).mean == 0.5  # the violin is gone
    assert measured.of('coverage', 0.5).mean == measured.of(SHIPPED, 0.5).mean == 1.0
    assert measured.against('coverage', 'fifo', 0.5).mean == 0.5
    assert all(kept[0] <= 0.6 for kept in measured.kept['fifo', 0.5].values())
    assert '| fifo | 0.500' in table(measured)


def test_a_policy_is_one_file_with_a_name_of_its_own():
    names = [policy.name for policy in all_policies(Counter())]
    assert len(set(names)) == len(names) == 9
    assert names[:2] == ['coverage', 'fifo']


def test_a_policy_that_is_none_is_refused():
    with pytest.raises(EvaluationError, match=r"no policy is named 'best'; there are coverage"):
        measure([], CachingEncoder(BagOfWordsEncoder()), policies=['best'])


def test_shares_that_do_not_descend_are_refused(tmp_path, capsys):
    assert main(['budget', str(tmp_path), '--shares', '0.1', '0.5']) == 2
    assert '--shares: expected parts of 1, descending' in capsys.readouterr().out
