"""The memory under test and the plainest ones that could be: latest, most often, centroid."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from memory_bench.changes.questions import Asked
from memory_bench.changes.world import ASKED_NS, FIXED, ROOM_M
from memory_node.core.data import FloatArray, Observation, Vector3
from memory_node.core.memory import Memory
from memory_node.core.ports import Encoder

__all__ = ['PLAIN', 'Heard', 'Method', 'Ours', 'Plain']

#: Sightings nearer to each other than this are of one thing [m].
_ONE_M = 0.5
#: Newest sightings that a centroid is of.
_NEWEST = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What a memory answers."""

    #: Where the thing is or was; None where that is refused.
    where: Vector3 | None = None
    #: Probability that it still is in the room that was asked about.
    still: float = 0.0
    count: int = -1
    #: When what it cites was seen; -1 where it cites nothing [ns].
    stamp_ns: int = -1
    #: What the memory says, for those who read failures.
    text: str = ''


class Method(Protocol):
    """A memory of the flat."""

    def ask(self, question: Asked) -> Heard:
        """Answer a question."""


class Ours:
    """``Memory`` as a robot asks it: in words."""

    def __init__(
        self, observations: Sequence[Observation], folder: Path, encoder: Encoder
    ) -> None:
        """Remember everything, one observation after the other."""
        self.memory = Memory.open(folder / 'memory.sqlite', encoder=encoder)
        self.memory.add_many(observations)
        self.memory.wait_areas(60.0)

    def close(self) -> None:
        """Close the store."""
        self.memory.close()

    def ask(self, question: Asked) -> Heard:
        """Ask in words."""
        now = ASKED_NS / 1e9
        answer = self.memory.ask(question.text, now=now)
        if question.aspect == 'still there':
            found = self.memory.retrieve(question.text, now=now)
            still = found.places[0].confidence if found.places else 0.0
            return Heard(still=still, text=answer.text)
        where = answer.citations[0].target_position if answer.known and answer.citations else None
        count = -1 if answer.count is None else answer.count
        stamp_ns = answer.citations[0].stamp_ns if answer.citations else -1
        return Heard(where=where, count=count, stamp_ns=stamp_ns, text=answer.text)


class Plain:
    """Answers from the positions of all sightings of a label by one rule."""

    def __init__(self, observations: Sequence[Observation], rule: str) -> None:
        """Keep all sightings; ``rule`` is one of ``PLAIN``."""
        self._rule = rule
        self._seen: dict[str, list[tuple[int, Vector3]]] = defaultdict(list)
        for item in observations:
            for s in item.sightings:
                assert s.position is not None
                self._seen[s.label].append((item.stamp_ns, s.position))

    def ask(self, question: Asked) -> Heard:
        """Answer by the rule; what was seen once is there, and nothing is known of rooms."""
        if question.order:
            first = {n: self._seen[n][0][0] for n in question.order if self._seen[n]}
            told = ', '.join(f'the {name}' for name in sorted(first, key=first.__getitem__))
            return Heard(text=f': {told}')
        seen = [p for t, p in self._seen[question.label]
                if question.since_ns <= t <= question.until_ns]  # fmt: skip
        if not seen:
            return Heard(count=0)
        points = np.array(seen)
        groups = _groups(points)
        where = self._where(points[::-1] if question.aspect == 'at first' else points)
        still = float(_room(where) == question.room)
        return Heard(where=where, still=still, count=sum(len(g) > 1 for g in groups))

    def _where(self, points: FloatArray) -> Vector3:
        if self._rule == 'latest':
            point = points[-1]
        elif self._rule == 'centroid':
            point = points[-_NEWEST:].mean(axis=0)
        else:
            point = points[max(_groups(points), key=len)].mean(axis=0)
        x, y, z = point.tolist()
        return x, y, z


#: Rules of plain memories: the newest sighting, the middle of the ten newest, the place of most.
PLAIN = ('latest', 'centroid', 'most often')


def _groups(points: FloatArray) -> list[list[int]]:
    """Return sightings by place, each in the group of the first one that is near."""
    groups: list[list[int]] = []
    for i, point in enumerate(points):
        near = (g for g in groups if np.linalg.norm(points[g[0]] - point) < _ONE_M)
        group = next(near, None)
        if group is None:
            groups.append([i])
        else:
            group.append(i)
    return groups


def _room(point: Vector3) -> str:
    column, row = int(point[0] // ROOM_M[0]), int(point[1] // ROOM_M[1])
    number = 3 * row + column
    return list(FIXED)[number] if 0 <= number < len(FIXED) and 0 <= column < 3 else ''
