from forest.invariants import check_invariants
from hypothesis import example, given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

from memory_node.core.config import ForestConfig
from memory_node.core.errors import (
    IndexDamagedError,
    InvalidObservationError,
    StoreVersionError,
    UnknownNodeError,
)
from memory_node.core.forest import dump_forest, Forest, load_forest

DIM = 8


def small(**settings_: int) -> ForestConfig:
    return ForestConfig(fan_out=4, leaf_fan_out=5, **settings_)


def vector(rng: np.random.Generator) -> np.ndarray:
    return rng.standard_normal(DIM).astype(np.float32)


def grown(n: int, config: ForestConfig, spread: float = 30.0, seed: int = 0) -> Forest:
    rng = np.random.default_rng(seed)
    forest = Forest(config, DIM)
    for key in range(n):
        links = [(key - 1, 1.0)] if key and rng.random() < 0.8 else []
        forest.insert(
            key, rng.random(3) * [spread, spread, 0.0], vector(rng), stamp_ns=key, links=links
        )
    return forest


@settings(deadline=None, max_examples=20)
@example(seed=64900, steps=68, spread=3.0)  # drawing an area anew filled its parent
@given(
    seed=st.integers(0, 2**32 - 1),
    steps=st.integers(1, 120),
    spread=st.sampled_from([0.0, 3.0, 40.0, 5000.0]),
)
def test_invariants_hold_whatever_comes_goes_and_moves(seed, steps, spread):
    rng = np.random.default_rng(seed)
    forest = Forest(small(), DIM)
    ever: set[int] = set()
    alive: list[int] = []
    for key in range(steps):
        before = set(forest.nodes)
        what = rng.random()
        if what < 0.65 or not alive:
            near = rng.choice(alive, min(2, len(alive)), replace=False) if alive else []
            forest.insert(
                key,
                rng.random(3) * [spread, spread, rng.choice([0.0, 6.0])],
                vector(rng),
                stamp_ns=int(rng.integers(1000)),
                map_id=str(rng.choice(['home', 'work'])),
                links=[(int(k), float(rng.random())) for k in near],
            )
            alive.append(key)
        elif what < 0.8:
            forest.remove(alive.pop(int(rng.integers(len(alive)))))
        elif what < 0.95:
            forest.move(alive[int(rng.integers(len(alive)))], rng.random(3) * spread)
        else:
            forest.tidy()
        ever |= before
        assert not (set(forest.nodes) - before) & ever  # an id that is gone stays gone
        if key % 12 == 0:
            check_invariants(forest)
    forest.tidy()
    check_invariants(forest)
    vectors = {k: forest.leaves.vectors[forest.leaves.slot(k)] for k in alive}
    data = dump_forest(forest)
    loaded = load_forest(data, small(), lambda keys: stacked(vectors, keys))
    check_invariants(loaded)
    assert dump_forest(loaded) == data
    for key in alive:
        forest.remove(key)
    assert not forest.nodes
    assert not forest.trunks


def stacked(vectors: dict[int, np.ndarray], keys: list[int]) -> np.ndarray:
    return np.array([vectors[k] for k in keys], np.float32).reshape(len(keys), DIM)


def test_a_loaded_forest_goes_on_as_the_saved_one_would():
    first = grown(200, small())
    vectors = {k: first.leaves.vectors[first.leaves.slot(k)].copy() for k in range(200)}
    second = load_forest(dump_forest(first), small(), lambda keys: stacked(vectors, keys))
    rng = np.random.default_rng(1)
    for key in range(200, 300):
        position, meaning = rng.random(3) * [30, 30, 0], vector(rng)
        for forest in (first, second):
            forest.insert(key, position, meaning, stamp_ns=key, links=[(key - 1, 1.0)])
    check_invariants(second)
    assert dump_forest(first) == dump_forest(second)


@pytest.mark.parametrize('leaves', [1, 2, 3])
def test_a_handful_of_leaves_is_a_forest(leaves):
    forest = grown(leaves, ForestConfig())
    check_invariants(forest)
    (root,) = forest.roots()
    assert root.count == leaves
    assert sorted(forest.leaf_keys(root).tolist()) == list(range(leaves))


def test_an_empty_forest_has_no_areas():
    forest = Forest(ForestConfig(), DIM)
    check_invariants(forest)
    assert forest.roots() == []
    assert forest.levels() == {}
    assert forest.tidy() == 0
    data = dump_forest(forest)
    assert len(load_forest(data, ForestConfig(), lambda keys: np.zeros((0, DIM)))) == 0


