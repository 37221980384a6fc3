"""Two robots in one domain, and processes that are killed and come back, over DDS."""

from __future__ import annotations

from contextlib import contextmanager
import os
from pathlib import Path
import signal
import subprocess
import sys
import time

from fakes import BagOfWordsEncoder
from memory_msgs.msg import Status
import pytest

from memory_node import Memory
from memory_node.core.store.check import check_store

DOMAIN = 84
PARAMETERS = {'perception.captioner': 'detections'}
SENSORS = Path(__file__).parent / 'sensor_process.py'


@contextmanager
def sensors(namespace, label, began_s):
    """Sensors of one robot in a process of their own, killed at the end."""
    environment = dict(os.environ, ROS_DOMAIN_ID=str(DOMAIN), OMP_NUM_THREADS='1')
    command = [sys.executable, str(SENSORS), namespace, label, str(began_s)]
    process = subprocess.Popen(command, env=environment)
    try:
        yield
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def node(start, eager, folder):
    """Start a node with a store of its own."""
    return lambda store, namespace='': start(
        {**eager, 'memory_path': str(folder / store)}, namespace
    )


def test_two_robots_in_one_domain_do_not_mix(node, connect, folder):
    began_s = time.time()
    seen = {'a b ü.sqlite': 'sofa', 'two.sqlite': 'bed'}
    clients = {store: connect(node(store)) for store in seen}
    one, two = (client.process for client in clients.values())
    with sensors(one.namespace, 'sofa', began_s), sensors(two.namespace, 'bed', began_s):
        for client, own, other in zip(
            clients.values(), seen.values(), reversed(seen.values()), strict=True
        ):
            client.counted(lambda s: s.observations >= 3, 'observations')
            assert client.retrieve(own).places[0].label == own
            assert not client.retrieve(f'the {other}').found
        # Whoever is given a store that somebody writes to is told, and nothing happens to it.
        third = node('two.sqlite')
        assert third.wait() == 1
        assert 'configure failed: STORE_ACCESS' in third.output()
        assert clients['two.sqlite'].retrieve('bed').found
    assert [process.end(signal.SIGTERM) for process in (one, two)] == [0, 0]
    for store, label in seen.items():
        assert not check_store(folder / store).problems
        with Memory.open(folder / store, encoder=BagOfWordsEncoder()) as memory:
            assert {s.label for o in memory.observations() for s in o.sightings} == {label}


def test_sensors_that_are_killed_and_come_back_go_on_in_the_same_map(node, connect, folder):
    began_s, stored = time.time(), 0
    client = connect(node('sensors.sqlite'))
    for _ in range(2):
        with sensors(client.process.namespace, 'sofa', began_s):
            told = client.counted(lambda s, n=stored: s.observations >= n + 3, 'more')
        stored = told.observations
    assert client.statistics[-1].maps == 1
    answer = client.retrieve('sofa')
    assert (answer.status.code, answer.found) == (Status.OK, True)
    assert client.process.end() == 0
    assert 'internal error' not in client.process.output()
    assert not check_store(folder / 'sensors.sqlite').problems


def test_a_node_that_is_killed_comes_back_with_all_it_had(node, connect, folder):
    client = connect(node('killed.sqlite'))
    namespace = client.process.namespace
    with sensors(namespace, 'sofa', time.time()):
        for _ in range(2):
            stored = client.counted(lambda s: s.observations >= 3, 'observations').observations
            client.process.process.kill()
            client.process.wait()
            client.process = node('killed.sqlite', namespace)
            told = client.fresh()  # what the one before it said last may come yet
            assert told.observations >= stored
            assert client.retrieve('sofa').found
            client.counted(lambda s, n=told.observations: s.observations > n, 'one more')
        assert client.statistics[-1].maps == 1
    assert client.process.end() == 0
    assert 'internal error' not in client.process.output()
    assert not check_store(folder / 'killed.sqlite').problems
