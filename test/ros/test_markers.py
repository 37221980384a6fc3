"""What viewers are shown: all of it once, then what has changed, never more than they can take."""

from __future__ import annotations

import dataclasses

from builtin_interfaces.msg import Time
from fakes import BagOfWordsEncoder, seen
import numpy as np
import pytest
from visualization_msgs.msg import Marker

from memory_node.core.memory import Memory
from memory_node.ros.marker_layers import MAX_LABELS, MAX_OBJECTS, MAX_SHOWN
from memory_node.ros.markers import MarkerScene

NOW = Time(sec=1)


@pytest.fixture
def memory(tmp_path):
    with Memory.open(tmp_path / 'memory.sqlite', encoder=BagOfWordsEncoder()) as opened:
        yield opened


def _look(memory, number, **objects):
    where = (0.5 * number, 0.0, 0.0)
    memory.add(seen(f'o{number}', where, 'a kitchen', stamp=float(number), objects=objects))


def _scene(memory):
    frames = {'map': 'odom'}
    return MarkerScene(lambda: frames.__getitem__)


def _by_name(array):
    found = {}
    for marker in array.markers if array else ():
        found.setdefault(marker.ns, []).append(marker)
    return found


def test_observations_objects_names_and_areas_are_drawn(memory):
    for i in range(3):
        _look(memory, i, sink=(0.5, 2.0, 0.8), stove=(2.5, 2.0, 0.8))
    scene = _scene(memory)
    array = scene.take(NOW, memory.view(), everything=True)
    assert array.markers[0].action == Marker.DELETEALL
    drawn = _by_name(array)
    assert len(drawn['observations'][0].points) == 3
    assert len(drawn['driven'][0].points) == 4
    assert len(drawn['objects'][0].points) == 2
    assert sorted(m.text for m in drawn['names']) == ['sink', 'stove']
    assert [m.text for m in drawn['areas']] == ['kitchen']
    assert {m.header.frame_id for m in array.markers[1:]} == {'odom'}


def test_what_stays_is_not_sent_again_and_what_goes_is_removed(memory):
    for i in range(3):
        _look(memory, i, sink=(0.5, 2.0, 0.8))
    scene = _scene(memory)
    scene.show_answer(memory.retrieve('the sink'))
    first = _by_name(scene.take(NOW, memory.view()))
    assert {m.type for m in first['answer']} == {
        Marker.ARROW,
        Marker.TEXT_VIEW_FACING,
        Marker.CUBE,
    }
    assert scene.take(NOW, memory.view()) is None

    _look(memory, 3, lamp=(1.5, -2.0, 1.5))
    later = _by_name(scene.take(NOW, memory.view()))
    assert [m.text for m in later['names']] == ['lamp']
    assert 'answer' not in later

    scene.show_answer(memory.retrieve('a swimming pool'))
    last = scene.take(NOW, memory.view())
    assert {(m.ns, m.action) for m in last.markers} == {('answer', Marker.DELETE)}
    again = scene.take(NOW, memory.view(), everything=True)
    assert again.markers[0].action == Marker.DELETEALL
    assert sorted(m.text for m in _by_name(again)['names']) == ['lamp', 'sink']


def test_a_viewer_is_given_no_more_than_it_can_take(memory):
    _look(memory, 0, sink=(0.5, 2.0, 0.8))
    view, many = memory.view(), 12_000
    rows = np.zeros(many, np.int64)
    snapshot = dataclasses.replace(
        view.snapshot,
        **{
            name: getattr(view.snapshot, name)[rows]
            for name in ('keys', 'stamps', 'maps', 'positions', 'yaws')
        },
    )
    taken = {
        field.name: getattr(view.objects, field.name)[rows]
        for field in dataclasses.fields(view.objects)
        if isinstance(getattr(view.objects, field.name), np.ndarray)
        and len(getattr(view.objects, field.name)) == 1
    }
    objects = dataclasses.replace(view.objects, **{**taken, 'ids': np.arange(many)})
    view = dataclasses.replace(view, snapshot=snapshot, objects=objects)
    drawn = _by_name(_scene(memory).take(NOW, view, everything=True))
    shown = sum(len(m.points) for m in drawn['observations'])
    assert MAX_SHOWN <= shown < MAX_SHOWN + 512
    assert sum(len(m.points) for m in drawn['objects']) == MAX_OBJECTS
    assert len(drawn['names']) == MAX_LABELS
