"""Small worlds as snapshots: frames of labelled sightings, without a store or an encoder."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
import hashlib
import json
import os
from pathlib import Path

import numpy as np

from memory_node.core.data import FloatArray
from memory_node.core.objects import Objects
from memory_node.core.store.snapshot import Snapshot

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get('MEMORY_TEST_DATA', ROOT.parent / 'shared' / 'data'))
SHARED = DATA.parent

#: label -> (group, likeness): labels of one group have the cosine likeness * likeness.
GROUPS = {
    'bookshelf': ('storage', 0.8),
    'wardrobe': ('storage', 0.8),
    'couch': ('seat', 0.93),
    'sofa': ('seat', 0.93),
}
_DIM = 64


@dataclass(frozen=True)
class Thing:
    label: str
    position: tuple[float, float, float] | None = None
    extent: tuple[float, float, float] | None = None
    confidence: float = 0.9


@dataclass(frozen=True)
class View:
    """One frame: where it was made [m, rad], when [s], and what it saw."""

    things: tuple[Thing, ...] = ()
    position: tuple[float, float, float] = (0.0, 0.0, 0.0)
    yaw: float = 0.0
    stamp: float = 0.0
    map_row: int = 0


def label_vectors(labels: Sequence[str]) -> FloatArray:
    """Unit vectors: nearly orthogonal, alike within the groups above; the same for each label."""

    def axis(text: str) -> np.ndarray:
        seed = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), 'little')
        vector = np.random.default_rng(seed).standard_normal(_DIM)
        return vector / np.linalg.norm(vector)

    rows = np.zeros((len(labels), _DIM))
    for row, label in zip(rows, labels, strict=True):
        group, likeness = GROUPS.get(label, ('', 0.0))
        own = axis('own ' + label)
        if group:
            shared = axis('group ' + group)
            own -= (own @ shared) * shared
            own *= np.sqrt(1.0 - likeness**2) / np.linalg.norm(own)
            own += likeness * shared
        row[:] = own
    return rows.astype(np.float32)


def snapshot_of(
    views: Sequence[View],
    labels: Sequence[str] | None = None,
    vectors: FloatArray | None = None,
    *,
    epoch: int = 0,
) -> Snapshot:
    """Make the snapshot of a memory that holds the views in order."""
    things = [t for view in views for t in view.things]
    names = list(dict.fromkeys(t.label for t in things)) if labels is None else list(labels)
    rows = {name: i for i, name in enumerate(names)}
    unknown = (np.nan,) * 3
    count = len(views)
    return Snapshot(
        keys=np.arange(1, count + 1),
        stamps=np.array([round(v.stamp * 1e9) for v in views], np.int64),
        maps=np.array([v.map_row for v in views], np.int32),
        positions=np.array([v.position for v in views], np.float64).reshape(-1, 3),
        yaws=np.array([v.yaw for v in views], np.float32),
        word_counts=np.zeros(count, np.int32),
        vectors=np.zeros((count, 1), np.float32),
        mapped=np.zeros(count, np.bool_),
        sighting_starts=np.cumsum([0, *(len(v.things) for v in views)]),
        sighting_labels=np.array([rows[t.label] for t in things], np.int32),
        sighting_confidences=np.array([t.confidence for t in things], np.float32),
        sighting_positions=_triples([t.position or unknown for t in things]),
        sighting_extents=_triples([t.extent or unknown for t in things]),
        label_vectors=label_vectors(names) if vectors is None else vectors,
        labels=tuple(names),
        map_ids=tuple(f'map{i}' for i in range(1 + max((v.map_row for v in views), default=0))),
        revision=count,
        epoch=epoch,
    )


def _triples(values: Iterable[Sequence[float]]) -> FloatArray:
    return np.array(list(values), np.float32).reshape(-1, 3)


def first_rows(snapshot: Snapshot, count: int) -> Snapshot:
    """The snapshot as it was when only its first rows were there; labels stay."""
    sightings = int(snapshot.sighting_starts[count])
    cut = {
        name: getattr(snapshot, name)[:count]
        for name in (
            *('keys', 'stamps', 'maps', 'positions', 'yaws', 'word_counts', 'vectors', 'mapped'),
        )
    }
    cut['sighting_starts'] = snapshot.sighting_starts[: count + 1]
    for name in ('labels', 'confidences', 'positions', 'extents'):
        cut[f'sighting_{name}'] = getattr(snapshot, f'sighting_{name}')[:sightings]
    return replace(snapshot, revision=count, **cut)


def read_views(path: Path) -> list[View]:
    """Read observations as JSON Lines, as the command ``memory import`` takes them."""
    views = []
    for line in path.read_text('utf-8').splitlines():
        row = json.loads(line)
        things = tuple(
            Thing(
                o['label'],
                tuple(o['position']) if o.get('position') else None,
                tuple(o['extent']) if o.get('extent') else None,
                o.get('confidence', 1.0),
            )
            for o in row.get('objects', ())
        )
        views.append(View(things, tuple(row['position']), row.get('yaw', 0.0), row['stamp']))
    return views


def scattered(seed: int, frames: int = 40, sigma: float = 0.05) -> tuple[list[Thing], list[View]]:
    """A robot drives past a row of things of few kinds, some of them without a position."""
    rng = np.random.default_rng(seed)
    kinds = ['chair', 'cup', 'plant', 'lamp']
    world = [
        Thing(kinds[rng.integers(4)], (float(x), float(rng.uniform(-1, 1)), 0.5))
        for x in np.arange(2.0, 14.0, 0.8)
    ]
    views = []
    for i in range(frames):
        eye = rng.uniform(0, 10)
        things = [
            replace(t, position=tuple(np.add(t.position, rng.normal(0, sigma, 3)).tolist()))
            for t in world
            if 0.5 < t.position[0] - eye < 4.0 and rng.random() < 0.8
        ]
        things = [replace(t, position=None) if rng.random() < 0.1 else t for t in things]
        views.append(View(tuple(things), (float(eye), 0.0, 0.0), 0.0, float(i // 2)))
    return world, views


def named(snapshot: Snapshot, objects: Objects, label: str) -> list[int]:
    """Indices of the objects whose best label is ``label``."""
    return [i for i, row in enumerate(objects.labels.tolist()) if snapshot.labels[row] == label]


def same(one: Objects, other: Objects) -> bool:
    """Whether two views hold the same objects, number for number."""
    return all(
        np.array_equal(
            getattr(one, name),
            getattr(other, name),
            equal_nan=np.asarray(getattr(one, name)).dtype.kind == 'f',
        )
        for name in one.__slots__
    )
