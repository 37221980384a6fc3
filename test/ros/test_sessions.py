"""A run whose odometry begins anew is kept as a map of its own; one that goes on is not."""

from __future__ import annotations

DOMAIN = 86
PARAMETERS = {'pose_source': 'odom'}


def run(client, robot, x, label):
    """Look at a thing from ``x``, then end the node; return the map, and what the node said."""

    def seen():
        robot.look(label, position=(x, 0.0, 0.0))
        return next((p for p in client.retrieve(label).places if p.label == label), None)

    place = client.until(seen, label)
    assert client.process.end() == 0
    return place.map_id, client.process.output()


def test_runs_of_a_robot_without_localisation(client, robot, start, connect, eager):
    def again(x, label, **given):
        other = connect(start({**eager, **given}))
        begun = type(robot)(other)
        begun.describe_by('detections')
        begun.await_listener()
        return run(other, begun, x, label)

    map_id, said = run(client, robot, 4.0, 'lamp')
    assert map_id == 'map'
    assert 'sessions.new auto, sessions.join auto' in said
    map_id, said = again(0.0, 'chair')
    assert map_id == 'map~2'
    assert "it is kept as map 'map~2' until the two are joined (sessions.new: never" in said
    map_id, said = again(0.2, 'cup')
    assert map_id == 'map~2'
    assert "map 'map~2' holds an earlier run in frame 'odom' and goes on" in said
    assert again(0.2, 'sofa', **{'sessions.new': 'always'})[0] == 'map~3'
    # Killed on the way, far from where odometry would begin anew, and back a metre farther.
    assert again(600.0, 'bed')[0] == 'map~4'
    assert again(601.0, 'plant')[0] == 'map~4'