def test_ten_thousand_leaves_on_one_spot_stay_bounded():
    forest = Forest(ForestConfig(), DIM)
    rng = np.random.default_rng(0)
    same = vector(rng)
    for key in range(10_000):
        forest.insert(key, (1.0, 2.0, 0.0), same if key % 2 else vector(rng))
    forest.tidy()
    check_invariants(forest)
    assert len(forest.levels()) <= 6
    assert forest.roots()[0].count == 10_000


def test_areas_never_span_maps_or_floors():
    forest = Forest(ForestConfig(), DIM)
    rng = np.random.default_rng(0)
    for key in range(120):
        z = 3.2 * (key % 3) + rng.normal(0, 0.1)
        forest.insert(key, (*rng.random(2), z), vector(rng), map_id='ab'[key // 60], stamp_ns=key)
    roots = forest.roots()
    assert [(r.map_id, r.count) for r in roots] == [('a', 20)] * 3 + [('b', 20)] * 3
    heights = [z for _, z in forest.floors.by_height('a')]
    assert heights == pytest.approx([0.0, 3.2, 6.4], abs=0.2)


def test_a_move_after_loop_closure_keeps_key_meaning_and_edges():
    forest = grown(60, small())
    before = forest.leaves.vectors[forest.leaves.slot(7)].copy()
    forest.move(7, (500.0, 500.0, 0.0))
    check_invariants(forest)
    assert forest.ancestors(7)[0].count == 1
    assert (forest.leaves.vectors[forest.leaves.slot(7)] == before).all()
    assert 7 in forest


def test_only_ancestors_of_a_change_become_dirty():
    forest = grown(400, small(), spread=100.0)
    forest.tidy()
    for node in forest.nodes.values():
        node.dirty = False
    forest.remove(17)
    forest.insert(17, (50.0, 50.0, 0.0), np.ones(DIM, np.float32))
    assert len(forest.dirty()) <= 6 * max(forest.levels())


@pytest.mark.parametrize(
    ('position', 'embedding'),
    [
        ((np.nan, 0.0, 0.0), np.ones(DIM)),
        ((np.inf, 0.0, 0.0), np.ones(DIM)),
        ((0.0, 0.0), np.ones(DIM)),
        ('here', np.ones(DIM)),
        ((0.0, 0.0, 0.0), np.ones(DIM + 1)),
        ((0.0, 0.0, 0.0), np.full(DIM, np.nan)),
        ((0.0, 0.0, 0.0), np.ones((1, DIM))),
        ((0.0, 0.0, 0.0), ['x'] * DIM),
    ],
)
def test_nonsense_is_refused_and_changes_nothing(position, embedding):
    forest = grown(10, small())
    data = dump_forest(forest)
    with pytest.raises(InvalidObservationError):
        forest.insert(99, position, embedding)
    assert dump_forest(forest) == data


def test_keys_and_links_are_checked():
    forest = grown(10, small())
    ones = np.ones(DIM, np.float32)
    with pytest.raises(InvalidObservationError, match='key'):
        forest.insert(3, (0.0, 0.0, 0.0), ones)
    with pytest.raises(InvalidObservationError, match='length'):
        forest.insert(11, (0.0, 0.0, 0.0), ones, links=[(3, float('nan'))])
    with pytest.raises(UnknownNodeError):
        forest.insert(11, (0.0, 0.0, 0.0), ones, links=[(77, 1.0)])
    with pytest.raises(UnknownNodeError):
        forest.remove(77)
    with pytest.raises(UnknownNodeError):
        forest.node(10_000)
    check_invariants(forest)
    assert len(forest) == 10


@settings(deadline=None, max_examples=60)
@given(at=st.floats(0, 1, exclude_max=True), value=st.integers(1, 255), cut=st.booleans())
def test_damaged_bytes_are_refused(at, value, cut):
    data = bytearray(dump_forest(grown(30, small())))
    place = int(at * len(data))
    if cut:
        data = data[:place]
    else:
        data[place] ^= value
    with pytest.raises((IndexDamagedError, StoreVersionError)):
        load_forest(bytes(data), small(), lambda keys: np.zeros((len(keys), DIM), np.float32))


def test_a_forest_of_other_settings_or_another_store_is_refused():
    data = dump_forest(grown(30, small()), 'store 1')

    def zeros(keys):
        return np.zeros((len(keys), DIM), np.float32)

    with pytest.raises(IndexDamagedError, match='settings'):
        load_forest(data, ForestConfig(), zeros, 'store 1')
    with pytest.raises(IndexDamagedError, match='store 1'):
        load_forest(data, small(), zeros, 'store 2')
    with pytest.raises(IndexDamagedError, match='vectors'):
        load_forest(data, small(), lambda keys: np.zeros((1, DIM), np.float32), 'store 1')
