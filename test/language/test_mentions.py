"""Captions of any field give the things they name, and those they deny."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
import pytest

from memory_node.core.language.mentions import is_noun_phrase, MAX_MENTIONS, mentions


def names(caption):
    return [m.name for m in mentions(caption) if not m.negated]


@pytest.mark.parametrize(
    ('caption', 'expected'),
    [
        (
            'a bathroom with a sink, a potted plant and a toilet',
            ['bathroom', 'sink', 'plant', 'toilet'],
        ),
        ('a whelping box next to the K7 gripper', ['whelping box', 'k7 gripper']),
        ('a man riding a horse', ['man', 'horse']),
        ("the bridge with the captain's chair", ['bridge', "captain's chair"]),
        ('a pine wooden shelf and a white metal cabinet', ['shelf', 'cabinet']),
        ('A lamp stands on the bedside table', ['lamp', 'bedside table']),
        ('a row of parked cars lines the street', ['car', 'street']),
        ('a pair of shoes and a glass of water', ['shoe', 'glass', 'water']),
        ('three heifers in the milking parlour', ['heifer', 'milking parlour']),
        (
            'a fume hood, a centrifuge and several pipettes on the bench',
            ['fume hood', 'centrifuge', 'pipette', 'bench'],
        ),
        ('life jackets hang on the wall of the deck', ['life jacket', 'wall', 'deck']),
        ('shelves of medicine in a pharmacy', ['shelf', 'medicine', 'pharmacy']),
        ('patch panels and server racks', ['patch panel', 'server rack']),
        ('a spectrometer and a qPCR cycler', ['spectrometer', 'qpcr cycler']),
        ('the sign reads "Ridgewood Trail"', ['sign']),
        ('a view of the kitchen', ['kitchen']),
        ('a trash can and a can of paint', ['trash can', 'can', 'paint']),
        ('people can walk in the park', ['person', 'park']),
        ('a washing machine beside the laundry basket', ['washing machine', 'laundry basket']),
        ('An oil can stands on the shelf', ['oil can', 'shelf']),
        (
            'a band saw, a table saw and a bottle of hand cream',
            ['band saw', 'table saw', 'bottle', 'hand cream'],
        ),
        ('two volleyball nets beside the paint brushes', ['volleyball net', 'paint brush']),
        ('a mirror stands by the small safe', ['mirror', 'safe']),
        ('a tennis net under a work light', ['tennis net', 'work light']),
        ('the background is blurry in this image', []),
        ('', []),
    ],
)
def test_names(caption, expected):
    assert names(caption) == expected


def test_looks_counts_and_places():
    kitchen, cup, table = mentions('a kitchen with four cups on the red wooden table')
    assert kitchen.is_place
    assert not table.is_place
    assert cup.count == 4
    assert table.attributes == ('red', 'wooden')
    assert [m.count for m in mentions('several people and a dog')] == [0, 1]


@pytest.mark.parametrize(
    ('caption', 'denied', 'there'),
    [
        ('no chairs, a table', ['chair'], ['table']),
        ('a kitchen without a sink', ['sink'], ['kitchen']),
        ('there is no ladder in the barn', ['ladder'], ['barn']),
        ('there are no visible signs or posters in the hall', ['sign', 'poster'], ['hall']),
        ("there isn't a fire extinguisher but a hose", ['fire extinguisher'], ['hose']),
    ],
)
def test_what_is_denied(caption, denied, there):
    assert [m.name for m in mentions(caption) if m.negated] == denied
    assert names(caption) == there


def test_captions_are_bounded():
    flood = ', '.join(f'a widget{chr(97 + i % 26)}{chr(97 + i // 26)}' for i in range(500))
    assert len(mentions(flood)) == MAX_MENTIONS
    assert mentions('a ' + 'x' * 100_000) == ()


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_read(text):
    found = mentions(text)
    assert len(found) <= MAX_MENTIONS
    assert found == mentions(text)
    assert all(m.name and len(m.name.split()) <= 4 for m in found)


@pytest.mark.parametrize(
    ('text', 'expected'),
    [
        ('the gray filing cabinet', True),
        ('two network switches', True),
        ('a box of screws', True),
        ('lamp*', True),
        ('the leftovers will spoil', False),
        ('nature calls, where do I go', False),
        ('my son loves dinosaurs very much', False),
    ],
)
def test_a_name_is_told_from_a_sentence(text, expected):
    assert is_noun_phrase(text) == expected


@pytest.mark.parametrize(
    ('caption', 'names'),
    [
        ('A calendar above a small safe.', ['calendar', 'safe']),
        ('A marble bust of a poet on a pedestal.', ['bust', 'pedestal']),
        ('A view of the hall with a statue of a lion.', ['hall', 'statue']),
        ('A plate of cookies, a map of the island', ['plate', 'cookie', 'map']),
        ('A globe in a display of old maps', ['globe', 'map']),
    ],
)
def test_what_packs_know_is_a_thing_and_what_is_only_shown_is_none(caption, names):
    assert [mention.name for mention in mentions(caption)] == names
