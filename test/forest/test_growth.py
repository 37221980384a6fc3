"""What one insertion and one query cost, counted in areas and leaves, not in time."""

from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np

from memory_node.core.config import ForestConfig
from memory_node.core.forest import cells as cells_module
from memory_node.core.forest import dump_forest, Forest, load_forest
from memory_node.core.forest.descent import traverse

DIM = 8
CONFIG = ForestConfig(fan_out=6, leaf_fan_out=8)


def walk(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """A robot's way through a building that grows with n, and random meanings."""
    rng = np.random.default_rng(seed)
    positions = rng.random((n, 3)) * [3.0 * np.sqrt(n), 3.0 * np.sqrt(n), 0.0]
    return positions, rng.standard_normal((n, DIM)).astype(np.float32)


def areas_compared(n: int, monkeypatch) -> float:
    """Return how many areas one insertion compares with, on average over the last tenth."""
    counts: list[int] = []
    choose = Forest._choose

    def counted(self, node, slot, box, reach):
        counts.append(len(node.children))
        return choose(self, node, slot, box, reach)

    positions, vectors = walk(n)
    forest = Forest(CONFIG, DIM)
    with monkeypatch.context() as patch:
        patch.setattr(Forest, '_choose', counted)
        for key in range(n):
            if key == n - n // 10:
                counts.clear()
            forest.insert(key, positions[key], vectors[key])
            if key % 256 == 255:
                forest.tidy()
    return sum(counts) / (n // 10)


def test_an_insertion_compares_with_logarithmically_many_areas(monkeypatch):
    small, large = (areas_compared(n, monkeypatch) for n in (200, 1600))
    assert large <= small * np.log(1600) / np.log(200) * 1.3
    assert large < 60


def test_a_query_looks_at_no_more_leaves_in_a_larger_memory():
    visited = []
    for n in (300, 1600):
        positions, vectors = walk(n)
        forest = Forest(CONFIG, DIM)
        for key in range(n):
            forest.insert(key, positions[key], vectors[key])
        forest.tidy()
        visited.append(traverse(forest, vectors[0], 5, branches=8).visited)
    assert visited[1] <= 2.0 * visited[0]
    assert visited[1] < 500


@settings(deadline=None, max_examples=25)
@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(1, 80),
    spread=st.sampled_from([0.0, 2.0, 30.0, 1e8]),
    radius=st.sampled_from([0.0, 0.6, 4.0, 9.0]),
)
def test_neighbours_are_those_of_brute_force(seed, n, spread, radius):
    rng = np.random.default_rng(seed)
    forest = Forest(CONFIG, DIM)
    places: dict[int, tuple[str, np.ndarray]] = {}
    for key in range(n):
        places[key] = (str(rng.choice(['a', 'b'])), (rng.random(3) - 0.5) * spread)
        forest.insert(key, places[key][1], rng.standard_normal(DIM), map_id=places[key][0])
    for key in rng.permutation(n)[: n // 3].tolist():
        if rng.random() < 0.5:
            forest.remove(key)
            del places[key]
        else:
            places[key] = (places[key][0], (rng.random(3) - 0.5) * spread)
            forest.move(key, places[key][1])
    loaded = load_forest(dump_forest(forest), CONFIG, lambda keys: np.ones((len(keys), DIM)))
    point = (rng.random(3) - 0.5) * spread
    apart = sorted(
        (float(np.linalg.norm(p - point)), key) for key, (m, p) in places.items() if m == 'a'
    )
    expected = [key for away, key in apart if away <= radius][:4]
    for one in (forest, loaded):
        found = [key for key, _ in one.nearest(point, radius, 'a')]
        assert len(found) == len(expected)
        if spread:
            assert found == expected


def test_standing_still_does_not_slow_down(monkeypatch):
    monkeypatch.setattr(cells_module, 'NEWEST', 16)
    forest = Forest(CONFIG, DIM)
    for key in range(100):
        forest.insert(key, (1.0, 2.0, 0.0), np.ones(DIM))
    assert len(forest.leaves.cells.around((1.0, 2.0, 0.0), 0.6)) == 16
    assert len(forest.nearest((1.0, 2.0, 0.0), 0.6, 'map')) == 4
