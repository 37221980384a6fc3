"""Buildings and instructions of REVERIE as memories, queries and goals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
import json
from pathlib import Path

import numpy as np

from memory_node import Memory, Observation, Pose, Retrieval, Sighting

SUCCESS_M = 3.0


@dataclass(frozen=True)
class Instruction:
    """One human instruction and where its target can be seen from."""

    text: str
    goal: tuple[float, float, float]


def buildings(folder: Path) -> list[str]:
    """Return the names of all buildings, sorted."""
    return sorted(p.name.split('.')[0] for p in folder.glob('*.observations.jsonl'))


def observations(folder: Path, building: str) -> Iterator[Observation]:
    """Yield the viewpoints of a building."""
    for line in (folder / f'{building}.observations.jsonl').read_text().splitlines():
        row = json.loads(line)
        if not (row['caption'].strip() or row['objects'] or row['neighbors']):
            continue  # an isolated viewpoint without a word
        yield Observation(
            id=row['id'],
            stamp_ns=int(row['stamp'] * 1e9),
            pose=Pose(position=tuple(row['position'])),
            caption=row['caption'],
            sightings=tuple(Sighting(label=o['label']) for o in row['objects']),
            neighbors=tuple(row['neighbors']),
            map_id=building,
        )


def instructions(folder: Path, building: str, split: str) -> list[Instruction]:
    """Return the instructions of a building; a building may have none in a split."""
    path = folder / f'{building}.{split}.queries.jsonl'
    if not path.exists():
        return []
    rows = map(json.loads, path.read_text().splitlines())
    return [Instruction(row['text'], tuple(row['goal'])) for row in rows]


def successes(memory: Memory, tasks: list[Instruction], k: int = 5) -> np.ndarray:
    """Return (T, 2): success of the first answer and of any of ``k``, within 3 m of the goal."""
    return np.array([success(memory.retrieve(t.text, k), t) for t in tasks], float).reshape(-1, 2)


def success(retrieval: Retrieval, task: Instruction) -> tuple[bool, bool]:
    """Return whether the first, and whether any, place is within 3 m of the goal."""
    near = [
        float(np.linalg.norm(np.subtract(p.pose.position, task.goal))) <= SUCCESS_M
        for p in retrieval.places
    ]
    return near[0], any(near)
