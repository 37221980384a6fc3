"""Small buildings: rooms of views on a grid, joined by doors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from memory_node.core.rooms.views import RoomViews


def building(
    rooms: Sequence[tuple[str, Sequence[str]]],
    *,
    side: int = 3,
    placed: bool = True,
    linked: bool = True,
    one_drive: bool = True,
) -> tuple[RoomViews, np.ndarray]:
    """Return views of rooms in a row, by caption and labels, and the room of each view."""
    labels = sorted({label for _, seen in rooms for label in seen})
    positions, captions, truth, ids, starts, links = [], [], [], [], [0], []
    objects: dict[tuple[int, int], list[int]] = {}
    for room, (caption, seen) in enumerate(rooms):
        first = len(positions)
        for i in range(side * side):
            column, line = i // side, i % side if i // side % 2 == 0 else side - 1 - i % side
            row = first + i
            positions.append((room * (side + 1.0) + column, float(line), 0.0))
            captions.append(caption)
            truth.append(room)
            ids.extend(labels.index(label) for label in seen)
            starts.append(len(ids))
            for label in seen:
                objects.setdefault((room, labels.index(label)), []).append(row)
    at = np.array(positions)
    for a in range(len(at)):
        for b in range(a):
            same = truth[a] == truth[b] and abs(at[a] - at[b]).sum() == 1.0
            door = truth[a] == truth[b] + 1 and a == truth[a] * side * side
            if same or (door and b == a - 1):
                links.append((b, a))
    count = len(at)
    where = [at[rows].mean(axis=0) for rows in objects.values()] or np.empty((0, 3))
    stamps = np.arange(count) * 10**9
    return RoomViews(
        keys=np.arange(1, count + 1),
        stamps=stamps if one_drive else np.random.default_rng(0).permutation(stamps),
        maps=np.zeros(count, np.int32),
        positions=at if placed else np.full((count, 3), np.nan),
        captions=captions,
        label_starts=np.array(starts, np.int64),
        label_ids=np.array(ids, np.int64),
        labels=labels,
        links=np.array(links, np.int64).reshape(-1, 2) if linked else np.empty((0, 2), np.int64),
        object_labels=np.array([label for _, label in objects], np.int64),
        object_positions=np.array(where) if placed else np.full((len(objects), 3), np.nan),
        object_starts=np.cumsum([0, *map(len, objects.values())]).astype(np.int64),
        object_rows=np.array([r for rows in objects.values() for r in rows], np.int64),
    ), np.array(truth)
