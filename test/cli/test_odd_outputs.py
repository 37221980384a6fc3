"""Terminals without an é, outputs that are full or gone, and users without a home."""

from __future__ import annotations

import json
import os
from pathlib import Path
import subprocess
import sys

from fakes import BagOfWordsEncoder, seen
import pytest

from memory_node import Memory

#: The command with a small encoder, as a process of its own.
COMMAND = """
import pwd, sys
from fakes import BagOfWordsEncoder
from memory_node.cli import common, main
common.SentenceEncoder = lambda model: BagOfWordsEncoder()
if '--nobody' in sys.argv:  # as in a container that is run by a number
    sys.argv.remove('--nobody')
    def unknown(number):
        raise KeyError(number)
    pwd.getpwuid = unknown
sys.exit(main.main())
"""


@pytest.fixture(scope='module')
def store(tmp_path_factory):
    path = tmp_path_factory.mktemp('café') / 'm.sqlite'
    with Memory.open(path, encoder=BagOfWordsEncoder()) as memory:
        memory.add_many(
            seen(f'n{i}', (i, 0, 0), 'a café 椅子 lamp', stamp=i, objects={'lampe é': (i, 1, 1)})
            for i in range(3)
        )
    return path


def run(*arguments, stdout=subprocess.PIPE, **environment):
    test = Path(__file__).parents[1]
    held = {name: value for name, value in os.environ.items() if name not in environment}
    held |= {name: value for name, value in environment.items() if value is not None}
    return subprocess.run(
        [sys.executable, '-c', COMMAND, *map(str, arguments)],
        env={**held, 'PYTHONPATH': f'{test}:{test.parent}'},
        stdout=stdout,
        stderr=subprocess.PIPE,
        timeout=120.0,
    )


def test_what_a_terminal_has_no_character_for_is_written_as_an_escape(store):
    encoding = 'ascii'
    done = run('query', 'lampe é', '--store', store, PYTHONIOENCODING=encoding)
    assert done.returncode == 0, done.stderr
    assert b'Traceback' not in done.stderr
    done = run('query', 'lamp', '--store', store, '--json', PYTHONIOENCODING=encoding)
    assert json.loads(done.stdout.decode(encoding))['places'][0]['caption'] == 'a café 椅子 lamp'


@pytest.mark.parametrize('form', [(), ('--json',)])
def test_an_output_that_is_full_is_told_in_a_line(store, form):
    with open('/dev/full', 'wb') as full:
        done = run('query', 'lamp', '--store', store, *form, stdout=full)
    assert done.returncode in (1, 120)
    assert b'No space left' in done.stderr
    assert b'Traceback' not in done.stderr


def test_a_path_that_is_none_is_told_in_a_line(tmp_path):
    for arguments in (
        ('stats', '--store', tmp_path / ('x' * 300)),
        ('encoder', '--to', '/proc/x'),
    ):
        done = run(*arguments)
        assert done.returncode == 1
        assert b'Traceback' not in done.stderr
        assert str(arguments[-1])[:12].encode() in done.stderr.replace(b'\n', b'')


def test_a_user_without_a_home_asks_a_store_that_is_named(store):
    done = run('--nobody', 'query', 'lamp', '--store', store, HOME=None, XDG_CACHE_HOME=None)
    assert (done.returncode, b'Traceback' in done.stderr) == (0, False), done.stderr
    done = run('--nobody', 'stats', HOME=None, XDG_DATA_HOME=None, MEMORY_STORE=None)
    assert done.returncode == 1
    assert b'no memory at memory.sqlite' in done.stderr
