"""A rival, a data set and a kind of world are one file each: nothing else names them."""

from __future__ import annotations

import sys

from fakes import BagOfWordsEncoder
import pytest

from memory_bench import datasets, methods
from memory_bench.datasets.load import load_data_sets
from memory_bench.datasets.types import LoadOptions
from memory_bench.methods import registry
from memory_bench.methods.cost import CachingEncoder
from memory_sim.furniture import furnishing
from memory_sim.world import generate, kinds

RIVAL = """
from memory_bench.methods.bounds import RandomMethod

NAMES = ('dice', 'dice+llm')
NEEDS_MODEL = ('dice+llm',)


def make(name, encoder, options):
    return RandomMethod(name, options.seed)
"""

DATA_SET = """
from memory_bench.datasets.types import DataSet

EXPECTS = 'notes.txt'


def reads(path):
    return (path / EXPECTS).is_file()


def load(path, encoder, options):
    return [DataSet(name='notes', kind='home', observations=(), questions=())], ['noted']
"""

FARM = """
from memory_sim.world.plan import Sketch

RECIPES = {'barn': lambda layout, kinds: layout.against_wall('shelf', front_m=0.4)}
ESSENTIALS = {'barn': frozenset({'shelf'})}
FINISHES = {'barn': (('concrete',), ('gray',), ('plaster',), ('green',))}


def plan(rng, size):
    sketch = Sketch()
    barn = sketch.add('barn', 'barn', (0.0, 0.0, 6.0, 5.0))
    yard = sketch.add('corridor', 'porch', (6.0, 0.0, 9.0, 5.0))
    sketch.join(barn, yard)
    return sketch
"""


@pytest.fixture
def added(tmp_path, monkeypatch):
    """Put a module into a package, from a folder of its own, for one test."""
    caches = (
        registry._modules, kinds.kind_names, kinds.room_table, furnishing._recipes,
        furnishing._essentials,
    )  # fmt: skip
    names = []

    def add(package, name, text):
        folder = tmp_path / package.__name__
        folder.mkdir()
        (folder / f'{name}.py').write_text(text)
        monkeypatch.setattr(package, '__path__', [*package.__path__, str(folder)])
        names.append(f'{package.__name__}.{name}')
        for cache in caches:
            cache.cache_clear()

    yield add
    monkeypatch.undo()
    for name in names:
        sys.modules.pop(name, None)
    for cache in caches:
        cache.cache_clear()


def test_a_rival(added):
    added(methods, 'dice', RIVAL)
    names = registry.method_names()
    assert names.index('lightrag') < names.index('dice') < names.index('ours')
    assert registry.make_method('dice', CachingEncoder(BagOfWordsEncoder())).name == 'dice'
    assert registry.needs_model('dice+llm')
    assert not registry.needs_model('dice')


def test_two_rivals_of_one_name_are_refused(added):
    added(methods, 'dice', RIVAL.replace("'dice',", "'bm25',"))
    with pytest.raises(ValueError, match='bm25'):
        registry.method_names()


def test_a_data_set(added, tmp_path):
    added(datasets, 'notes', DATA_SET)
    (tmp_path / 'notes.txt').write_text('')
    found, notes = load_data_sets(tmp_path, BagOfWordsEncoder(), LoadOptions())
    assert [d.name for d in found] == ['notes']
    assert notes == ['noted']


def test_a_kind_of_world(added, monkeypatch):
    added(kinds, 'farm', FARM)
    monkeypatch.setattr(generate, 'WORLD_KINDS', kinds.kind_names())
    world = generate.generate_world('farm', 3)
    assert {room.kind for room in world.rooms} == {'barn', 'corridor'}
    (barn,) = (room for room in world.rooms if room.kind == 'barn')
    assert barn.wall_color == 'green'
    assert 'shelf' in {thing.label for thing in world.objects if thing.region_id == barn.id}


def test_a_room_that_two_kinds_describe_is_refused(added):
    added(kinds, 'farm', FARM.replace("'barn'", "'garage'"))
    with pytest.raises(ValueError, match='garage'):
        kinds.room_table('RECIPES')
