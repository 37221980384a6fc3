from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

from memory_node.core.config import ForestConfig
from memory_node.core.errors import InvalidObservationError
from memory_node.core.forest import ancestor_cosines, Forest, Scope
from memory_node.core.forest.descent import traverse

DIM = 16


def world(n: int, seed: int = 0) -> tuple[Forest, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    positions = np.column_stack([rng.random((n, 2)) * 40, np.zeros(n)])
    vectors = rng.standard_normal((n, DIM)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    forest = Forest(ForestConfig(fan_out=6, leaf_fan_out=8), DIM)
    for key in range(n):
        forest.insert(key, positions[key], vectors[key], stamp_ns=key, map_id='ab'[key % 2])
    forest.tidy()
    return forest, positions, vectors


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 200), k=st.integers(1, 12))
def test_all_branches_and_no_context_is_dense_search(seed, n, k):
    forest, _, vectors = world(n, seed)
    query = np.random.default_rng(seed + 1).standard_normal(DIM).astype(np.float32)
    found = traverse(forest, query, k, branches=10**6, context=(0.0, 0.0))
    cosines = vectors @ (query / np.linalg.norm(query))
    best = np.sort(cosines)[::-1][:k]
    assert found.scores == pytest.approx(best, abs=1e-5)
    assert cosines[found.keys] == pytest.approx(found.cosines, abs=1e-5)


def test_few_branches_cost_less_and_find_most():
    forest, _, vectors = world(2000)
    hits = visits = 0
    for key in range(0, 2000, 20):
        found = traverse(forest, vectors[key], 5, branches=24)
        hits += key in found.keys
        visits += found.visited
    assert visits / 100 < 1200
    assert hits >= 80


def test_scope_is_kept():
    forest, positions, _ = world(400)
    query = np.ones(DIM, np.float32)
    scope = Scope(map_id='b', near=(20.0, 20.0, 0.0), radius_m=9.0, since_ns=50, until_ns=300)
    keys = traverse(forest, query, 400, branches=10**6, scope=scope).keys
    wanted = [
        k
        for k in range(1, 400, 2)
        if 50 <= k <= 300 and np.linalg.norm(positions[k] - scope.near) <= 9.0
    ]
    assert sorted(keys.tolist()) == wanted
    assert len(traverse(forest, query, 5, scope=Scope(map_id='c')).keys) == 0


def test_separated_answers_are_different_places():
    forest, positions, _ = world(400)
    keys = traverse(forest, np.ones(DIM, np.float32), 6, separation_m=5.0).keys
    away = np.linalg.norm(positions[keys][:, None] - positions[keys][None], axis=2)
    assert (away[np.triu_indices(len(keys), 1)] >= 5.0).all()


def test_support_is_the_mean_of_the_best_three_of_an_area():
    forest, _, vectors = world(100)
    query = vectors[3]
    found = traverse(forest, query, 100, branches=10**6, context=(0.0, 1.0))
    for i, key in enumerate(found.keys.tolist()[:10]):
        area = forest.ancestors(key)[1]
        best = np.sort(vectors[forest.leaf_keys(area)] @ query)[::-1][:3]
        assert found.support[i, 1] == pytest.approx(best.mean(), abs=1e-5)


def test_ancestor_cosines_name_every_level():
    forest, _, vectors = world(60)
    table = ancestor_cosines(forest, vectors[0], [0, 1, 2], depth=3)
    path = forest.ancestors(1)
    assert table[1] == pytest.approx([float(n.embedding @ vectors[0]) for n in path[:3]])


def test_nonsense_queries_are_refused_and_empty_forests_answer_nothing():
    forest, _, _ = world(10)
    with pytest.raises(InvalidObservationError):
        traverse(forest, np.full(DIM, np.nan, np.float32), 3)
    with pytest.raises(InvalidObservationError):
        traverse(forest, np.ones(DIM + 1, np.float32), 3)
    empty = traverse(Forest(ForestConfig(), DIM), np.ones(DIM, np.float32), 3)
    assert len(empty.keys) == len(empty.scores) == 0
