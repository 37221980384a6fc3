"""No damage is silent: what is read is what was stored, or a typed error says that it is not."""

from __future__ import annotations

import logging
from pathlib import Path
import random
import shutil
import sqlite3
import subprocess
import sys

from fakes import BagOfWordsEncoder, seen
import pytest

from memory_node import Memory
from memory_node.core.errors import StoreFormatError
from memory_node.core.store.check import check_store
from memory_node.core.store.salvage import Salvage

ROOT = Path(__file__).resolve().parents[2]
QUESTIONS = ('lamp', 'thing3', 'room 17', 'thing5 in room 33')


def opened(path, **more):
    return Memory.open(path, encoder=BagOfWordsEncoder(), **more)


def views(first, count):
    return [
        seen(
            f'n{i}',
            (i, 0, 0),
            f'room {i} with a lamp and thing{i % 7}',
            stamp=i,
            objects={'lamp': (i, 1, 1), f'thing{i % 7}': None},
            neighbors=(f'n{i - 1}',) if i else (),
            keyframe=b'jpeg%d' % i,
        )
        for i in range(first, first + count)
    ]


def held(memory):
    """Return all that a caller can get of the observations, and some answers."""
    rows = [
        (o.id, o.caption, o.pose, o.stamp_ns, o.sightings, o.neighbors, o.keyframe, o.map_id)
        for o in memory.observations()
    ]
    places = [[(p.node_id, p.label) for p in memory.retrieve(q, 5).places] for q in QUESTIONS]
    return rows, places


@pytest.fixture(scope='module')
def filled(tmp_path_factory):
    path = tmp_path_factory.mktemp('filled') / 'm.db'
    with opened(path) as memory:
        for first in range(0, 120, 20):
            memory.add_many(views(first, 20))
        assert memory.wait_areas(30.0)
        was = held(memory)
    return path, was


@pytest.fixture
def copy(filled, tmp_path):
    for part in filled[0].parent.glob('m.db*'):
        shutil.copy(part, tmp_path / part.name)
    return tmp_path / 'm.db'


def damaged(content, kind, rng):
    """Flip a bit, replace a page, or overwrite some bytes behind the first page."""
    content = bytearray(content)
    page = 4096 * rng.randrange(1, len(content) // 4096)
    if kind == 'bit':
        content[rng.randrange(4096, len(content))] ^= 1 << rng.randrange(8)
    elif kind == 'page':
        content[page : page + 4096] = rng.randbytes(4096)
    elif kind == 'zeros':
        content[page : page + 4096] = bytes(4096)
    else:
        at, size = page + rng.randrange(4000), rng.randrange(1, 64)
        content[at : at + size] = rng.randbytes(size)
    return content


@pytest.mark.parametrize('kind', ['bit', 'page', 'zeros', 'bytes'])
def test_a_damaged_store_is_refused_or_read_right(filled, copy, kind, caplog):
    caplog.set_level(logging.CRITICAL)
    content, rng = copy.read_bytes(), random.Random(kind)
    for _ in range(8):
        copy.write_bytes(damaged(content, kind, rng))
        try:
            with opened(copy, read_only=True) as memory:
                assert held(memory) == filled[1]
        except StoreFormatError:
            continue


def test_a_check_finds_what_an_opening_does_not_read(copy):
    assert check_store(copy).problems == []
    with sqlite3.connect(copy) as db:
        db.execute("UPDATE keyframe SET jpeg = x'00' WHERE observation = 7")
    db.close()
    assert check_store(copy, quick=True).problems == []
    assert any('observation 7' in p for p in check_store(copy).problems)


@pytest.mark.parametrize(
    ('sql', 'told'),
    [
        ("UPDATE observation SET caption = 'no lamp' WHERE key = 3", 'row of observation 3'),
        ('UPDATE observation SET x = 7.5 WHERE key = 3', 'row of observation 3'),
        ('UPDATE embedding SET vector = zeroblob(256) WHERE observation = 3', 'vector of'),
        ('DELETE FROM sighting WHERE observation = 3', 'sighted of observation 3'),
        ('DELETE FROM neighbor WHERE observation = 3', 'neighbour of observation 3'),
        ("UPDATE label SET text = 'lump' WHERE text = 'lamp'", 'label'),
        ("UPDATE map SET id = 'other'", 'map'),
        ("UPDATE meta SET value = 'another' WHERE name = 'model_id'", 'says of itself'),
        ('DELETE FROM observation WHERE key = 3', 'match'),
        ('DELETE FROM words_data WHERE id > 10', 'full-text index'),
    ],
)
def test_each_table_is_checked(copy, sql, told):
    db = sqlite3.connect(copy)
    db.execute(sql)
    db.commit()
    db.close()
    with pytest.raises(StoreFormatError, match=told):
        opened(copy)
    assert any(told in problem for problem in check_store(copy, quick=True).problems)


_LOGGED = """
import os, signal, sys; sys.path[:0] = sys.argv[2:]
from fakes import BagOfWordsEncoder, seen
from memory_node import Memory
memory = Memory.open(sys.argv[1], encoder=BagOfWordsEncoder())
for i in range(10):
    memory.add(seen(f'logged{i}', (i, 0, 0), f'a shelf {i}'))
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_damaged_log_is_told(copy, caplog):
    subprocess.run([sys.executable, '-c', _LOGGED, copy, ROOT, ROOT / 'test'], check=False)
    log = Path(f'{copy}-wal')
    content = bytearray(log.read_bytes())
    content[len(content) // 2] ^= 1
    log.write_bytes(content)
    assert any('commits are missing' in p for p in check_store(copy).problems)
    with opened(copy) as memory:
        assert 120 <= len(list(memory.observations())) < 130
        assert 'commits are missing' in memory.stats().store_message
    assert 'commits are missing' in caplog.text
    with opened(copy) as memory:
        assert memory.stats().store_message == ''  # told once, it is past


def test_a_store_that_was_emptied_is_refused_and_nothing_beside_it_is_touched(copy):
    derived = {p.name: p.read_bytes() for p in copy.parent.glob('m.db.*')}
    copy.write_bytes(b'')
    for read_only in (False, True):
        with pytest.raises(StoreFormatError, match='is empty, but'):
            opened(copy, read_only=read_only)
    assert {p.name: p.read_bytes() for p in copy.parent.glob('m.db.*')} == derived


def test_what_is_readable_is_salvaged_and_the_rest_is_counted(copy):
    content, rng = bytearray(copy.read_bytes()), random.Random(5)
    page = content.find(b'room 60 with a lamp') // 4096
    for at in (page, len(content) // 4096 - 1):
        content[at * 4096 : (at + 1) * 4096] = rng.randbytes(4096)
    copy.write_bytes(content)
    salvage = Salvage(copy)
    found = {o.id: o for o in salvage.observations()}
    salvage.close()
    assert 20 < len(found) < 120
    assert salvage.losses.held == 120
    assert len(found) + len(salvage.losses.observations) <= 120
    for wanted in views(0, 120):
        if wanted.id in found:
            held = found[wanted.id]
            assert (held.caption, held.pose) == (wanted.caption, wanted.pose)
            assert held.keyframe in (wanted.keyframe, b'')
            assert held.sightings in (wanted.sightings, ())
    assert copy.read_bytes() == content
