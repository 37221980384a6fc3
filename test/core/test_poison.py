"""One absurd value is refused at the door, by name, and stops nothing else."""

from __future__ import annotations

import math
from types import SimpleNamespace

from fakes import BagOfWordsEncoder, seen
import networkx as nx
import numpy as np
import pytest

from memory_node import Memory
from memory_node.core.bounds import MAX_COORDINATE_M
from memory_node.core.data import Observation, Pose, Query, Sighting
from memory_node.core.errors import InvalidObservationError, InvalidQueryError, MemoryNodeError
from memory_node.core.objects.object_map import ObjectMap
from memory_node.core.perception.messages import pose_from_odometry
from memory_node.interchange.export import export_memory
from memory_node.interchange.gml import read_gml
from memory_node.interchange.jsonl import read_observations, Rejected

ABSURD = [1e12, 1e155, 1e308, math.inf, -math.inf, math.nan, 10**400]


def filled(path):
    memory = Memory.open(path, encoder=BagOfWordsEncoder())
    memory.add_many(seen(f'n{i}', (i, 0, 0), f'a lamp {i}', stamp=i) for i in range(20))
    return memory


@pytest.fixture
def memory(tmp_path):
    with filled(tmp_path / 'm.db') as made:
        yield made


@pytest.fixture(scope='module')
def asked(tmp_path_factory):
    """Return a memory that is only asked."""
    with filled(tmp_path_factory.mktemp('asked') / 'm.db') as made:
        yield made


def odometry(x):
    pose = SimpleNamespace(
        position=SimpleNamespace(x=x, y=0.0, z=0.0),
        orientation=SimpleNamespace(x=0.0, y=0.0, z=0.0, w=1.0),
    )
    return SimpleNamespace(pose=SimpleNamespace(pose=pose, covariance=[0.0] * 36))


@pytest.mark.parametrize('value', ABSURD[:-1])
def test_absurd_odometry_is_refused(value):
    with pytest.raises(InvalidObservationError, match=r'pose\.position'):
        pose_from_odometry(odometry(value))


@pytest.mark.parametrize('value', ABSURD)
def test_no_value_type_takes_an_absurd_number(value):
    point = (0.0, value, 0.0)
    for make in (
        lambda: Pose(position=point),
        lambda: Pose(position=(0.0, 0.0, 0.0), orientation=(0.0, 0.0, 0.0, value)),
        lambda: Sighting(label='x', position=point),
        lambda: Sighting(label='x', extent=point),
        lambda: Observation(
            id='x', stamp_ns=2**63, pose=Pose(position=(0.0, 0.0, 0.0)), caption='x'
        ),
    ):
        with pytest.raises(InvalidObservationError):
            make()
    for make in (
        lambda: Query(text='x', near=point),
        lambda: Query(text='x', here=point),
        lambda: Query(text='x', near=(0.0, 0.0, 0.0), radius_m=value),
    ):
        with pytest.raises(InvalidQueryError):
            make()


@pytest.mark.parametrize('value', ABSURD)
@pytest.mark.parametrize('field', ['radius', 'since', 'until', 'now', 'near', 'here'])
def test_no_question_breaks_on_an_absurd_number(asked, field, value):
    values = {field: (value, 0.0, 0.0) if field in ('near', 'here') else value}
    with pytest.raises(InvalidQueryError):
        asked.retrieve(
            'lamp', **({'near': (0.0, 0.0, 0.0)} if field == 'radius' else {}), **values
        )


def test_the_farthest_place_that_is_taken_harms_nothing(memory):
    memory.add(seen('far', (MAX_COORDINATE_M, -MAX_COORDINATE_M, 0.0), 'a far lighthouse'))
    memory.add(seen('near', (1.0, 1.0, 0.0), 'a red bucket'))
    assert memory.wait_areas(30.0)
    assert memory.retrieve('a red bucket', 1).places[0].node_id == 'near'
    assert memory.retrieve('a far lighthouse', 1).places[0].node_id == 'far'
    assert memory.retrieve('lamp', near=(0.0, 0.0, 0.0), radius=2 * MAX_COORDINATE_M).places
    assert memory.areas.skipped == 0
    assert sum(len(memory.areas.forest.leaf_keys(n)) for n in memory.areas.tops()) == 22


def test_what_the_forest_cannot_take_is_counted_and_the_rest_goes_on(memory, monkeypatch):
    assert memory.wait_areas(30.0)
    real = memory.areas._insert

    def insert(snapshot, row, given):
        if row == 20:
            raise FloatingPointError('overflow')
        real(snapshot, row, given)

    monkeypatch.setattr(memory.areas, '_insert', insert)
    memory.add_many([seen('bad', caption='a bad one'), seen('good', caption='a good one')])
    assert memory.wait_areas(30.0)
    assert memory.areas.skipped == 1
    assert '1 observations are in no area' in memory.areas.message
    assert 22 in memory.areas.forest.leaves.slots


