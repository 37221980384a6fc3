"""Corrections that can't be meant are refused by field and value, and nothing is stored."""

from __future__ import annotations

import math

from fakes import BagOfWordsEncoder, seen
from hypothesis import given, settings
from hypothesis import strategies as st
import pytest

from memory_node import Memory
from memory_node.core.bounds import MAX_COORDINATE_M, safe_characters
from memory_node.core.corrections.edit import checked_text, Edit, EditKind, MAX_NAME_CHARS
from memory_node.core.errors import (
    InvalidQueryError,
    MemoryNodeError,
    StoreAccessError,
    UnknownMapError,
    UnknownNodeError,
)


@pytest.fixture(scope='module')
def memory(tmp_path_factory):
    path = tmp_path_factory.mktemp('edits') / 'm.db'
    with Memory.open(path, encoder=BagOfWordsEncoder()) as made:
        made.add_many(
            seen(f'{i}', (i, 0, 0), stamp=i, objects={'mug': (i, 1.0, 0.5)}) for i in range(3)
        )
        made.add(seen('far', stamp=9, objects={'mug': (0.0, 1.0, 0.5)}, map_id='cellar'))
        yield made


@pytest.mark.parametrize(
    ('kind', 'fields', 'said'),
    [
        ('fly', {}, "kind must be one of move, .* got 'fly'"),
        ('move', {'object_id': 0}, 'position must not be empty'),
        ('move', {'object_id': 0, 'position': (0, math.nan, 0)}, r'position must be .* nan'),
        ('move', {'object_id': 0, 'position': (0, math.inf, 0)}, r'position must be .* inf'),
        (
            'move',
            {'object_id': 0, 'position': (2 * MAX_COORDINATE_M, 0, 0)},
            r'position must be three finite numbers of at most 2e\+07 m',
        ),
        ('move', {'object_id': 0, 'position': (0, 0)}, 'position must be three'),
        ('move', {'object_id': 0, 'position': 'abc'}, 'position must be three'),
        ('move', {'object_id': -1, 'position': (0, 0, 0)}, 'object_id must be the id'),
        ('move', {'object_id': 0, 'position': (0, 0, 0), 'map_id': 'cellar'}, "map_id must be 'm"),
        ('name', {'object_id': 0, 'name': ''}, "name must not be empty for 'name', got ''"),
        ('name', {'object_id': 0, 'name': ' \t '}, 'name must not be empty'),
        ('name', {'object_id': 0, 'name': 'x' * 1000}, 'at most 128 characters, got 1000'),
        ('name', {'object_id': 0, 'name': 'a\x1b[2Jb'}, 'no control or invisible .*x1b'),
        ('name', {'object_id': 0, 'name': 'a\u202eb'}, 'no control or invisible .*u202e'),
        ('name', {'object_id': 0, 'name': 'a\ud800b'}, 'no control or invisible .*ud800'),
        ('relabel', {'object_id': 0}, 'name must not be empty'),
        ('merge', {'object_id': 0}, 'others must not be empty'),
        ('merge', {'object_id': 0, 'others': [0]}, r'others must be other objects, got \[0, 0\]'),
        ('merge', {'object_id': 0, 'others': [1, 1]}, 'others must be other objects'),
        ('merge', {'object_id': 0, 'others': range(1, 100)}, 'at most 64 objects, got 99'),
        ('merge', {'object_id': 0, 'others': [3]}, "others must be on map 'map' .* on 'cellar'"),
        ('confirm', {'object_id': 0, 'name': 'x'}, "name has no meaning for 'confirm', got 'x'"),
        ('place', {'name': 'lab', 'position': (0, 0, 0)}, 'map_id must name one of 2 maps'),
        (
            'place',
            {'name': 'lab', 'position': (500, 0, 0), 'map_id': 'map'},
            'position must be within 10 m of an observation',
        ),
        (
            'place',
            {'name': 'lab', 'position': (0, 0, 0), 'radius': -1.0},
            'radius_m must be finite and >= 0, got -1.0',
        ),
        ('place', {'name': 'lab', 'position': (0, 0, 0), 'radius': math.nan}, 'radius_m must be'),
        ('forget', {}, 'since_ns, until_ns or position must be given'),
        ('forget', {'position': (0, 0, 0)}, 'radius_m must be > 0'),
        ('forget', {'radius': 3.0}, 'radius_m needs position'),
        ('forget', {'since': 5.0, 'until': 4.0}, 'since_ns must not be after until_ns'),
        ('forget', {'since': math.nan}, 'since must be finite'),
        ('wrong', {'question': 'where?'}, 'either object_id or observation_id'),
        ('wrong', {'observation_id': '0'}, 'question must not be empty'),
        ('wrong', {'object_id': 0, 'observation_id': '0'}, 'either object_id or observation_id'),
    ],
)
def test_what_can_not_be_meant_is_refused_by_name(memory, kind, fields, said):
    before = memory.objects()
    with pytest.raises(InvalidQueryError, match=said):
        memory.correct(kind, author='anna', **fields)
    assert memory.corrections() == []
    assert memory.objects() == before


