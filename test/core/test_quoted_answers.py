"""What only the words of a caption tell is answered by quoting it."""

from __future__ import annotations

import pytest

from memory_node import Memory
from memory_node.core.data import Observation, Pose
from memory_node.core.queries import make_query
from memory_node.models.sentence_encoder import SentenceEncoder

CAPTIONS = (
    'A copper still on three legs, a glass funnel below it.',
    'Five brass bells hang from a beam above the cash register.',
    'A gravestone made of polystyrene leans on a crate.',
    'A red wheelchair between two piles of boxes.',
    'A wooden bench under a window.',
)


@pytest.fixture(scope='module')
def memory(tmp_path_factory):
    path = tmp_path_factory.mktemp('quoted') / 'm.sqlite'
    with Memory.open(path, encoder=SentenceEncoder()) as memory:
        memory.add_many(
            Observation(
                id=f'{i}-{turn}',
                stamp_ns=(10 * i + turn) * 10**9,
                pose=Pose.from_yaw((6.0 * i, 0.3 * turn, 0.0), 0.0),
                caption=caption,
            )
            for i, caption in enumerate(CAPTIONS)
            for turn in range(2)
        )
        memory.wait_areas()
        yield memory


@pytest.mark.parametrize(
    ('question', 'caption'),
    [
        ('From the beam over the cash register, what hangs there?', 1),
        ('What is the gravestone made of?', 2),
    ],
)
def test_the_caption_that_has_the_words_of_a_question_is_quoted(memory, question, caption):
    answer = memory.ask(question)
    assert answer.known
    assert CAPTIONS[caption] in answer.text
    assert [place.node_id for place in answer.citations] == [f'{caption}-1']


@pytest.mark.parametrize(
    'question',
    [
        'What is the harp made of?',
        'What hangs from the chandelier over the ballroom?',
        'What is on the window?',
    ],
)
def test_no_caption_is_quoted_that_lacks_what_a_question_asks_about(memory, question):
    assert 'reads' not in memory.ask(question).text


def test_a_caption_outside_the_span_asked_about_is_not_quoted(memory):
    question = 'What is the gravestone made of?'
    assert CAPTIONS[2] not in memory.ask(make_query(question, 5, until=5.0)).text
