"""Packs of somebody else: a broken line is named and the rest is used; meanings follow them."""

from __future__ import annotations

import json

from fakes import BagOfWordsEncoder, seen
import numpy as np
import pytest

from memory_node import Memory, MemoryConfig
from memory_node.core.config import LanguageConfig
from memory_node.core.language.affordances import load_packs
from memory_node.core.objects.meaning import pack_vectors, purpose

GOOD = {'names': ['Kettle', 'water boiler'], 'uses': ['boil water', '  make   tea ']}


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'cache'))
    return tmp_path / 'cache' / 'memory_node'


def pack(folder, *lines, name='mine.jsonl'):
    path = folder / name
    path.write_text('\n'.join(x if isinstance(x, str) else json.dumps(x) for x in lines), 'utf-8')
    return str(path)


def test_names_are_cleaned_and_uses_kept(tmp_path):
    packs = load_packs([pack(tmp_path, GOOD, '', '   ')])
    assert packs.rows == ((('kettle', 'water boiler'), ('boil water', 'make tea')),)
    assert packs.problems == ()
    assert packs.synonyms == {'kettle': 'kettle', 'water boiler': 'kettle'}


@pytest.mark.parametrize(
    'line',
    [
        '{',
        'nonsense',
        '[1, 2]',
        'null',
        '"kettle"',
        {},
        {'names': []},
        {'names': ['  ', '#']},
        {'names': 'kettle'},
        {'names': [1]},
        {'names': ['kettle'], 'uses': 'boil water'},
        {'names': ['kettle'], 'uses': [None]},
        {'names': ['x' * 201]},
        {'names': ['kettle'] * 65},
        {'names': ['kettle'], 'uses': ['x' * 201]},
        '{"names": ["' + 'x' * 20_001 + '"]}',
        '[' * 10_000,
    ],
)
def test_a_broken_line_is_named_and_the_rest_is_used(tmp_path, line, caplog):
    path = pack(tmp_path, GOOD, line, {'names': ['anvil'], 'uses': ['forge iron']})
    packs = load_packs([path])
    assert [called[0] for called, _ in packs.rows] == ['kettle', 'anvil']
    (problem,) = packs.problems
    assert path in problem
    assert 'line 2' in problem
    assert problem in caplog.text


def test_files_that_can_not_be_read_are_named_and_the_rest_is_used(tmp_path):
    binary = tmp_path / 'binary.jsonl'
    binary.write_bytes(b'\xff\xfe\x00')
    packs = load_packs(
        [str(tmp_path / 'nowhere.jsonl'), str(tmp_path), str(binary), pack(tmp_path, GOOD)]
    )
    assert len(packs.rows) == 1
    assert len(packs.problems) == 3
    assert all(str(tmp_path) in problem for problem in packs.problems)


def test_shipped_packs_are_whole():
    packs = load_packs(LanguageConfig().affordance_packs.split(','))
    assert packs.problems == ()
    assert len(packs.rows) > 100
    for called, uses in packs.rows:
        assert called
        assert all(text == text.strip() for text in (*called, *uses))
    with_uses = [called[0] for called, uses in packs.rows if uses]
    assert len(with_uses) == len(packs.rows)


# ---- meaning ---------------------------------------------------------------------------------


class Counting(BagOfWordsEncoder):
    asked = 0

    def encode(self, texts):
        self.asked += len(texts)
        return super().encode(texts)


def vectors_of(rows_path, encoder):
    packs = load_packs([rows_path])
    return pack_vectors(packs, encoder.encode, encoder.model_id, encoder.dim)


def meaning(packs, encoder, name):
    return packs.meanings([name], encoder.encode([name]), encoder.encode([purpose(name)]))[0]


def test_a_name_of_a_pack_means_its_uses_and_another_name_of_the_row_too(tmp_path):
    encoder = BagOfWordsEncoder(dim=128)
    path = pack(tmp_path, GOOD, {'names': ['anvil'], 'uses': ['forge iron']})
    packs = vectors_of(path, encoder)
    boil, forge = encoder.encode(['boil water', 'forge iron'])
    for name in ('kettle', 'kettles', 'water boiler'):
        found = meaning(packs, encoder, name)
        assert np.linalg.norm(found) == pytest.approx(1.0, abs=1e-5)
        assert found @ boil > 0.25
        assert found @ boil > found @ forge + 0.2
    assert meaning(packs, encoder, 'anvil') @ forge > 0.4


def test_without_packs_the_sentence_is_all_there_is():
    encoder = BagOfWordsEncoder()
    packs = pack_vectors(load_packs([]), encoder.encode, encoder.model_id, encoder.dim)
    assert np.array_equal(
        meaning(packs, encoder, 'kettle'), encoder.encode([purpose('kettle')])[0]
    )
    assert packs.meanings([], np.empty((0, 64), np.float32), np.empty((0, 64))).shape == (0, 64)