def test_what_the_object_map_cannot_take_is_counted_and_the_rest_goes_on(memory, monkeypatch):
    real = ObjectMap._read_placed

    def read_placed(self, snapshot, frame, slots):
        if frame.row == 20:
            raise FloatingPointError('overflow')
        real(self, snapshot, frame, slots)

    monkeypatch.setattr(ObjectMap, '_read_placed', read_placed)
    memory.add(seen('bad', caption='a bad one', objects={'violin': (1.0, 1.0, 1.0)}))
    memory.add(seen('good', caption='a good one', objects={'trumpet': (2.0, 1.0, 1.0)}))
    assert memory.retrieve('trumpet').found
    assert memory.stats().objects_message.startswith('1 observations gave no object')
    assert 'overflow' in memory.stats().objects_message
    assert not [o for o in memory.objects() if o.label == 'violin']
    memory.save()


def test_thirty_thousand_labels_are_refused():
    with pytest.raises(InvalidObservationError, match='at most 1024'):
        Observation(
            id='many',
            stamp_ns=0,
            pose=Pose(position=(0.0, 0.0, 0.0)),
            sightings=tuple(Sighting(label=f'thing {i}') for i in range(30_000)),
        )


@pytest.mark.parametrize(
    'line',
    [
        '{"id": "x", "caption": "c", "position": [%s, 0, 0]}' % ('9' * 400),
        '{"id": "x", "caption": "c", "position": [0, 0, 0], "stamp": 1e300}',
        '{"id": "x", "caption": "c", "position": [0, 0, 0], "stamp": %s}' % ('9' * 400),
        '{"id": "x", "caption": "c", "position": [0, 0, 0], "stamp": "0001-01-01T00:00:00"}',
        '{"id": "x", "caption": "c", "position": [0, 0, 0], "yaw": %s}' % ('9' * 400),
        '{"id": "x", "caption": "c", "position": [1e155, 0, 0]}',
        '{"id": "x", "caption": "c", "position": ["1", 0, 0]}',
        '{"id": "x", "position": [0, 0, 0], "objects": [{"label": "a", "extent": [1e9, 1, 1]}]}',
    ],
)
def test_a_line_with_an_absurd_number_is_refused_and_the_next_is_read(tmp_path, line):
    file = tmp_path / 'x.jsonl'
    file.write_text(line + '\n{"id": "ok", "caption": "c", "position": [0, 0, 0]}\n')
    rejected: list[Rejected] = []
    assert [o.id for o in read_observations(file, rejected)] == ['ok']
    assert [r.line for r in rejected] == [1]


@pytest.mark.parametrize('radius', ['far', '1e400', 'nan', str(10**400)])
def test_a_graph_with_an_absurd_radius_is_a_typed_error(tmp_path, radius):
    file = tmp_path / 'x.gml'
    file.write_text(
        f'graph [\n detection_radius "{radius}"\n'
        ' node [ id 0 label "a" caption "c" position [ x 0.0 y 0.0 ] ]\n]\n'
    )
    with pytest.raises(MemoryNodeError, match='detection_radius'):
        read_gml(file, [])


# ---- texts ------------------------------------------------------------------------------------

NASTY = 'a \x1b[31mred\x1b]0;x\x07 \u202eexit\u2066 sign\ud800\x00'


def test_what_a_terminal_trips_over_never_gets_in(memory, tmp_path):
    memory.add(
        seen(
            'id\x1b[2J',
            caption=NASTY,
            objects={'la\u202ebel\x1b[0m': (1.0, 1.0, 1.0)},
            map_id='map\x07',
            source='s\x1b',
            neighbors=('n\u200e1',),
        )
    )
    held = memory.observation('id[2J')
    texts = [held.id, held.caption, held.map_id, held.source, *held.neighbors]
    texts += [s.label for s in held.sightings]
    assert all(map(str.isprintable, texts))
    assert 'exit' in held.caption
    export_memory(memory, tmp_path / 'm.graphml', 'graphml')
    assert len(nx.read_graphml(tmp_path / 'm.graphml')) == 21
    assert memory.retrieve('exit sign', 1).places[0].node_id == 'id[2J'


def test_a_lone_surrogate_does_not_stop_an_import(tmp_path, memory):
    file = tmp_path / 'x.jsonl'
    file.write_text('{"id": "s", "caption": "a \\ud800 cup", "position": [0, 0, 0]}\n')
    memory.add_many(read_observations(file, []))
    assert memory.observation('s').caption == 'a \ufffd cup'


def test_vectors_of_what_was_cleaned_are_of_the_clean_text(memory):
    memory.add(seen('clean', caption='a \x1bpurple vase'))
    memory.add(seen('plain', caption='a purple vase'))
    vectors = [memory.observation(name).embedding for name in ('clean', 'plain')]
    assert np.allclose(*vectors)
