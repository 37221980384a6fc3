"""JSON Lines: what is read is what was written, and a bad line costs only itself."""

from __future__ import annotations

from datetime import datetime, timezone
import json
import math
import unicodedata

from data import require_case
from hypothesis import given, settings
from hypothesis import strategies as st
import pytest

from memory_node.core.data import Observation, Pose, Sighting
from memory_node.core.errors import InvalidObservationError, StoreAccessError
from memory_node.interchange.jsonl import (
    Identity,
    observation_from_dict,
    observation_to_dict,
    query_from_dict,
    read_observations,
    read_queries,
)

coordinate = st.floats(-1e4, 1e4).map(lambda v: round(v, 4))
vector = st.tuples(coordinate, coordinate, coordinate)
word = st.text(st.characters(categories=('L',)), min_size=1, max_size=12).map(
    lambda text: unicodedata.normalize('NFC', text)
)
sighting = st.builds(
    Sighting,
    label=word,
    confidence=st.floats(0, 1).map(lambda v: round(v, 4)),
    position=st.none() | vector,
    extent=st.none() | vector,
)
observation = st.builds(
    Observation,
    id=word,
    stamp_ns=st.integers(0, 10**9).map(lambda ms: ms * 10**6),
    pose=st.builds(Pose.from_yaw, vector, st.floats(-3.1, 3.1)),
    caption=word,
    sightings=st.lists(sighting, max_size=4).map(tuple),
    map_id=word,
    neighbors=st.lists(word, max_size=3).map(tuple),
    source=word,
)


@settings(deadline=None, max_examples=100)
@given(observation)
def test_an_observation_reads_back_as_it_was_written(original):
    line = json.dumps(observation_to_dict(original))
    again = observation_from_dict(json.loads(line))
    assert again.pose.yaw_rad == pytest.approx(original.pose.yaw_rad)
    assert again.pose.position == original.pose.position
    for name in ('id', 'stamp_ns', 'caption', 'sightings', 'map_id', 'neighbors', 'source'):
        assert getattr(again, name) == getattr(original, name)


@settings(deadline=None, max_examples=200)
@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(['id', 'position', 'stamp', 'objects', 'caption', 'yaw']), inner
            )
        ),
        max_leaves=8,
    )
)
def test_any_json_is_an_observation_or_a_typed_error(item):
    try:
        found = observation_from_dict(item)
    except InvalidObservationError:
        return
    assert all(map(math.isfinite, found.pose.position))


def test_number_signs_that_stand_for_blanks_become_blanks():
    item = {'id': 'a', 'position': [0, 0, 0], 'caption': 'kitchen#cabinet, room #12'}
    item['objects'] = [{'label': 'kitchen#cabinet'}]
    found = observation_from_dict(item)
    assert found.caption == 'kitchen cabinet, room #12'
    assert found.sightings[0].label == 'kitchen cabinet'


GOOD = {'id': 'a', 'position': [1, 2, 3], 'stamp': 1764300000, 'caption': 'a sink'}


@pytest.mark.parametrize(
    ('written', 'field', 'read'),
    [
        ({'id': 17}, 'id', '17'),
        ({'position': [4, 5]}, 'position', (4.0, 5.0, 0.0)),
        ({'position': {'x': 4, 'y': 5, 'z': 6}}, 'position', (4.0, 5.0, 6.0)),
        ({'position': {'x': 4, 'y': 5}}, 'position', (4.0, 5.0, 0.0)),
        ({'stamp': '2026-11-28T03:20:00Z'}, 'stamp_ns', 1795836000 * 10**9),
        ({'stamp': '2026-11-28T05:20:00.25+02:00'}, 'stamp_ns', 1795836000250000000),
        ({'stamp': 1764300000000000001}, 'stamp_ns', 1764300000000000001),
        ({'stamp': 1764300000000001}, 'stamp_ns', 1764300000000001000),
        ({'stamp': 1764300000001}, 'stamp_ns', 1764300000001000000),
        ({'stamp': 12.5}, 'stamp_ns', 12500000000),
        ({'objects': ['chair', 'coffee_table']}, 'sightings', ('chair', 'coffee table')),
        ({'neighbors': [3, 'b']}, 'neighbors', ('3', 'b')),
    ],
)
def test_what_can_be_meant_in_one_way_only_is_taken(written, field, read):
    found = observation_from_dict({**GOOD, **written})
    value = found.pose.position if field == 'position' else getattr(found, field)
    if field == 'sightings':
        value = tuple(s.label for s in value)
    assert value == read


def test_a_stamp_without_zone_is_that_of_the_machine():
    found = observation_from_dict({**GOOD, 'stamp': '2026-11-25T15:30:00'})
    moment = datetime.fromtimestamp(found.stamp_ns / 1e9, tz=timezone.utc).astimezone()
    assert f'{moment:%Y-%m-%d %H:%M:%S}' == '2026-11-25 15:30:00'


