"""The vocabulary file is sound and can be extended."""

from __future__ import annotations

import pytest

from memory_node.core.rooms.vocabulary import default_vocabulary, load_vocabulary


def test_relations_name_listed_kinds():
    vocabulary = default_vocabulary()
    for kind in vocabulary.kinds:
        assert {*kind.kind_of, *kind.near} <= set(vocabulary.names), kind.name


def test_no_kind_is_a_synonym_of_another():
    vocabulary = default_vocabulary()
    for i, kind in enumerate(vocabulary.kinds):
        assert vocabulary.index(kind.name) == i
        assert not set(kind.also) & set(vocabulary.names), kind.name


@pytest.mark.parametrize(
    ('one', 'other'),
    [
        ('lobby', 'foyer'),
        ('restroom', 'WC'),
        ('corridor', 'hallway'),
        ('staircase', 'stairwell'),
        ('home office', 'study'),
        ('bedrooms', 'bedroom'),
        ('ward 3', 'ward'),
    ],
)
def test_synonyms_are_one_kind(one, other):
    vocabulary = default_vocabulary()
    assert vocabulary.index(one) == vocabulary.index(other) >= 0


def test_a_user_adds_kinds_and_names(tmp_path):
    extra = tmp_path / 'rooms.yaml'
    extra.write_text('rooms:\n  whelping room: {typical: [puppy]}\n  kitchen: {also: [cookery]}\n')
    vocabulary = load_vocabulary(extra=extra)
    assert vocabulary.index('whelping room') == len(default_vocabulary())
    assert vocabulary.index('cookery') == vocabulary.index('kitchen')
    assert vocabulary.index('galley') == vocabulary.index('kitchen')


@pytest.mark.parametrize('text', ['', '[]', 'rooms: 3', 'rooms: {kitchen: {also: stove}}'])
def test_refuses_other_files(tmp_path, text):
    path = tmp_path / 'rooms.yaml'
    path.write_text(text)
    with pytest.raises(ValueError, match='expected'):
        load_vocabulary(path)
