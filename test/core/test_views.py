"""What is kept from one question to the next holds for as long as nothing changes."""

from __future__ import annotations

import gc
import time
import weakref

from fakes import BagOfWordsEncoder, seen
import pytest

from memory_node import Memory

DAY = 86_400


@pytest.fixture
def memory(tmp_path):
    with Memory.open(tmp_path / 'm.db', encoder=BagOfWordsEncoder()) as opened:
        opened.add_many(
            seen(f'{i}', (3.0 * i, 0.0, 0.0), stamp=i, objects={'lamp': (3.0 * i, 1.0, 1.0)})
            for i in range(8)
        )
        assert opened.wait_areas(30.0)
        yield opened


def found(memory: Memory, text: str, **values: float) -> list[str]:
    return [place.node_id for place in memory.retrieve(text, k=20, **values).places]


def test_questions_of_one_moment_share_a_view(memory):
    view = memory.view()
    assert view.snapshot is memory.snapshot()
    found(memory, 'a lamp')
    assert memory.view() is view


def test_the_next_question_sees_what_was_added_and_not_what_was_forgotten(memory):
    view = memory.view()
    assert 'cup' not in found(memory, 'a cup')
    memory.add(seen('cup', (0.0, 5.0, 0.0), stamp=50, objects={'cup': (0.0, 6.0, 1.0)}))
    assert memory.view() is not view
    assert found(memory, 'a cup')[0] == 'cup'
    assert memory.view().newest_ns == 50 * 10**9
    memory.forget(['cup'])
    assert 'cup' not in found(memory, 'a cup')
    assert len(view.snapshot) == len(memory.view().snapshot) == 8
    assert view.newest_ns == memory.view().newest_ns == 7 * 10**9


def test_a_view_is_freed_when_the_next_one_was_asked(memory):
    for text in ('a red lamp', 'a lamp near a lamp', 'a lamp in the kitchen'):
        found(memory, text)
    before = weakref.ref(memory.view())
    gc.disable()
    try:
        memory.add(seen('cup', (0.0, 5.0, 0.0), stamp=50, objects={'cup': (0.0, 6.0, 1.0)}))
        found(memory, 'a cup')
        deadline = time.monotonic() + 30.0
        while before() is not None and time.monotonic() < deadline:
            time.sleep(0.01)
        assert before() is None
    finally:
        gc.enable()


def test_a_text_is_read_anew_when_time_has_passed(memory):
    text = 'a lamp that was seen today'
    assert memory.retrieve(text, now=20.0).places[0].unmet == ()
    assert memory.retrieve(text, now=20.0 + 3 * DAY).places[0].unmet
    assert memory.retrieve(text, now=20.0).places[0].unmet == ()


def test_times_of_rooms_are_those_of_their_views(memory):
    view = memory.view()
    first, last = view.room_times
    assert len(first) == len(last) == len(view.rooms)
    for room in range(len(view.rooms)):
        stamps = view.snapshot.stamps[view.rooms.rows_of(room)]
        assert (first[room], last[room]) == (stamps.min(), stamps.max())