@pytest.mark.parametrize(
    ('error', 'kind', 'fields'),
    [
        (UnknownNodeError, 'confirm', {'object_id': 99}),
        (UnknownNodeError, 'merge', {'object_id': 0, 'others': [99]}),
        (UnknownNodeError, 'forget', {'since': 500.0}),
        (UnknownNodeError, 'wrong', {'observation_id': 'nowhere', 'question': 'where?'}),
        (UnknownNodeError, 'wrong', {'observation_id': '0', 'question': 'w', 'name': 'piano'}),
        (UnknownMapError, 'place', {'name': 'lab', 'position': (0, 0, 0), 'map_id': 'moon'}),
        (UnknownMapError, 'forget', {'since': 0.0, 'map_id': 'moon'}),
    ],
)
def test_what_is_not_there_is_refused_by_id(memory, error, kind, fields):
    with pytest.raises(error):
        memory.correct(kind, author='anna', **fields)
    assert memory.corrections() == []


@pytest.mark.parametrize('author', ['', ' ', 'x' * 65, 'an\nna', None])
def test_every_correction_has_an_author(memory, author):
    with pytest.raises(InvalidQueryError, match='author must'):
        memory.correct('confirm', object_id=0, author=author)
    assert memory.corrections() == []


def test_undoing_what_was_never_corrected_is_refused(memory):
    with pytest.raises(UnknownNodeError, match='no correction has the id 7'):
        memory.undo(7, author='anna')
    with pytest.raises(InvalidQueryError, match='correction_id must be a whole number'):
        memory.undo('1', author='anna')


def test_a_reader_corrects_nothing(tmp_path):
    path = tmp_path / 'm.db'
    with Memory.open(path, encoder=BagOfWordsEncoder()) as made:
        made.add(seen('a', objects={'mug': (0.0, 1.0, 0.5)}))
    with (
        Memory.open(path, encoder=BagOfWordsEncoder(), read_only=True) as reader,
        pytest.raises(StoreAccessError, match='reading only'),
    ):
        reader.correct('confirm', object_id=0, author='anna')


@settings(deadline=None, max_examples=200)
@given(text=st.text(max_size=200))
def test_any_text_is_a_clean_name_or_refused(text):
    try:
        name = checked_text('name', text, MAX_NAME_CHARS)
    except InvalidQueryError:
        return
    assert safe_characters(name) == name
    assert 0 < len(name) <= MAX_NAME_CHARS
    assert checked_text('name', name, MAX_NAME_CHARS) == name


_VALUES = st.one_of(
    st.none(), st.integers(), st.floats(), st.text(max_size=5), st.lists(st.floats(), max_size=3)
)


@settings(deadline=None, max_examples=200)
@given(
    kind=st.sampled_from(EditKind),
    fields=st.dictionaries(st.sampled_from(sorted(Edit.__slots__[1:])), _VALUES, max_size=4),
)
def test_any_body_is_an_edit_or_a_typed_error(kind, fields):
    try:
        edit = Edit.of_body(kind.value, fields)
    except MemoryNodeError:
        return
    assert Edit.of_body(edit.kind.value, edit.to_body()) == edit
