"""Parameters as a user meets them: described, refused with a reason, applied while running."""

from __future__ import annotations

from memory_msgs.msg import Status
import pytest
from rcl_interfaces.msg import ParameterType
from rclpy.parameter import Parameter

from memory_node.ros.settings import parameters

DOMAIN = 23


def test_every_parameter_is_described(client):
    declared = dict(parameters())
    described = client.describe_parameters(*declared)
    kinds = {
        str: ParameterType.PARAMETER_STRING,
        bool: ParameterType.PARAMETER_BOOL,
        int: ParameterType.PARAMETER_INTEGER,
        float: ParameterType.PARAMETER_DOUBLE,
        tuple: ParameterType.PARAMETER_STRING_ARRAY,
    }
    for (name, field), descriptor in zip(declared.items(), described, strict=True):
        assert descriptor.name == name
        assert descriptor.type == kinds[type(field.default)]
        assert descriptor.description.startswith(field.metadata['doc'])
        assert descriptor.read_only == field.metadata['read_only']
        for choice in field.metadata['choices']:
            assert choice in descriptor.additional_constraints
        if field.metadata['le'] is not None and type(field.default) is float:
            assert descriptor.floating_point_range[0].to_value == field.metadata['le']


@pytest.mark.parametrize(
    ('name', 'value', 'reason'),
    [
        ('retrieval.top_k', 0, 'top_k'),
        ('retrieval.top_k', 10**9, 'top_k'),
        ('retrieval.found_threshold', 1.5, 'found_threshold'),
        ('retrieval.found_threshold', float('nan'), 'found_threshold'),
        ('retrieval.found_threshold', 'high', 'type'),
        ('keyframes.distance_m', -1.0, 'distance_m'),
        ('perception.captioner', 'yolox', 'read-only'),
        ('memory_path', '/elsewhere', 'read-only'),
        ('no.such.parameter', 1, 'declared'),
        ('map_id', '', 'map_id must hold 1 to 128 visible characters'),
        ('map_id', 'x' * 129, 'map_id'),
        ('map_id', 'home\x1b[31m', 'map_id'),
    ],
)
def test_a_bad_value_is_refused_with_the_reason(client, name, value, reason):
    (result,) = client.set_parameters(Parameter(name, value=value))
    assert not result.successful
    assert reason in result.reason


def test_a_change_takes_effect_at_once(client, robot):
    robot.look('chair')
    client.counted(lambda s: s.observations == 1, 'an observation')
    assert client.retrieve('chair').found
    (result,) = client.set_parameters(Parameter('retrieval.found_threshold', value=1.0))
    assert result.successful, result.reason
    answer = client.retrieve('chair')
    assert answer.status.code == Status.OK
    assert not answer.found
    assert answer.places
    client.set_parameters(Parameter('retrieval.found_threshold', value=0.5))
    assert client.retrieve('chair').found


def test_the_gate_follows_its_parameters(client, robot):
    client.set_parameters(
        Parameter('keyframes.distance_m', value=5.0), Parameter('keyframes.novelty', value=1.0)
    )
    before = client.fresh()
    robot.look('sofa', position=(1.0, 0.0, 0.0))
    last = client.counted(lambda s: s.frames_gated > before.frames_gated, 'a gated frame')
    assert last.observations == before.observations
    client.set_parameters(Parameter('keyframes.distance_m', value=0.5))
    robot.look('sofa', position=(1.0, 0.0, 0.0))
    client.counted(lambda s: s.observations > before.observations, 'a keyframe')


def test_a_new_map_id_is_that_of_what_follows(client, robot):
    before = client.fresh().observations
    client.set_parameters(Parameter('map_id', value='first_floor'))
    robot.look('piano', position=(20.0, 0.0, 0.0))
    client.counted(lambda s: s.observations > before, 'an observation')
    answer = client.retrieve('piano', map_id='first_floor')
    assert [p.map_id for p in answer.places] == ['first_floor']
    assert client.statistics[-1].maps == 2


@pytest.mark.parametrize(
    ('name', 'value'),
    [
        *(('retrieval.top_k', -3), ('perception.captioner', 'oracle'), ('camera.x', 'left')),
        *(('map_frame', ''), ('base_frame', '/base_link')),
    ],
)
def test_a_bad_value_at_start_is_named(start, name, value):
    process = start({name: value})
    assert process.wait() == 2
    assert name.split('.')[-1] in process.output()
    assert 'Traceback' not in process.output()
