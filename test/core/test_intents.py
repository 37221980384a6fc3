"""Who wants to be told what a place is like is told, however it is put."""

from __future__ import annotations

from fakes import seen
import pytest

from memory_node import Memory
from memory_node.core.data import QueryMode
from memory_node.models.sentence_encoder import SentenceEncoder


@pytest.fixture
def workshop(tmp_path):
    with Memory.open(tmp_path / 'm.db', encoder=SentenceEncoder()) as memory:
        memory.add_many(
            seen(f'{i}', (0.3 * i, 0.0, 0.0), 'A workshop with a lathe.', stamp=i,
                 objects={'lathe': (1.0, 1.0, 0.5), 'vice': (0.0, 1.0, 0.8)})
            for i in range(4)
        )  # fmt: skip
        assert memory.wait_areas(60)
        yield memory


@pytest.mark.parametrize(
    'text',
    [
        'I would love to hear what the workshop is like, please.',
        'list for me what the workshop has',
        'What does the workshop contain?',
        'which things fill the workshop?',
        'What is the workshop like?',
        'Tell me about the workshop.',
    ],
)
def test_who_wants_to_be_told_is_told(workshop, text):
    answer = workshop.ask(text)
    assert answer.known
    assert 'lathe' in answer.text
    assert 'vice' in answer.text


@pytest.mark.parametrize(
    'text', ['Where is the lathe?', 'My hands are dirty.', 'the red chair next to the sofa']
)
def test_plain_requests_are_not_taken_for_it(workshop, text):
    assert workshop.retrieve(text).mode is not QueryMode.GLOBAL
