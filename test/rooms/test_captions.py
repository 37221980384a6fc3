"""Captions name places in any words, and things never do."""

from __future__ import annotations

import pytest

from memory_node.core.rooms.captions import CaptionReader
from memory_node.core.rooms.vocabulary import default_vocabulary

READER = CaptionReader(default_vocabulary())


@pytest.mark.parametrize(
    ('caption', 'names'),
    [
        ('in this living room there is a sofa', ['living room']),
        ('an empty spot in a corridor', ['corridor']),
        ('a bright bedroom next to the bathroom', ['bedroom']),
        ('an open plan kitchen and living room', ['kitchen', 'living room']),
        ("a child's room with a bed", ["child's room"]),
        ('a child\u2019s room with a bed', ["child's room"]),
        ('the milking parlour, with two cows', ['milking parlour']),
        ('the lobby of a hotel', ['lobby']),
        ('aisle 4 with shelves', ['aisle 4']),
        ('a sorting area for parcels', ['sorting area']),
        ('a kennel with three crates', ['kennel']),
        ('a gym with a bar along the wall', ['gym']),
        ('an aquarium with goldfish in the waiting area', ['waiting area']),
        ('in the kennel a dog lies on a blanket', ['kennel']),
        ('this is the whelping box', ['whelping box']),
        ('A small room. The sign by the door says Exam 1.', ['exam 1']),
        ('A chart on the bars reads Dog Ward.', ['dog ward']),
        ('the room is labelled cat ward', ['cat ward']),
        ('a freezer with a thermometer reading 4 degrees', []),
        ('a ladder truck with a blue light bar', []),
        ('a cactus in a clay pot', []),
        ('a striped blanket folded at the foot', []),
        ('a view of the whelping box with straw', ['whelping box']),
        ('a striped suitcase on the belt in the baggage claim', ['baggage claim']),
        ('a lived-in kitchen with a stove', ['kitchen']),
        ('this is a cold, windowless seed store', ['seed store']),
        ('we are in a herbarium smelling of camphor', ['herbarium']),
        ('in a paint booth an extinguisher is fixed by the entrance', ['paint booth']),
        ('a bed stands in the far corner', []),
        ('a view of a yellow helmet on a shelf', []),
        ('a coat hanging in an open cubby', []),
    ],
)
def test_names_the_place(caption, names):
    assert sorted(place.name for place in READER.read(caption)) == sorted(names)


@pytest.mark.parametrize(
    'caption',
    [
        '',
        'a kitchen sink and a stove',
        'a reception desk and a kitchen counter',
        'an office chair',
        'a bar of soap',
        'a dining room table',
        'a room with a bed',
        'a door leading to the garage',
        'a vase in the corner of a large room',
        'a plain stretch of floor',
        'nothing in particular',
        'a trampoline with a bar to hold on to',
        'orange fish swim in a lit aquarium',
    ],
)
def test_names_no_place(caption):
    assert READER.read(caption) == ()


def test_label_of_a_thing_is_no_place():
    (places,) = READER.names(['a view of the sofa'], frozenset({'sofa'}))
    assert places == ()


def test_reads_any_text():
    for text in ('\x00', '(((', 'a' * 10_000, '\u4f60\u597d', 'room ' * 500, "'" * 50):
        READER.read(text)