def test_uses_count_by_the_nearest_rather_than_by_their_mean(tmp_path):
    encoder = BagOfWordsEncoder(dim=2048)
    one = {'names': ['pot'], 'uses': ['boil soup', 'hang it up', 'scrub it']}
    mixed = {'names': ['pan'], 'uses': ['boil it', 'boil water', 'serve soup']}
    packs = vectors_of(pack(tmp_path, one, {'names': ['stone'], 'uses': []}, mixed), encoder)
    wanted = encoder.encode(['boil soup'])[0]
    pot, stone, pan = packs.told(wanted, np.arange(3))
    assert pot > pan  # although "pan" is nearer on average
    assert (packs.of_row(2) @ wanted).mean() > (packs.of_row(0) @ wanted).mean()
    assert np.isnan(stone)
    for rows in ([], [2], [1, 0], [2, 2, 1, 0]):
        found = packs.told(wanted, np.array(rows, np.int64))
        assert found == pytest.approx([(pot, stone, pan)[row] for row in rows], nan_ok=True)


def test_a_name_in_no_pack_goes_by_the_uses_of_the_nearest_name(tmp_path):
    encoder = BagOfWordsEncoder(dim=2048)
    urn = {'names': ['tea urn', 'samovar'], 'uses': ['make tea']}
    packs = vectors_of(pack(tmp_path, GOOD, urn), encoder)
    names = ['urn', 'samovar']
    rows = packs.rows_of(names)
    assert rows.tolist() == [-1, 1]
    assert packs.nearest_rows(rows, encoder.encode(names)).tolist() == [1, 1]


def test_a_row_may_hold_names_only(tmp_path):
    encoder = BagOfWordsEncoder(dim=128)
    packs = vectors_of(pack(tmp_path, {'names': ['kettle', 'urn']}, GOOD), encoder)
    assert np.isfinite(packs.uses).all()
    assert np.isfinite(meaning(packs, encoder, 'urn')).all()


def test_vectors_are_made_once_for_a_pack_and_an_encoder(tmp_path, cache):
    path = pack(tmp_path, GOOD)
    first, again, other = Counting(), Counting(), Counting(model_id='other')
    made, read = vectors_of(path, first), vectors_of(path, again)
    assert first.asked > 0
    assert again.asked == 0
    assert np.abs(made.uses - read.uses).max() < 1e-2
    assert np.abs(made.world - read.world).max() < 1e-2
    assert made.rows == read.rows
    vectors_of(path, other)
    assert other.asked > 0
    changed = Counting()
    vectors_of(pack(tmp_path, GOOD, {'names': ['anvil'], 'uses': ['forge']}), changed)
    assert changed.asked > 0
    assert [p.name for p in cache.iterdir() if 'tmp' in p.name] == []


@pytest.mark.parametrize('damage', ['empty', 'noise', 'cut'])
def test_damaged_vectors_are_made_again(tmp_path, cache, damage):
    path = pack(tmp_path, GOOD)
    made = vectors_of(path, BagOfWordsEncoder())
    vectors_of(path, BagOfWordsEncoder())  # which this process keeps
    (file,) = cache.iterdir()
    whole = file.read_bytes()
    file.write_bytes(
        {'empty': b'', 'noise': b'\x00' * 999, 'cut': whole[: len(whole) // 2]}[damage]
    )
    again = Counting()
    read = vectors_of(path, again)
    assert again.asked > 0
    assert np.allclose(made.uses, read.uses, atol=1e-2)


def test_a_cache_that_can_not_be_written_costs_only_time(tmp_path, monkeypatch):
    monkeypatch.setenv('XDG_CACHE_HOME', '/dev/null')
    assert len(vectors_of(pack(tmp_path, GOOD), BagOfWordsEncoder()).starts) == 1


def test_a_memory_uses_the_packs_it_is_given(tmp_path):
    rows = [
        {'names': ['flux capacitor'], 'uses': ['travel back in time']},
        {'names': ['lamp'], 'uses': ['light a dark room']},
    ]
    config = MemoryConfig(
        language=LanguageConfig(affordance_packs=f'everyday,{pack(tmp_path, *rows, "broken")}')
    )
    with Memory.open(tmp_path / 'm.db', encoder=BagOfWordsEncoder(), config=config) as memory:
        for i, label in enumerate(('lamp', 'flux capacitor', 'sofa')):
            memory.add(
                seen(label, (9.0 * i, 0.0, 0.0), stamp=i, objects={label: (9.0 * i, 1.0, 0.5)})
            )
        found = memory.retrieve('I want to travel back in time')
        assert found.places[0].label == 'flux capacitor'
        assert 'can serve for' in found.places[0].why
