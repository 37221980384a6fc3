"""The WordNet extract is what the script makes, and tells what a word is."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
import importlib.util
from pathlib import Path
import sqlite3
import sys

import pytest

from memory_node.core.language.wordnet import DATA, WordNet, wordnet

SOURCE = Path('/usr/share/wordnet')
SCRIPT = Path(__file__).resolve().parents[2] / 'scripts' / 'build_wordnet.py'


@pytest.mark.skipif(
    not (SOURCE / 'data.noun').exists(), reason='needs the Debian package wordnet-base'
)
def test_the_file_is_what_the_script_makes(tmp_path):
    spec = importlib.util.spec_from_file_location('build_wordnet', SCRIPT)
    script = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = script  # dataclasses look their module up
    spec.loader.exec_module(script)
    script.build(SOURCE, tmp_path / 'new.sqlite')
    new, kept = (sqlite3.connect(f) for f in (tmp_path / 'new.sqlite', DATA / 'wordnet.sqlite'))
    for table in ('sense', 'synset', 'hypernym', 'word', 'irregular'):
        query = f'SELECT * FROM {table} ORDER BY 1, 2'
        assert new.execute(query).fetchall() == kept.execute(query).fetchall()
    new.close()
    kept.close()


def test_the_file_is_small_and_licensed():
    assert (DATA / 'wordnet.sqlite').stat().st_size < 6_000_000
    assert 'Princeton University' in (DATA / 'WORDNET_LICENSE').read_text()


@pytest.mark.parametrize('word', ['table', 'lamp', 'sign', 'dog', 'apple', 'fire', 'water'])
def test_visible(word):
    assert wordnet().is_physical(word)


@pytest.mark.parametrize('word', ['view', 'riding', 'idea', 'music', 'group', 'zzz', ''])
def test_not_visible(word):
    assert not wordnet().is_physical(word)


def test_places_and_people():
    assert all(map(wordnet().is_place, ['kitchen', 'pharmacy', 'warehouse', 'park', 'barn']))
    assert not any(map(wordnet().is_place, ['table', 'oven', 'plant', 'door', 'zzz']))
    assert all(map(wordnet().is_person, ['person', 'people', 'nurse', 'guard', 'child']))
    assert not any(map(wordnet().is_person, ['printer', 'server', 'monitor', 'speaker']))


@pytest.mark.parametrize(
    ('word', 'part'),
    [('red', 'adjective'), ('wooden', 'adjective'), ('metal', 'noun'), ('milking', 'verb'),
     ('keys', 'noun'), ('zzz', '')],
)  # fmt: skip
def test_dominant_part_of_speech(word, part):
    assert wordnet().dominant_pos(word) == part


def test_threads_share_one_file():
    words = ['fork', 'heifer', 'centrifuge', 'life jacket', 'server'] * 40
    fresh = WordNet()
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(fresh.kinds_of, words))
    assert found == [wordnet().kinds_of(word) for word in words]
