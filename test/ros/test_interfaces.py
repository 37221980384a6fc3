"""What the node and its interfaces have to agree on."""

from __future__ import annotations

import inspect

import pytest

pytest.importorskip('memory_msgs', reason='needs memory_msgs, see make set-up')

from memory_msgs.msg import Statistics, Status

from memory_node.core import errors
from memory_node.core.data import Place, Pose, QueryMode
from memory_node.core.errors import InvalidQueryError, MemoryNodeError
from memory_node.ros import conversions, figures, qos, requests
from memory_node.ros.settings import GROUPS, parameters


def test_every_error_has_its_status_code():
    classes = [
        c for _, c in inspect.getmembers(errors, inspect.isclass) if issubclass(c, MemoryNodeError)
    ]
    codes = {c.name: c.code for c in classes}
    constants = {
        name: getattr(Status, name)
        for name in dir(Status)
        if name.isupper() and isinstance(getattr(Status, name), int) and name != 'OK'
    }
    assert codes == constants
    assert conversions.status_msg(InvalidQueryError('no')).code == Status.INVALID_QUERY
    assert conversions.status_msg(KeyError('bug')).code == Status.INTERNAL
    assert conversions.status_msg().code == Status.OK


def test_statistics_has_every_count():
    fields = Statistics.get_fields_and_field_types()
    assert set(figures.COUNTS) <= set(fields)


def test_parameter_names_are_unique():
    names = [name for name, _ in parameters()]
    assert len(names) == len(set(names))
    assert {'memory_path', 'camera.z', 'keyframes.distance_m', 'retrieval.top_k'} <= set(names)
    assert all(type(group()) is group for group in GROUPS.values())


def test_every_mode_has_a_number():
    assert set(requests.MODES.values()) == set(QueryMode)


def test_a_place_survives_as_a_message():
    place = Place(
        node_id='a',
        level=0,
        map_id='map',
        pose=Pose.from_yaw((1.0, 2.0, 3.0), 1.0),
        stamp_ns=5 * 10**9 + 7,
        score=0.5,
        confidence=0.25,
        label='chair',
        target_position=(1.0, 2.0, 4.0),
        area_path=('home', 'kitchen'),
        evidence_ids=('a', 'b'),
        signals={'words': 0.75},
        why='because',
    )
    msg = conversions.place_msg(place, frame_id='map', now_ns=8 * 10**9 + 7)
    assert (msg.header.stamp.sec, msg.header.stamp.nanosec) == (5, 7)
    assert (msg.age.sec, msg.age.nanosec) == (3, 0)
    assert (msg.has_target, msg.target_position.z, msg.target_extent.x) == (True, 4.0, 0.0)
    assert (list(msg.area_path), list(msg.evidence_ids)) == (['home', 'kitchen'], ['a', 'b'])
    assert (list(msg.signal_names), list(msg.signal_values)) == (['words'], [0.75])


@pytest.mark.parametrize('ns', [0, 1, 999_999_999, 10**9, 2**62])
def test_stamps_there_and_back(ns):
    stamp = conversions.stamp_msg(ns)
    assert conversions.stamp_ns(stamp) == min(ns, (2**31 - 1) * 10**9 + ns % 10**9)


def test_the_users_dds_profile_stays():
    environment: dict[str, str] = {}
    assert qos.prefer_shared_memory(environment)
    assert environment == {qos.VARIABLE: str(qos.PROFILE)}
    theirs = {qos.VARIABLE: '/etc/fastdds.xml'}
    assert not qos.prefer_shared_memory(theirs)
    assert theirs == {qos.VARIABLE: '/etc/fastdds.xml'}
