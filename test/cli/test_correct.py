"""Corrections at the command line, as a person and as a program use them."""

from __future__ import annotations

from contextlib import redirect_stderr, redirect_stdout
import io
import json
import subprocess
import sys

import pytest

from memory_node.cli.main import main

LINES = [
    {
        'id': name,
        'stamp': 10.0 * i,
        'position': [6.0 * i, 0.0, 0.0],
        'caption': caption,
        'objects': [{'label': label, 'position': [6.0 * i + 1.0, 0.0, 0.8]}],
    }
    for i, (name, caption, label) in enumerate(
        [('k', 'a kitchen', 'microwave'), ('l', 'a living room', 'sofa')]
    )
]


@pytest.fixture(scope='module')
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp('correct')
    source = folder / 'rooms.jsonl'
    source.write_text('\n'.join(map(json.dumps, LINES)))
    assert memory(folder / 'm.db', 'import', source).returncode == 0
    return folder / 'm.db'


def memory(store, command, *args):
    """Run a command in this process."""
    command = [command, *map(str, args), '--store', str(store)]
    with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as err:
        code = main(command)
    return subprocess.CompletedProcess(command, code, out.getvalue(), err.getvalue())


def memory_process(store, *command):
    """Run a command in a process of its own."""
    return subprocess.run(
        [sys.executable, '-m', 'memory_node.cli.main', *map(str, command), '--store', str(store)],
        capture_output=True,
        text=True,
    )


def answers(store, *args):
    done = memory(store, *args, '--json')
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_correction_is_made_seen_listed_exported_and_undone(store):
    (oven,) = answers(store, 'objects', 'microwave')
    command = ('correct', 'relabel', oven['id'], 'printer', '--author', 'anna')
    told = memory_process(store, *command)
    assert told.returncode == 0
    assert f"correction 1 by anna: object {oven['id']} (microwave) is a 'printer'" in told.stderr
    (answer,) = answers(store, 'query', 'the printer')
    assert answer['found']
    assert 'corrected by anna on ' in answer['places'][0]['why']
    (made,) = answers(store, 'correct', 'place', 'room 214', '--at', '6,0', '--author', 'bob')
    assert (made['kind'], made['state']) == ('place', 'in force')
    listed = answers(store, 'corrections')
    assert [(c['id'], c['author'], c['state']) for c in listed] == [
        (1, 'anna', 'in force'),
        (2, 'bob', 'in force'),
    ]
    table = memory(store, 'corrections')
    assert 'room 214' in ' '.join(table.stdout.split())

    copied = store.with_name('copy.jsonl')
    assert memory(store, 'export', copied).returncode == 0
    assert memory(copied.with_suffix('.db'), 'import', copied).returncode == 0
    assert answers(copied.with_suffix('.db'), 'corrections') == listed

    (undone,) = answers(store, 'correct', 'undo', 1, '--author', 'anna')
    assert (undone['id'], undone['state']) == (1, 'undone')
    assert answers(store, 'objects', 'printer') == []
    assert memory(store, 'check').returncode == 0


def test_a_repaired_memory_keeps_its_corrections(store):
    done = memory(store, 'repair', '--to', store.with_name('repaired.db'))
    assert done.returncode == 0, done.stderr
    assert answers(store.with_name('repaired.db'), 'corrections') == answers(store, 'corrections')


@pytest.mark.parametrize(
    ('args', 'code', 'said'),
    [
        (('move', '99', '--to', '1,2,3'), 1, 'UNKNOWN_NODE object_id: no object has the id 99'),
        (('move', '0', '--to', 'nan,0,0'), 1, 'INVALID_QUERY position must be three finite'),
        (('name', '0', ''), 1, "INVALID_QUERY name must not be empty for 'name', got ''"),
        (('name', '0', 'x' * 1000), 1, 'INVALID_QUERY name must hold at most 128'),
        (('name', '0', 'a\x1b[31mb'), 1, r"no control or invisible characters, got 'a\x1b[31mb'"),
        (('merge', '0', '0'), 1, 'INVALID_QUERY others must be other objects, got [0, 0]'),
        (('undo', '99'), 1, 'UNKNOWN_NODE no correction has the id 99'),
        (('forget',), 1, 'INVALID_QUERY since_ns, until_ns or position must be given'),
        (('move', 'it', '--to', '1,2'), 2, 'invalid int value'),
    ],
)
def test_what_can_not_be_meant_is_refused_by_field(store, capsys, args, code, said):
    try:
        ended = main(['correct', *args, '--store', str(store)])
    except SystemExit as end:  # argparse's own
        ended = end.code
    assert ended == code
    assert said in ' '.join(capsys.readouterr().err.split())