@pytest.mark.parametrize(
    ('written', 'named'),
    [
        ({'id': 1.5}, 'id must be a string'),
        ({'id': True}, 'id must be a string'),
        ({'stamp': 'yesterday'}, 'ISO 8601'),
        ({'position': [1]}, 'position'),
        ({'position': {'lat': 1, 'lon': 2}}, 'position'),
        ({'orientation': [0, 0, 0, 0]}, 'orientation'),
        ({'caption': ''}, 'caption'),
        ({'objects': 'chair'}, 'objects'),
    ],
)
def test_what_can_be_meant_in_several_ways_is_refused_by_name(written, named):
    with pytest.raises(InvalidObservationError, match=named):
        observation_from_dict({**GOOD, **written})


def test_characters_that_no_one_sees_are_taken_off_at_the_door():
    found = observation_from_dict(
        {
            'id': 'a\x01b',
            'map_id': 'hall\x02',
            'position': [0, 0, 0],
            'caption': 'a \ufffe sink \x1b[31mhere',
            'objects': ['sink\uffff'],
            'neighbors': ['c\x01d'],
        }
    )
    assert (found.id, found.map_id, found.neighbors) == ('ab', 'hall', ('cd',))
    assert found.caption == 'a sink [31mhere'
    assert found.sightings[0].label == 'sink'


def test_a_prefix_goes_before_ids_and_those_they_name():
    found = observation_from_dict({**GOOD, 'neighbors': ['b']}, Identity(prefix='run-'))
    assert (found.id, found.neighbors) == ('run-a', ('run-b',))


def test_the_dialects_of_the_shared_file(tmp_path):
    rejected = []
    taken = list(read_observations(require_case('dialect.jsonl'), rejected))
    assert [o.id for o in taken] == ['1', 'p2', 's3', 'o4', 'n5', 'x6']
    assert [(r.line, r.reason.split(' ')[0]) for r in rejected] == [
        (7, 'pose.orientation'),
        (8, 'observation'),
    ]
    assert taken[4].stamp_ns == 1764300000 * 10**9


def test_bad_lines_are_refused_by_number_and_the_rest_is_read(tmp_path):
    good = {'id': 'a', 'position': [1, 2, 3], 'caption': 'a sink'}
    lines = [
        json.dumps(good),
        '{"id": "b", "position": [NaN, 0, 0], "caption": "x"}',
        'not json',
        '[1, 2]',
        '[' * 100_000,
        json.dumps({**good, 'id': 'c', 'position': [1]}),
        json.dumps({**good, 'id': 'd', 'objects': [{'label': 7}]}),
        json.dumps({**good, 'id': 'e', 'caption': 'x' * 10_000}),
        '',
        json.dumps({**good, 'id': 'f'}),
    ]
    path = tmp_path / 'o.jsonl'
    path.write_text('\n'.join(lines), encoding='utf-8')
    rejected = []
    assert [o.id for o in read_observations(path, rejected)] == ['a', 'f']
    assert [r.line for r in rejected] == [2, 3, 4, 5, 6, 7, 8]
    reasons = {r.line: r.reason for r in rejected}
    assert 'position' in reasons[2]
    assert 'position' in reasons[6]
    assert 'objects.label' in reasons[7]
    assert '10000 characters' in reasons[8]


def test_bytes_that_are_not_utf8_are_refused_by_line(tmp_path):
    path = tmp_path / 'o.jsonl'
    path.write_bytes(b'{"id": "\xff\xfe"}\n{"id": "a", "position": [0,0,0], "caption": "x"}\n')
    rejected = []
    assert [o.id for o in read_observations(path, rejected)] == ['a']
    assert [r.line for r in rejected] == [1]


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(StoreAccessError, match=r'none\.jsonl'):
        list(read_observations(tmp_path / 'none.jsonl', []))


def test_queries_keep_their_filters_and_judgement(tmp_path):
    path = tmp_path / 'q.jsonl'
    path.write_text(
        '{"id": "1", "text": "a sink", "goal": [1, 2, 3], "goal_ids": ["a"], "k": 3}\n'
        '{"query": "somewhere to sit", "type": "implicit"}\n'
        '{"id": "3"}\n'
    )
    rejected = []
    first, second = read_queries(path, rejected)
    assert (first.goal, first.goal_ids, first.filters) == ((1, 2, 3), ('a',), {'k': 3})
    assert second.text == 'somewhere to sit'
    assert [r.line for r in rejected] == [3]
    assert query_from_dict({'id': 7, 'text': 'x'}).id == '7'
