"""No pictures, no people, nothing too old: in the files of a node that hears them over DDS."""

from __future__ import annotations

from rclpy.parameter import Parameter

DOMAIN = 46
PARAMETERS = {
    'keep_keyframes': False,
    'privacy.people': 'drop',
    'retrieval.trace': True,
    'report_interval_s': 0.2,
}
#: A label that is in no other file.
MARKER = 'zqxvase'


def holding(folder, word):
    return sorted(p.name for p in folder.glob('memory.sqlite*') if word in p.read_bytes())


def test_people_and_pictures_are_in_no_file(client, robot, folder):
    robot.look('person', 'chair')
    robot.look('person', position=(1.0, 0.0, 0.0))
    client.counted(lambda s: s.observations == 2, 'both observations')
    assert client.retrieve('where is the chair?').found
    assert not client.retrieve('where are people?').found
    client.save()
    assert holding(folder, b'chair')
    assert holding(folder, b'person') == []
    assert holding(folder, b'\xff\xd8\xff') == []  # how every JPEG begins


def test_what_is_too_old_leaves_every_file_while_the_node_runs(client, robot, folder):
    robot.look(MARKER, position=(2.0, 0.0, 0.0))
    client.counted(lambda s: s.observations == 3, 'the vase')
    client.save()
    assert holding(folder, MARKER.encode())
    two_seconds = Parameter('privacy.retention_h', value=2.0 / 3600.0)
    assert client.set_parameters(two_seconds)[0].successful
    client.counted(lambda s: s.observations == 0, 'that all is forgotten')
    client.until(lambda: not holding(folder, MARKER.encode()), 'clean files')
    assert client.set_parameters(Parameter('privacy.retention_h', value=0.0))[0].successful
    robot.look('lamp')
    client.counted(lambda s: s.observations == 1, 'that it goes on')


def test_answer_and_log_tell_how_long_each_stage_took(client):
    response = client.retrieve('where is the lamp?')
    assert 'relevance' in response.status.message
    assert ' ms' in response.status.message
    log = client.process.output
    client.until(lambda: '~/retrieve: view' in log(), 'the trace')
