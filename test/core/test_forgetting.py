"""What is forgotten is in no file, and people never get into one where they are to be dropped."""

from __future__ import annotations

import json
import sqlite3

from fakes import BagOfWordsEncoder, seen
import numpy as np
import pytest

from memory_node import Memory, MemoryConfig
from memory_node.core.config import PrivacyConfig
from memory_node.core.errors import EmptyMemoryError
from memory_node.core.language.affordances import load_packs
from memory_node.core.language.people import People
from memory_node.core.ports import Completion
from memory_node.core.store.check import check_store

#: In every text, id, label and picture of what is to be forgotten; and how FTS5 stems it.
MARKER = 'zqxmarker'
HOUR_S = 3600.0


def opened(path, model=None, **privacy):
    config = MemoryConfig(privacy=PrivacyConfig(**privacy))
    return Memory.open(path, encoder=BagOfWordsEncoder(), config=config, language_model=model)


def marked(i, stamp):
    """Return a view of things and a room that only it speaks of."""
    return seen(
        f'{MARKER}{i}',
        (i % 9, i // 9, 0),
        f'a {MARKER} hall with a {MARKER} lamp {i}. The {MARKER} is old.',
        stamp=stamp,
        objects={f'{MARKER} lamp': (i % 9, 1 + i // 9, 1), 'chair': (i % 9, 2, 1)},
        keyframe=MARKER.encode() * 100 + bytes([i % 256]) * 3000,
        source=MARKER,
    )


def plain(i, stamp):
    return seen(
        f'n{i}',
        (i % 9, i // 9, 0),
        f'an office with a desk and a printer {i}',
        stamp=stamp,
        objects={'desk': (i % 9, 1, 1), 'chair': (i % 9, 2, 1), f'thing{i % 5}': None},
        neighbors=(f'{MARKER}{i}', f'n{i - 1}'),
        keyframe=b'jpeg' * 500,
    )


def traces(folder):
    """Return the names of files that hold the marker, and words of it in the full-text index."""
    found = [p.name for p in sorted(folder.iterdir()) if MARKER[:6].encode() in p.read_bytes()]
    for store in folder.glob('*.db'):
        db = sqlite3.connect(f'file:{store}?mode=ro', uri=True)
        db.execute("CREATE VIRTUAL TABLE temp.terms USING fts5vocab(main, words, 'row')")
        found += [term for (term,) in db.execute('SELECT term FROM terms') if 'zqx' in term]
        db.close()
    return found


def holding(folder, contents):
    """Return the names of files that hold one of some bytes."""
    files = {p.name: p.read_bytes() for p in folder.iterdir()}
    return {name for name, held in files.items() if any(c in held for c in contents)}


def fill(memory, count=120):
    for first in range(0, count, 20):
        some = range(first, first + 20)
        memory.add_many([marked(i, 10.0 + i) for i in some])
        memory.add_many([plain(i, 100 * HOUR_S + i) for i in some])
    assert memory.wait_areas(30.0)
    lamp = memory.objects(f'{MARKER} lamp')[0]
    memory.correct('name', author=MARKER, object_id=lamp.id, name=f'{MARKER} of Anna', stamp=50.0)
    memory.correct('confirm', author='anna', object_id=lamp.id, stamp=100 * HOUR_S)
    chair = memory.objects('chair')[0]
    memory.correct('name', author='anna', object_id=chair.id, name='throne', stamp=100 * HOUR_S)
    memory.correct(
        'place', author=MARKER, name=f'{MARKER} room', position=(1.0, 1.0, 0.0), stamp=60.0
    )
    assert memory.wait_areas(30.0)
    memory.save()


def test_what_is_too_old_is_in_no_file(tmp_path):
    path = tmp_path / 'm.db'
    with opened(path, retention_h=48.0) as memory:
        fill(memory)
        assert memory.wait_indexed(30.0)
        memory.save()
        vector = memory.observation(f'{MARKER}7').embedding
        vectors = [vector.tobytes(), vector.astype(np.float16).astype(np.float32).tobytes()]
        assert holding(tmp_path, vectors) == {'m.db', 'm.db.hnsw'}
        assert len(traces(tmp_path)) >= 4  # store, its words, object map, forest
        assert memory.forget_old(now=40 * HOUR_S) == 0
        assert memory.forget_old(now=101 * HOUR_S) == 122
        assert memory.wipe_due
        memory.save()
        assert not memory.wipe_due
        assert traces(tmp_path) == []
        assert memory.wait_areas(30.0)
        memory.save()
        assert traces(tmp_path) == []
        assert memory.stats().observations == 120
        assert memory.retrieve('the desk').found
        assert [c.state for c in memory.corrections()] == ['lost', 'in force']
        assert memory.objects('throne')
        memory.save(tmp_path / 'copy.db')
    assert traces(tmp_path) == []
    assert holding(tmp_path, vectors) == set()
    assert check_store(path).problems == []
    with opened(path) as memory:
        assert {o.neighbors[0] for o in memory.observations()} == {''}
        assert memory.stats().index_rebuilds == 0
        memory.add(marked(500, 1.0))
        assert memory.retrieve(f'{MARKER} lamp').places[0].node_id == f'{MARKER}500'


def test_a_reader_and_a_restart_do_not_keep_what_was_forgotten(tmp_path):
    path = tmp_path / 'm.db'
    with opened(path) as memory:
        fill(memory, 40)
        with Memory.open(path, encoder=BagOfWordsEncoder(), read_only=True) as reader:
            held = reader.observations()
            next(held)  # the reader needs the log as it is
            memory.forget([f'{MARKER}{i}' for i in range(40)])
            memory.save()
            held.close()
            assert reader.stats().observations == 40
            assert reader.retrieve('the desk').found
            things = {'desk', 'chair', *(f'thing{i}' for i in range(5))}
            assert set(reader.snapshot().labels) == things
        memory.save()
        assert not memory.wipe_due
    # What people said of it is a correction of its own, and as old as that.
    assert traces(tmp_path) == ['m.db']
    with opened(path, retention_h=1.0) as memory:
        assert memory.forget_old(now=100 * HOUR_S) == 2
    assert traces(tmp_path) == []
    assert check_store(path).problems == []


class Namer:
    """Words areas from what it is shown, as a language model does."""

    model_id = 'namer'

    def complete(self, *, instruction, data, schema, max_tokens):
        areas = [
            {
                'index': one['index'],
                'name': f'place of {next(iter(one.get("objects", {"things": 1})))}',
                'summary': 'There are ' + ', '.join(one.get('objects', {'things': 1})) + '.',
                'relations': [],
            }
            for one in json.loads(data)
        ]
        return Completion(value={'areas': areas}, prompt_tokens=1, completion_tokens=1)


@pytest.mark.parametrize('later', [Namer(), None], ids=['with the model', 'without it'])
def test_texts_of_a_language_model_are_forgotten_too(tmp_path, later):
    path = tmp_path / 'm.db'
    with opened(path, Namer()) as memory:
        memory.add_many([marked(i, 10.0 + i) for i in range(30)])
        assert memory.wait_areas(30.0)
        memory.save()
        assert any('texts' in name for name in traces(tmp_path))
    with opened(path, later) as memory:
        memory.add_many([plain(i, 100.0 + i) for i in range(30)])
        memory.forget([f'{MARKER}{i}' for i in range(30)])
    assert traces(tmp_path) == []


def test_it_leaves_in_steps_and_never_late(tmp_path):
    with opened(tmp_path / 'm.db', retention_h=24.0) as memory:
        memory.add_many([seen(f'n{i}', caption='a lamp', stamp=i * 600.0) for i in range(200)])
        went = []
        for now in range(int(24 * HOUR_S), 200 * 600, 60):
            went.append(memory.forget_old(now=now))
            assert now - memory.snapshot().stamps.min() / 1e9 < 24 * HOUR_S
        assert 8 <= sum(map(bool, went)) <= 10  # about once an hour, in 9 hours and 20 minutes


def test_people_are_left_out_before_anything_is_stored(tmp_path):
    path = tmp_path / 'm.db'
    view = seen(
        'n',
        caption='A nurse talks to a patient. A bed stands here. There is a person and a bed.',
        objects={'person': (1, 1, 1), 'bed': (2, 1, 1)},
        embedding=BagOfWordsEncoder().encode(['nurse'])[0],
    )
    alone = seen('alone', objects={'Person': (1, 1, 1)})
    listed = seen('listed', caption='person, desk', objects={'person': None, 'desk': None})
    with opened(path, people='drop') as memory:
        memory.add_many([view, alone, listed])
        held = {o.id: o for o in memory.observations()}
        assert held['n'].caption == 'A bed stands here. There is a bed.'
        assert [s.label for s in held['n'].sightings] == ['bed']
        vector = BagOfWordsEncoder().encode([held['n'].caption])[0]
        assert abs(float(vector @ memory.observation('n').embedding) - 1.0) < 1e-5
        assert (held['alone'].caption, held['alone'].sightings) == ('nothing recognised', ())
        assert held['listed'].caption == 'desk'
        assert memory.stats().without_people == 3
        assert not memory.retrieve('people').found
        assert memory.wait_areas(30.0)
    for file in tmp_path.iterdir():
        content = file.read_bytes().lower()
        assert not any(word in content for word in (b'nurse', b'patient', b'person', b'people'))


@pytest.fixture(scope='module')
def people():
    rows = load_packs(['everyday', 'trades']).rows
    return People(name for called, _ in rows for name in called)


@pytest.mark.parametrize(
    ('label', 'is_person'),
    [
        *[(word, True) for word in ('Person', 'security guard', 'human face', 'group of people')],
        *[(word, True) for word in ('man in a red shirt', 'person#2', 'truck driver', 'hand')],
        *[(word, False) for word in ('planter', 'card reader', 'baby stroller', 'bed#runner')],
        *[(word, False) for word in ("woman's handbag", 'statue', 'dishwasher', 'dog')],
    ],
)
def test_the_vocabulary_says_what_people_are(people, label, is_person):
    assert people.means_person(label) is is_person


@pytest.mark.parametrize(
    ('caption', 'kept'),
    [
        ('A kitchen. She is cooking. The oven is on.', 'A kitchen. The oven is on.'),
        ('Two people walk down a hallway\nA lamp', 'A lamp'),
        ("A person's hand rests on a mouse. A desk.", 'A desk.'),
        ('A table is set for the guests. ' + 'A very long hall with a lamp ' * 200, ''),
        ('There are no people here.', 'There are no people here.'),
        ('The arm of a chair next to the foot of a bed.',) * 2,
        ('A door with the sign "men at work".',) * 2,
    ],
)
def test_sentences_about_people_go_whole(people, caption, kept):
    assert people.spared(caption) == kept


def test_a_memory_is_empty_once_everything_is_forgotten(tmp_path):
    with opened(tmp_path / 'm.sqlite') as memory:
        memory.add_many(marked(i, 100 + i) for i in range(20))
        assert memory.retrieve(f'{MARKER} lamp').found
        memory.forget([o.id for o in memory.observations()])
        with pytest.raises(EmptyMemoryError):
            memory.retrieve(f'{MARKER} lamp')
        assert not memory.objects()
        memory.add(marked(1, 200))
        assert memory.retrieve(f'{MARKER} lamp').found
