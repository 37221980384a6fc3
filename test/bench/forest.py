"""
Measure the semantic forest: growth, CMU_500, retrieval by traversal alone, rooms.

Run ``python test/bench/forest.py growth|cmu|retrieval|rooms``. Tables go to standard output, the
plot of ``growth`` to ``docs/images/forest_growth.png``. CPU seconds are of this process and one
thread; embeddings are made once and kept in ``.cache/bench``.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator, Sequence
import json
import os
from pathlib import Path
import sys
import time
from typing import Any

for _name in ('OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS'):
    os.environ.setdefault(_name, '1')

import numpy as np  # noqa: E402  the threads are set above
from scipy.cluster.hierarchy import linkage  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / 'sim'), str(ROOT / 'test')]

from memory_bench.metrics.clustering import (  # noqa: E402
    adjusted_rand_index,
    purity,
    v_measure,
)
from memory_node.core.config import ForestConfig  # noqa: E402
from memory_node.core.data import FloatArray  # noqa: E402
from memory_node.core.forest import dump_forest, Forest, load_forest, traverse  # noqa: E402
from memory_node.core.forest.batch import build_paper_forest  # noqa: E402
from memory_node.core.forest.gml import local_metres, read_gml_forest  # noqa: E402
from memory_node.core.forest.paper import haversine, paper_levels  # noqa: E402

DATA = Path(os.environ.get('MEMORY_TEST_DATA', ROOT.parent / 'shared' / 'data'))
CACHE = ROOT / '.cache' / 'bench'
STREET = ForestConfig(distance_scale_m=50.0)
TIDY_EVERY = 256


def say(*columns: object) -> None:
    """Print a row of a Markdown table."""
    print('|', *(f'{c} |' for c in columns), flush=True)


def embeddings(name: str, texts: Sequence[str]) -> FloatArray:
    """MiniLM vectors of texts, made once."""
    path = CACHE / f'{name}.npy'
    if path.exists():
        found: FloatArray = np.load(path)
        if len(found) == len(texts):
            return found
    from memory_node.models.sentence_encoder import SentenceEncoder

    distinct = sorted(set(texts))
    encoder = SentenceEncoder()
    rows = [encoder.encode(distinct[i : i + 64]) for i in range(0, len(distinct), 64)]
    at = {text: i for i, text in enumerate(distinct)}
    vectors = np.concatenate(rows)[[at[t] for t in texts]]
    CACHE.mkdir(parents=True, exist_ok=True)
    np.save(path, vectors)
    return vectors


def grown(
    positions: np.ndarray, vectors: FloatArray, config: ForestConfig, order: Sequence[int] = ()
) -> Forest:
    """Insert everything, redrawing as the memory does."""
    forest = Forest(config, vectors.shape[1])
    for n, i in enumerate(order or range(len(vectors))):
        forest.insert(i, positions[i], vectors[i], stamp_ns=i)
        if n % TIDY_EVERY == TIDY_EVERY - 1:
            forest.tidy()
    forest.tidy()
    return forest


# ---- growth ----------------------------------------------------------------------------------


def building(n: int, dim: int = 384) -> tuple[np.ndarray, FloatArray]:
    """A robot's rounds through a building of n / 250 rooms: (n, 3) poses and (n, dim) vectors."""
    rng = np.random.default_rng(n)
    rooms = max(4, n // 250)
    side = int(np.ceil(np.sqrt(rooms)))
    kinds = rng.standard_normal((12, dim)).astype(np.float32)
    kind = rng.integers(12, size=rooms)
    visits = np.repeat(rng.permutation(np.repeat(np.arange(rooms), 5)), 50)
    room = np.resize(visits, n)
    spot = np.column_stack([room % side * 5.0, room // side * 5.0])
    positions = np.column_stack([spot + rng.random((n, 2)) * 4.6, np.zeros(n)])
    vectors = kinds[kind[room]] + 1.2 * rng.standard_normal((n, dim)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return positions, vectors


def growth(sizes: Sequence[int], batch_up_to: int) -> None:
    """Seconds to build against the number of leaves, beside SciPy's batch linkage."""
    say('leaves', 'incremental CPU s', 'wall s', 'ms a leaf', 'SciPy CPU s', 'levels')
    say(*['---'] * 6)
    ours, batch = [], []
    for n in sizes:
        positions, vectors = building(n)
        wall, cpu = time.perf_counter(), time.process_time()
        forest = grown(positions, vectors, ForestConfig())
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        ours.append((n, cpu))
        scipy_s = float('nan')
        if n <= batch_up_to:
            start = time.process_time()
            condensed(positions, vectors)
            scipy_s = time.process_time() - start
            batch.append((n, scipy_s))
        sizes_text = '/'.join(str(len(nodes)) for nodes in forest.levels().values())
        say(n, f'{cpu:.1f}', f'{wall:.1f}', f'{cpu / n * 1e3:.3f}', f'{scipy_s:.1f}', sizes_text)
        if n == 100_000:
            one_more(forest)
    plot(ours, batch)


def condensed(positions: np.ndarray, vectors: FloatArray) -> None:
    """Batch complete linkage over the paper's similarity, as SciPy does it."""
    n = len(positions)
    apart = np.empty(n * (n - 1) // 2)
    at = 0
    for i in range(n - 1):
        away = np.linalg.norm(positions[i + 1 :] - positions[i], axis=1)
        row = 1.0 - 0.4 * np.exp(-away / 10.0) - 0.6 * (vectors[i + 1 :] @ vectors[i])
        apart[at : at + len(row)] = np.maximum(row, 0.0)
        at += len(row)
    linkage(apart, 'complete')


def one_more(forest: Forest, count: int = 5000) -> None:
    """Time single insertions into a large forest, wall and thread CPU, and opening."""
    rng = np.random.default_rng(1)
    area = forest.roots()[0].box
    walls, cpus = [], []
    for key in range(10**6, 10**6 + count):
        position = (*(rng.random(2) * [area[3], area[4]]), 0.0)
        vector = rng.standard_normal(forest.dim).astype(np.float32)
        wall, cpu = time.perf_counter(), time.thread_time()
        forest.insert(key, position, vector)
        walls.append(time.perf_counter() - wall)
        cpus.append(time.thread_time() - cpu)
    for name, values in (('wall', walls), ('CPU', cpus)):
        p50, p99 = np.quantile(values, [0.5, 0.99]) * 1e3
        print(f'one insertion into 100,000, {name}: p50 {p50:.2f} ms, p99 {p99:.2f} ms')
    start = time.process_time()
    data = dump_forest(forest)
    saved = time.process_time() - start
    vectors = {k: forest.leaves.vectors[s] for k, s in forest.leaves.slots.items()}
    start = time.process_time()
    load_forest(data, forest.config, lambda keys: np.array([vectors[k] for k in keys]))
    loaded = time.process_time() - start
    print(f'save {saved:.2f} s, load {loaded:.2f} s, {len(data) / 1e6:.1f} MB')


def plot(ours: list[tuple[int, float]], batch: list[tuple[int, float]]) -> None:
    """Draw both curves and N log N through our last point."""
    import matplotlib as mpl

    mpl.use('Agg')
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(6.4, 4.2), layout='constrained')
    n, seconds = np.array(ours).T
    law = n * np.log(n)
    axes.loglog(n, seconds, 'o-', label='incremental forest')
    axes.loglog(n, law * seconds[-1] / law[-1], ':', color='gray', label='N log N')
    if batch:
        axes.loglog(*np.array(batch).T, 's--', label='SciPy complete linkage')
    axes.set(xlabel='leaves', ylabel='CPU seconds, one thread', title='Building the forest')
    axes.grid(visible=True, which='both', alpha=0.3)
    axes.legend()
    path = ROOT / 'docs' / 'images' / 'forest_growth.png'
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)


# ---- CMU_500 ---------------------------------------------------------------------------------


def cmu() -> None:
    """Compare with the authors' finished forest, and time ours."""
    theirs = read_gml_forest(DATA / 'embodied_rag' / 'cmu_500_forest.gml')
    vectors = embeddings('cmu_captions', theirs.captions)
    start = time.process_time()
    levels = paper_levels(theirs.positions, vectors, STREET, metric='haversine')
    seconds = time.process_time() - start
    say('level', 'authors: clusters', 'median radius m', 'ours: clusters', 'radius m', 'ARI')
    say(*['---'] * 6)
    for i, (level, labels) in enumerate(zip(levels, theirs.levels, strict=False), 1):
        radii = [
            float(haversine(members, members.mean(axis=0)).max())
            for cluster in np.unique(labels)
            for members in [theirs.positions[labels == cluster]]
        ]
        agreement = adjusted_rand_index(level.labels.tolist(), labels.tolist())
        ours = (len(level.radii), f'{np.median(level.radii):.0f}', f'{agreement:.3f}')
        say(i, len(radii), f'{np.median(radii):.0f}', *ours)
    positions = local_metres(theirs.positions)
    wall, cpu = time.perf_counter(), time.process_time()
    forest = grown(positions, vectors, STREET)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    start = time.process_time()
    condensed(positions, vectors)
    scipy_s = time.process_time() - start
    sizes = '/'.join(str(len(nodes)) for nodes in forest.levels().values())
    print(
        f'paper mode: {seconds:.1f} s CPU; SciPy complete linkage, one level: {scipy_s:.1f} s CPU;'
    )
    print(f'incremental: {cpu:.1f} s CPU, {wall:.1f} s wall; levels {sizes}, {len(forest)} leaves')


# ---- retrieval -------------------------------------------------------------------------------


def rows_of(path: Path) -> Iterator[dict[str, Any]]:
    """Objects of a JSONL file."""
    with path.open(encoding='utf-8') as file:
        yield from map(json.loads, file)


def retrieval() -> None:
    """Success of the traversal alone beside dense search, and the insertion order's influence."""
    say('set', 'method', 'success@1', 'success@5', 'leaves and areas looked at')
    say(*['---'] * 5)
    for split in ('train', 'val_seen'):
        reverie(split)
    known_item()


def reverie(split: str) -> None:
    """Instructions in buildings: the answer must be within 3 m of the goal."""
    files = sorted((DATA / 'reverie').glob('*.observations.jsonl'))
    seen = {f.name.split('.')[0]: list(rows_of(f)) for f in files}
    asked = {
        name: list(rows_of(path))
        for name in seen
        if (path := DATA / 'reverie' / f'{name}.{split}.queries.jsonl').exists()
    }
    captions = [o['caption'].replace('#', ' ') for rows in seen.values() for o in rows]
    vectors = embeddings('reverie_captions', captions)
    queries = embeddings(f'reverie_{split}', [q['text'] for rows in asked.values() for q in rows])
    table: dict[str, list[tuple[bool, bool, int]]] = defaultdict(list)
    first, at = 0, 0
    for name, rows in seen.items():
        positions = np.array([o['position'] for o in rows])
        own = vectors[first : first + len(rows)]
        first += len(rows)
        if name not in asked:
            continue
        goals = np.array([q['goal'] for q in asked[name]])
        compare(table, positions, own, queries[at : at + len(goals)], goals, 3.0, ForestConfig())
        at += len(goals)
    report(f'REVERIE {split}', table)


def known_item(count: int = 300) -> None:
    """A leaf's own short name must find a place within 50 m among 3,313."""
    graph = read_gml_forest(DATA / 'embodied_rag' / 'cmu_500_graph.gml')
    positions = local_metres(graph.positions)
    vectors = embeddings('cmu_captions', graph.captions)
    chosen = np.random.default_rng(0).choice(len(positions), count, replace=False)
    queries = embeddings('cmu_names', graph.names)[chosen]
    table: dict[str, list[tuple[bool, bool, int]]] = defaultdict(list)
    compare(table, positions, vectors, queries, positions[chosen], 50.0, STREET)
    report('CMU_500 known item', table)


def compare(
    table: dict[str, list[tuple[bool, bool, int]]],
    positions: np.ndarray,
    vectors: FloatArray,
    queries: FloatArray,
    goals: np.ndarray,
    near_m: float,
    config: ForestConfig,
) -> None:
    """Add the outcome of every method for every query of one place."""
    n = len(positions)
    orders = [np.random.default_rng(seed).permutation(n).tolist() for seed in range(3)]
    forests = [
        ('traversal', grown(positions, vectors, config)),
        ('traversal, paper forest', build_paper_forest(range(n), positions, vectors, config)),
    ]
    name = 'traversal, 3 shuffled insertions'
    forests += [(name, grown(positions, vectors, config, order)) for order in orders]
    apart = 0.3 * config.distance_scale_m
    for query, goal in zip(queries, goals, strict=True):
        close = np.linalg.norm(positions - goal, axis=1) < near_m
        best = np.argsort(-(vectors @ query), kind='stable')[:5]
        table['dense'].append((bool(close[best[0]]), bool(close[best].any()), n))
        for name, forest in forests:
            found = traverse(forest, query, 5, separation_m=apart)
            hit = close[found.keys]
            table[name].append((bool(hit[0]), bool(hit.any()), found.visited))
        found = traverse(forests[0][1], query, 5)
        hit = close[found.keys]
        table['traversal, not spread'].append((bool(hit[0]), bool(hit.any()), found.visited))


def report(name: str, table: dict[str, list[tuple[bool, bool, int]]]) -> None:
    """Print the means."""
    for method, rows in table.items():
        one, five, visited = np.mean(np.array(rows, float), axis=0)
        say(name, method, f'{one:.4f}', f'{five:.4f}', f'{visited:.0f}')


# ---- rooms -----------------------------------------------------------------------------------


def rooms(seeds: Sequence[int]) -> None:
    """Purity of regions against the rooms of simulated apartments."""
    say('world', 'observations', 'rooms', 'edges', 'regions', 'purity', 'V', 'ARI')
    say(*['---'] * 8)
    for seed in seeds:
        positions, captions, truth = drive_through_apartment(seed)
        vectors = embeddings(f'apartment_{seed}', captions)
        for linked in (False, True):
            forest = Forest(ForestConfig(), vectors.shape[1])
            for i in range(len(truth)):
                links = []
                if linked:
                    links = forest.nearest(positions[i], 0.6, 'map')
                    if i and all(key != i - 1 for key, _ in links):
                        step = float(np.linalg.norm(positions[i] - positions[i - 1]))
                        links.append((i - 1, step))
                forest.insert(i, positions[i], vectors[i], stamp_ns=i, links=links)
            forest.tidy()
            labels = [0] * len(truth)
            regions = forest.regions(8.0)
            for region in regions:
                for key in forest.leaf_keys(region).tolist():
                    labels[key] = region.id
            v = v_measure(labels, truth)[2]
            scores = [purity(labels, truth), v, adjusted_rand_index(labels, truth)]
            edges = 'driven' if linked else 'none'
            counts = (f'apartment {seed}', len(truth), len(set(truth)), edges, len(regions))
            say(*counts, *(f'{s:.3f}' for s in scores))


def drive_through_apartment(seed: int) -> tuple[np.ndarray, list[str], list[int]]:
    """Drive between random spots of every room; poses 0.75 m apart, labels of what is seen."""
    from memory_sim.engines.base import Pose2D
    from memory_sim.engines.embedded import EmbeddedSimulator
    from memory_sim.world.generate import generate_world

    rng = np.random.default_rng(seed)
    sim = EmbeddedSimulator(generate_world('apartment', seed), furniture='procedural')
    labels = {instance.id: instance.label for instance in sim.ground_truth.instances}
    positions, captions, truth = [], [], []
    pose = sim.reset(seed=seed)
    for room in [r for _ in range(3) for r in rng.permutation(np.array(sim.world.rooms))]:
        x0, y0, x1, y1 = room.bounds
        spot = sim.snap(*(rng.uniform([x0, y0], [x1, y1]).tolist()))
        goal = None if spot is None else Pose2D(x=spot[0], y=spot[1], yaw_rad=0.0)
        path = None if goal is None else sim.shortest_path(pose, goal)
        if path is None or goal is None:
            continue
        for here, yaw in along(path, 0.75):
            inside = sim.world.room_at(float(here[0]), float(here[1]))
            if inside is None:
                continue
            view = Pose2D(x=float(here[0]), y=float(here[1]), yaw_rad=yaw)
            seen = sorted({labels[i] for i, n in sim.seen_from(view).items() if n > 300})
            positions.append(here)
            captions.append(', '.join(seen) or 'bare wall')
            truth.append(inside.id)
        pose = goal
    sim.close()
    return np.array(positions), captions, truth


def along(path: np.ndarray, step_m: float) -> Iterator[tuple[np.ndarray, float]]:
    """Points every ``step_m`` of a polyline, and the heading there."""
    for here, there in zip(path[:-1], path[1:], strict=True):
        way = there - here
        for part in np.arange(0.0, float(np.linalg.norm(way)), step_m):
            yield here + way * part / np.linalg.norm(way), float(np.arctan2(way[1], way[0]))


def main() -> None:
    """Run the parts that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('part', choices=('growth', 'cmu', 'retrieval', 'rooms'))
    parser.add_argument('--largest', type=int, default=300_000)
    parser.add_argument('--batch-up-to', type=int, default=30_000)
    parser.add_argument('--worlds', type=int, default=4)
    args = parser.parse_args()
    if args.part == 'growth':
        sizes = [1000, 3313, 10_000, 30_000, 100_000, 300_000]
        growth([n for n in sizes if n <= args.largest], args.batch_up_to)
    elif args.part == 'cmu':
        cmu()
    elif args.part == 'retrieval':
        retrieval()
    else:
        rooms(range(args.worlds))


if __name__ == '__main__':
    main()
