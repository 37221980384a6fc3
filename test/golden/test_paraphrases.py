"""Sixty kinds of questions in the words of other people, who know nothing of this program."""

from __future__ import annotations

from collections import defaultdict
import json
from pathlib import Path

from golden.paraphrased import ask, bound, opened, PLAIN, same, WORLDS
import pytest

#: Share of the sentences that has to be answered like the plain question: see docs/benchmarks.md.
SHARE = 0.8
LINES = Path(__file__).with_name('paraphrases.jsonl')


@pytest.fixture(scope='module', params=WORLDS)
def world(request, tmp_path_factory):
    with opened(request.param, tmp_path_factory.mktemp(request.param)) as memory:
        yield request.param, memory


def test_people_are_understood_in_their_own_words(world):
    name, memory = world
    names = WORLDS[name]
    plain = {k: ask(memory, k, bound(k, text, names)) for k, (text, _) in PLAIN.items()}
    right, asked, wrong = defaultdict(int), defaultdict(int), []
    for line in LINES.read_text('utf-8').splitlines()[list(WORLDS).index(name) :: 2]:
        said = json.loads(line)
        kind, text = said['kind'], bound(said['kind'], said['text'], names)
        answer = ask(memory, kind, text)
        asked[kind] += 1
        right[kind] += same(kind, answer, plain[kind])
        if not same(kind, answer, plain[kind]):
            wrong.append(f'{kind}: {text} -> {answer}')
    share = sum(right.values()) / sum(asked.values())
    assert share >= SHARE, '\n'.join(wrong)


@pytest.mark.parametrize(
    ('kind', 'x', 'y'),
    [
        ('nearest', 2.5, 2.0),
        ('farthest', 23.2, 5.0),
        ('between', 12.0, 5.3),
        ('red', 6.0, 11.0),
        ('upstairs', 6.0, 4.0),
        ('now', 6.5, 5.0),
        ('morning', 9.0, 1.0),
        ('clock', 18.0, 5.0),
        ('first_seen', 3.0, 7.3),
        ('either', 13.8, 5.3),
        ('not_in', 1.0, 10.8),
    ],
)
def test_plain_questions_are_answered_rightly(world, kind, x, y):
    name, memory = world
    known, place = ask(memory, kind, bound(kind, PLAIN[kind][0], WORLDS[name]))
    assert known
    assert place[:2] == pytest.approx((x, y), abs=0.3)
