"""Areas come out as rooms, whatever the order, and walls keep them apart."""

from forest.invariants import check_invariants
from forest.rooms import Drive, drive_through
import numpy as np
import pytest

from memory_bench.metrics.clustering import adjusted_rand_index, purity, v_measure
from memory_node.core.config import ForestConfig
from memory_node.core.forest import Forest
from memory_node.core.forest.batch import build_paper_forest
from memory_node.core.forest.descent import traverse


def insert_all(drive: Drive, order: list[int], *, links: bool = True) -> Forest:
    forest = Forest(ForestConfig(), drive.vectors.shape[1])
    both: dict[int, list[tuple[int, float]]] = {}
    for i, near in drive.links.items():
        for j, length in near:
            both.setdefault(i, []).append((j, length))
            both.setdefault(j, []).append((i, length))
    for n, i in enumerate(order):
        known = [(j, d) for j, d in both.get(i, []) if j in forest] if links else []
        forest.insert(i, drive.positions[i], drive.vectors[i], stamp_ns=i, links=known)
        if n % 256 == 255:
            forest.tidy()
    forest.tidy()
    check_invariants(forest)
    return forest


def room_labels(forest: Forest, n: int, extent_m: float = 8.0) -> list[int]:
    labels = [-1] * n
    for region in forest.regions(extent_m):
        for key in forest.leaf_keys(region).tolist():
            labels[key] = region.id
    return labels


@pytest.mark.parametrize('shuffled', [False, True])
def test_regions_are_rooms_in_any_order(shuffled):
    scores = []
    for seed in range(3):
        drive = drive_through(seed)
        order = np.arange(len(drive))
        if shuffled:
            order = np.random.default_rng(seed).permutation(order)
        labels = room_labels(insert_all(drive, order.tolist()), len(drive))
        scores.append((purity(labels, drive.rooms), v_measure(labels, drive.rooms)[2]))
    assert np.mean(scores, axis=0)[0] >= 0.93
    assert np.mean(scores, axis=0)[1] >= 0.72


def test_the_drive_between_them_keeps_two_sides_of_a_wall_apart():
    """Two rooms that look the same, a wall of 0.2 m between them, doors far apart."""
    rng = np.random.default_rng(0)
    xs = np.arange(0.0, 6.0, 0.5)
    path = [(x, 0.6) for x in xs] + [(6.0, 0.6), (6.5, 0.0), (6.0, -0.6)]
    path += [(x, -0.6) for x in xs[::-1]]
    side = [y > 0 for _, y in path]
    together = {}
    for linked in (False, True):
        forest = Forest(ForestConfig(), 8)
        meaning = rng.standard_normal(8)
        for i, (x, y) in enumerate(path):
            links = [(i - 1, 0.5)] if linked and i else []
            v = (meaning + 0.3 * rng.standard_normal(8)).astype(np.float32)
            forest.insert(i, (x, y, 0.0), v, links=links)
        forest.tidy()
        check_invariants(forest)
        inside = [i for i, (x, _) in enumerate(path) if x < 5.5]  # not in the doorway
        places = [forest.ancestors(i)[0].id for i in inside]
        together[linked] = purity(places, [side[i] for i in inside])
    assert together[True] == 1.0
    assert together[False] < 1.0


def known_item_success(forest: Forest, drive: Drive, queries: np.ndarray) -> float:
    hits = 0
    for i in queries.tolist():
        noise = np.random.default_rng(i).standard_normal(drive.vectors.shape[1])
        query = (drive.vectors[i] + 0.12 * noise).astype(np.float32)
        found = traverse(forest, query, 5, branches=8, separation_m=3.0)
        away = np.linalg.norm(drive.positions[found.keys] - drive.positions[i], axis=1)
        hits += bool((away < 3.0).any())
    return hits / len(queries)


def test_any_order_retrieves_as_the_batch_build_does():
    drive = drive_through(5, visits=20)
    queries = np.random.default_rng(0).choice(len(drive), 300)
    batch = build_paper_forest(
        range(len(drive)), drive.positions, drive.vectors, ForestConfig(mode='paper')
    )
    reference = known_item_success(batch, drive, queries)
    order = np.arange(len(drive))
    orders = [
        order,
        order[::-1],
        np.random.default_rng(1).permutation(order),
        np.argsort(drive.positions[:, 0], kind='stable'),
    ]
    for chosen in orders:
        forest = insert_all(drive, chosen.tolist())
        assert known_item_success(forest, drive, queries) >= 0.98 * reference


def test_agreement_measures_agree_with_known_values():
    a, b = [0, 0, 1, 1], [5, 5, 7, 7]
    assert adjusted_rand_index(a, b) == 1.0
    assert v_measure(a, b) == (1.0, 1.0, 1.0)
    assert purity(a, b) == 1.0
    assert adjusted_rand_index([0, 0, 1, 1], [0, 1, 0, 1]) == pytest.approx(-0.5)
    assert purity([0, 0, 0, 0], [0, 1, 1, 1]) == 0.75
    assert v_measure([0, 0, 0, 0], [0, 1, 1, 1])[0] == 0.0
    assert purity([], []) == 1.0
    with pytest.raises(ValueError, match='one length'):
        purity([0], [0, 1])
