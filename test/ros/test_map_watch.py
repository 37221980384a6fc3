"""What is told of an object map that lacks observations or was made again."""

from __future__ import annotations

import os
import threading
from types import SimpleNamespace

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from fakes import BagOfWordsEncoder, seen
import pytest

from memory_node import Memory
from memory_node.core.errors import EncoderError
from memory_node.models.sentence_encoder import SentenceEncoder
from memory_node.ros import map_watch
from memory_node.ros.map_watch import MapWatch

DOMAIN = 43


class FakeMemory:
    """A memory whose object map lacks as many of ten observations as is said."""

    def __init__(self, message=''):
        self.message = message
        self.missing = 0
        self.views = 0
        self.error = None

    def stats(self):
        return SimpleNamespace(objects_message=self.message)

    def view(self):
        self.views += 1
        if self.error is not None:
            raise self.error
        return SimpleNamespace(behind=self.missing, snapshot=range(10))


@pytest.fixture
def watch_of():
    def made(memory):
        node = SimpleNamespace(
            create_timer=lambda *args, **more: SimpleNamespace(timer_period_ns=0),
            destroy_timer=lambda timer: None,
        )
        return MapWatch(node, memory, lambda: 0.5)

    return made


def test_a_map_that_is_up_to_date_is_not_told_of(watch_of):
    memory = FakeMemory()
    watch = watch_of(memory)
    watch.look()
    assert (watch.warning(), watch.missing) == ('', 0)


def test_what_the_map_lacks_is_told_until_it_is_there(watch_of):
    memory = FakeMemory()
    watch = watch_of(memory)
    memory.missing = 7
    watch.look()
    assert watch.warning() == '7 of 10 observations are not in the object map yet'
    memory.missing = 0
    watch.look()
    assert watch.warning() == ''


def test_a_map_that_was_made_again_is_told_of_for_a_while(watch_of, monkeypatch):
    now_s = 100.0
    monkeypatch.setattr(map_watch.time, 'monotonic', lambda: now_s)
    memory = FakeMemory('making the object map again: damaged')
    watch = watch_of(memory)
    memory.missing = 3
    watch.look()
    assert watch.warning().startswith('3 of 10 observations')
    assert watch.warning().endswith('making the object map again: damaged')
    memory.missing = 0
    watch.look()
    assert watch.warning() == (
        'the object map is complete again; making the object map again: damaged'
    )
    now_s += 61.0
    assert watch.warning() == ''


def test_a_map_that_cannot_be_made_is_told_of(watch_of):
    memory = FakeMemory()
    watch = watch_of(memory)
    memory.error = EncoderError('out of memory')
    watch.look()
    assert 'out of memory' in watch.warning()
    memory.error = None
    watch.look()
    assert watch.warning() == ''


def test_closing_waits_for_a_look(watch_of):
    memory = FakeMemory()
    watch = watch_of(memory)
    memory.missing = 1
    looking, go_on = threading.Event(), threading.Event()
    view = memory.view

    def slow_view():
        looking.set()
        assert go_on.wait(30.0)
        return view()

    memory.view = slow_view
    look = threading.Thread(target=watch.look)
    look.start()
    assert looking.wait(30.0)
    close = threading.Thread(target=watch.close)
    close.start()
    close.join(0.1)
    assert close.is_alive()
    go_on.set()
    close.join(30.0)
    look.join(30.0)
    assert not close.is_alive()
    watch.look()
    assert memory.views == 1


def test_a_damaged_map_is_made_again_and_diagnosed(start, connect, folder):
    path = folder / 'memory.sqlite'
    with Memory.open(path, encoder=SentenceEncoder()) as memory:
        memory.add(seen('a', objects={'stove': (1.0, 0.0, 0.5)}))
    os.truncate(folder / 'memory.sqlite.objects', 20)
    client = connect(start({'autostart': True, 'report_interval_s': 0.1}))
    received: list[DiagnosticArray] = []
    client.subscribe(DiagnosticArray, '/diagnostics', received)
    client.until(lambda: received, 'diagnostics')
    status = received[-1].status[0]
    assert status.level == DiagnosticStatus.WARN
    assert 'making the object map again' in status.message
    values = {v.key: v.value for v in status.values}
    assert 'making the object map again' in values['object_map_message']
    assert client.retrieve('the stove').found
    client.counted(lambda s: (s.objects, s.names) == (1, 1), 'the stove')
    assert client.process.end() == 0


def test_the_fakes_fit(tmp_path):
    with Memory.open(tmp_path / 'm.sqlite', encoder=BagOfWordsEncoder()) as memory:
        assert memory.stats().objects_message == ''
        assert memory.wait_areas(60.0)
        assert memory.view().behind == 0
