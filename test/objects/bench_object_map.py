"""
Counts of the object map on the Gibson rooms, exact and with noise, and its cost per frame.

Run: python test/objects/bench_object_map.py [--noise-only | --cost-only]
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
import json
import math
from pathlib import Path
import sys
import time

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from objects.worlds import first_rows, read_views, SHARED, snapshot_of, Thing, View

from memory_node.core.objects import dump_objects, ObjectMap
from memory_node.models.sentence_encoder import SentenceEncoder

#: Labels that a detector takes for each other.
ALIKE = [
    ('chair', 'couch'), ('couch', 'bed'), ('cup', 'bowl'), ('bottle', 'vase'), ('tv', 'laptop'),
    ('sink', 'toilet'), ('microwave', 'oven'), ('chair', 'bench'), ('cup', 'wine glass'),
    ('refrigerator', 'oven'), ('dining table', 'desk'),
]  # fmt: skip
CONFUSED: dict[str, list[str]] = {}
for _a, _b in ALIKE:
    CONFUSED.setdefault(_a, []).append(_b)
    CONFUSED.setdefault(_b, []).append(_a)


def say(text: str) -> None:
    sys.stdout.write(text + '\n')
    sys.stdout.flush()


def noisy(
    views: list[View], rng: np.random.Generator, sigma: float, confusion: float
) -> list[View]:
    """Add noise of sigma + 2 % of distance, confuse labels, and miss a fifth of the things."""
    out = []
    for view in views:
        things = []
        for thing in view.things:
            if rng.random() < 0.2:
                continue
            label = thing.label
            if label in CONFUSED and rng.random() < confusion:
                label = CONFUSED[label][rng.integers(len(CONFUSED[label]))]
            assert thing.position
            spread = sigma + 0.02 * math.dist(thing.position, view.position)
            x, y, z = (thing.position + rng.normal(0, spread, 3)).tolist()
            things.append(Thing(label, (x, y, z), thing.extent, 0.8))
        out.append(replace(view, things=tuple(things)))
    return out


def counts(encoder: SentenceEncoder, change=None, without_extents=False) -> None:
    right = near = asked = made = true = kinds = kinds_right = kinds_near = 0
    error = 0.0
    spent, frames = 0.0, 0
    for folder in sorted((SHARED / 'data/gibson_rooms').iterdir()):
        if not folder.is_dir():
            continue
        views = read_views(folder / 'observations.jsonl')
        truth = Counter(
            label for label, _ in {(t.label, t.position) for v in views for t in v.things}
        )
        true += sum(truth.values())
        if change:
            views = change(views)
        if without_extents:
            views = [
                replace(v, things=tuple(replace(t, extent=None) for t in v.things)) for v in views
            ]
        names = list(dict.fromkeys(t.label for v in views for t in v.things))
        snapshot = snapshot_of(views, names, np.asarray(encoder.encode(names), np.float32))
        objects = ObjectMap()
        start = time.process_time()
        objects.update(snapshot)
        spent += time.process_time() - start
        frames += len(views)
        seen = objects.view()
        made += len(seen)
        by_label = np.bincount(seen.labels[seen.existence > 0], minlength=len(names))
        for label, count in truth.items():
            found = int(by_label[names.index(label)]) if label in names else 0
            kinds += 1
            kinds_right += found == count
            kinds_near += abs(found - count) <= max(1, 0.1 * count)
            if '-v' in sys.argv and found != count:
                say(f'{folder.name}: {count} x {label}, made {found}')
        for line in (folder / 'questions.jsonl').read_text().splitlines():
            question = json.loads(line)
            if question['kind'] != 'count_all':
                continue
            asked += 1
            label = question['want_class']
            count = int(by_label[names.index(label)]) if label in names else 0
            right += count == question['count']
            near += abs(count - question['count']) <= 1
            error += abs(count - question['count']) / question['count']
    say(
        f'   exact {right}/{asked} = {right / asked:.3f}  within one {near / asked:.3f}'
        f'  relative error {error / asked:.3f}  objects {made} of {true}'
        f'  every label: exact {kinds_right / kinds:.3f}'
        f' within one or 10 % {kinds_near / kinds:.3f}'
        f'  {1e3 * spent / frames:.2f} ms a frame'
    )


def cost(objects_per_side: int = 71) -> None:
    """Frames of 20 sightings in a building of about 5,000 objects."""
    rng = np.random.default_rng(5)
    side = objects_per_side
    centres = np.column_stack(
        [*(g.ravel() for g in np.meshgrid(np.arange(side), np.arange(side))), np.zeros(side**2)]
    ).astype(float) + rng.uniform(-0.3, 0.3, (side**2, 3))
    names = [f'kind {i}' for i in range(40)]
    vectors = rng.standard_normal((40, 384)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    kinds = rng.integers(40, size=side**2)
    views = []
    for step in range(4000):
        eye = rng.uniform(0, side, 3) * (1, 1, 0)
        yaw = rng.uniform(-math.pi, math.pi)
        away = centres - eye
        turn = np.arctan2(away[:, 1], away[:, 0]) - yaw
        front = np.abs(np.arctan2(np.sin(turn), np.cos(turn))) < 0.8
        order = np.argsort(np.where(front, np.linalg.norm(away, axis=1), 1e9))[:20]
        things = tuple(
            Thing(names[kinds[i]], tuple((centres[i] + rng.normal(0, 0.05, 3)).tolist()))
            for i in order
        )
        views.append(View(things, tuple(eye.tolist()), yaw, float(step)))
    snapshot = snapshot_of(views, names, vectors)
    objects = ObjectMap()
    objects.update(first_rows(snapshot, 3500))
    times, cpu = [], []
    for row in range(3501, 4001):
        part = first_rows(snapshot, row)
        start, start_cpu = time.perf_counter(), time.process_time()
        objects.update(part)
        times.append(time.perf_counter() - start)
        cpu.append(time.process_time() - start_cpu)
    start = time.process_time()
    seen = objects.view()
    made = time.process_time() - start
    start = time.process_time()
    data = dump_objects(objects, {})
    say(
        f'cost: {len(seen)} objects (of {side**2}), 20 sightings a frame:'
        f' median {1e3 * np.median(times):.2f} ms, p95 {1e3 * np.quantile(times, 0.95):.2f} ms,'
        f' CPU mean {1e3 * np.mean(cpu):.2f} ms; view {1e3 * made:.1f} ms;'
        f' {objects.table.nbytes / len(seen):.0f} bytes an object; file'
        f' {len(data) / len(seen):.0f} bytes an object in {time.process_time() - start:.2f} s'
    )


def main() -> None:
    if '--cost-only' not in sys.argv:
        encoder = SentenceEncoder()
        if '--noise-only' not in sys.argv:
            say('exact positions')
            counts(encoder)
            say('exact positions, no extents')
            counts(encoder, without_extents=True)
        for sigma in (0.02, 0.05, 0.10):
            for confusion in (0.0, 0.1):
                say(f'sigma {sigma} m + 2 %, 20 % missed, {confusion:.0%} of labels confused')
                rng = np.random.default_rng(1)
                counts(encoder, lambda v, s=sigma, c=confusion, r=rng: noisy(v, r, s, c))
    if '--noise-only' not in sys.argv:
        cost()


if __name__ == '__main__':
    main()
