"""Rooms along a corridor, and a robot that drives through all of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

CORRIDOR = -1


@dataclass(frozen=True)
class Drive:
    """What the robot saw: (N, 3) positions, (N, D) unit vectors, room and earlier neighbours."""

    positions: np.ndarray
    vectors: np.ndarray
    rooms: list[int]
    links: dict[int, list[tuple[int, float]]]

    def __len__(self) -> int:
        return len(self.rooms)


def drive_through(seed: int, *, visits: int = 6, clarity: float = 0.6, dim: int = 64) -> Drive:
    """Twelve rooms, walls between them, doors to a corridor; room kinds repeat."""
    rng = np.random.default_rng(seed)
    rooms, x = [], 0.0
    for width in (4.0, 5.0, 3.5, 6.0, 4.5, 5.0):
        rooms += [(x, width, 1.2, 5.0), (x, width, -5.0, -1.2)]
        x += width
    path: list[tuple[np.ndarray, int]] = []

    def walk(start: np.ndarray, goal: np.ndarray, room: int) -> np.ndarray:
        steps = max(1, round(float(np.linalg.norm(goal - start))))
        path.extend((start + (goal - start) * t, room) for t in np.linspace(0, 1, steps + 1)[1:])
        return goal

    at = np.zeros(2)
    for room in rng.permutation(len(rooms)).tolist():
        left, width, low, high = rooms[room]
        middle = left + width / 2
        door = np.array([middle, low + 0.5 if low > 0 else high - 0.5])
        at = walk(at, np.array([middle, 0.0]), CORRIDOR)
        at = walk(at, door, room)
        for _ in range(visits):
            spot = [left + 0.4, low + 0.4] + rng.random(2) * [width - 0.8, high - low - 0.8]
            at = walk(at, spot, room)
        at = walk(walk(at, door, room), np.array([middle, 0.0]), CORRIDOR)
    kinds = rng.standard_normal((7, dim))
    kind = {CORRIDOR: 6, **{room: int(rng.integers(6)) for room in range(len(rooms))}}
    positions = np.array([[*p, 0.0] for p, _ in path])
    labels = [room for _, room in path]
    vectors = clarity * kinds[[kind[r] for r in labels]]
    vectors = vectors + rng.standard_normal(vectors.shape)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    links: dict[int, list[tuple[int, float]]] = {}
    for i in range(1, len(positions)):
        away = np.linalg.norm(positions[:i] - positions[i], axis=1)
        near = {*np.flatnonzero(away < 0.6).tolist(), i - 1}
        links[i] = [(j, float(away[j])) for j in sorted(near)]
    return Drive(positions, vectors.astype(np.float32), labels, links)
