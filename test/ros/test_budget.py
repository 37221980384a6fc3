"""What the node takes of the machine: its budget of memory, and no torch."""

from __future__ import annotations

from pathlib import Path

from memory_msgs.msg import Status
from process_usage import usage_of
import pytest

from memory_node import Memory
from memory_node.core.data import Observation, Pose, Sighting

DOMAIN = 44
OBSERVATIONS = 3000
#: Of its own [MB], as docs/reliability.md promises: with so many observations, and while pictures
#: of 1920x1080 with depth come as fast as they are taken.
BUDGET_MB, BUSY_BUDGET_MB = 300, 400
WIDTH, HEIGHT, PICTURES = 1920, 1080, 12
PARAMETERS = {'ingest.companion_timeout_s': 5.0}
ROOMS = ('a sofa and a lamp', 'a stove and a sink', 'a bed and a wardrobe', 'a desk and a chair')


@pytest.fixture(scope='module')
def eager(eager, folder):
    with Memory.open(folder / 'memory.sqlite') as memory:
        memory.add_many(
            Observation(
                id=f'before-{i}',
                stamp_ns=i * 10**9,
                pose=Pose.from_yaw((100.0 + i % 60, i // 60, 0.0), 0.0),
                caption=f'{ROOMS[i // 60 % 4]} by window {i % 20}',
                sightings=tuple(
                    Sighting(label=w.split()[1]) for w in ROOMS[i // 60 % 4].split(' and ')
                ),
            )
            for i in range(OBSERVATIONS)
        )
    return eager


def own_mb(client):
    return usage_of(client.process.process.pid).own_mb


def test_it_keeps_within_its_budget(client, robot):
    client.counted(lambda s: s.observations == OBSERVATIONS, 'the observations')
    for text in ('the lamp next to the sofa', 'where can I wash my hands?', 'the nearest bed'):
        assert client.retrieve(text).status.code == Status.OK
    assert own_mb(client) < BUDGET_MB
    picture, depth, largest = robot.image(WIDTH, HEIGHT), robot.depth(2.0, WIDTH, HEIGHT), 0.0
    for i in range(PICTURES):
        stamp = robot.now()
        robot.publish('odom', robot.odometry((0.1 * i, 0.0, 0.0)), stamp)
        robot.publish('depth', depth, stamp)
        robot.publish('image', picture, stamp)
        if i % 4 == 0:
            robot.publish('detections', robot.detections('chair'), stamp)
        known = len(client.statistics)
        client.until(lambda n=known: len(client.statistics) > n, 'statistics')
        largest = max(largest, own_mb(client))
    client.counted(lambda s: s.images_received > PICTURES // 3, 'pictures')

    def stored():  # so large a picture may be lost, with whatever was seen in it
        robot.look('chair')
        return client.fresh().observations > OBSERVATIONS

    client.until(stored, 'one that is stored')
    assert largest < BUSY_BUDGET_MB, largest


def test_it_runs_without_torch(client):
    maps = Path(f'/proc/{client.process.process.pid}/maps').read_text()
    assert 'onnxruntime' in maps
    assert 'torch' not in maps
