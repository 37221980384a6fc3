"""What the makers of questions look things up in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
import re
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from memory_bench.datasets.types import Question
from memory_bench.judging.place import PlaceJudge
from memory_bench.perception.sensing import Perception
from memory_bench.questions.case import Case
from memory_bench.questions.wording import question_texts
from memory_bench.world.analytic import Ground
from memory_bench.world.history import ASKED_NS, History
from memory_bench.world.patrol import Drive
from memory_bench.world.roadmap import Roadmap
from memory_node.core.data import Vector3
from memory_sim.engines.base import Instance

__all__ = ['Desk', 'Stage', 'made']


Item = TypeVar('Item')

#: Places where the robot may stand when it is asked.
_STARTS = 3
_RADIUS_M = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One explored world, ready to be asked about."""

    ground: Ground
    roadmap: Roadmap
    history: History
    drive: Drive
    perception: Perception
    judge: PlaceJudge
    templates: str
    seed: int
    #: What was meant to be asked, and cannot be.
    note: str = ''

    def notes(self) -> tuple[str, ...]:
        """Return what went wrong although it went on."""
        return tuple(note for note in (self.note, self.ground.note) if note)


class Desk:
    """What the makers of questions look things up in."""

    def __init__(self, stage: Stage, rng: np.random.Generator) -> None:
        """Sort what there is, and what was in view of it."""
        self.stage, self.rng = stage, rng
        self.ground, self.history, self.judge = stage.ground, stage.history, stage.judge
        self.latest = stage.history.latest
        self.by_label: Mapping[str, tuple[Instance, ...]] = _grouped(self.latest)
        self.labels = frozenset(self.by_label)
        self._stops = frozenset(stage.drive.stops)
        points = stage.roadmap.points
        drawn = rng.integers(len(points), size=_STARTS)
        self.starts: tuple[Vector3, ...] = tuple(_vector(points[int(i)]) for i in drawn)
        #: Most things that may be right: a share of all, so that chance stays low.
        self.most = max(4, round(0.04 * len(self.latest)))

    def text(self, name: str, *, several: bool = False, **words: str) -> str:
        """Choose a wording and fill it in."""
        texts = question_texts(name, self.stage.templates)
        text = texts[int(self.rng.integers(len(texts)))]
        if several:
            text = text.replace('the {thing}', 'a {thing}').replace('that {thing}', 'a {thing}')
        for key, value in words.items():
            text = text.replace('{' + key + '}', value)
        text = re.sub(r'\b([Aa]) (?=[aeiou])', r'\1n ', text)
        return text[:1].upper() + text[1:] if not text.startswith('the ') else text

    def shuffled(self, items: Iterable[Item]) -> list[Item]:
        """Return items in random order."""
        listed = list(items)
        return [listed[int(i)] for i in self.rng.permutation(len(listed))]

    def start(self) -> Vector3:
        """Draw where the robot stands."""
        return self.starts[int(self.rng.integers(len(self.starts)))]

    def seen(self, instance: Instance) -> tuple[int, ...]:
        """Return which observations had a thing in view, as it is in this state."""
        return self.stage.perception.in_view.get((instance.id, instance.center), ())

    def any_seen(self, instances: Iterable[Instance]) -> bool:
        """Whether at least one of them was ever in view."""
        return any(self.seen(i) for i in instances)

    def area_name(self, instance: Instance) -> str:
        """Return the kind of area that a thing is in."""
        region = self.ground.regions.get(instance.region_id)
        return region.kind if region is not None else 'the open'

    def case(
        self,
        kind: str,
        form: str,
        text: str,
        targets: Sequence[Instance],
        *,
        start: Vector3 | None = None,
        tell_near: bool = False,
    ) -> Case | None:
        """Make a question for things; None if the robot never stood at a right place."""
        start = start or self.start()
        shortest = self.judge.shortest_m(start, targets, frozenset())
        right = self.judge.right_places(targets, frozenset())
        if not np.isfinite(shortest) or self._stops.isdisjoint(right.tolist()):
            return None
        nodes = sorted({i for t in targets for i in self.seen(t)})
        question = Question(
            id='',
            text=text,
            kind=kind,
            goals=tuple(t.center for t in targets),
            radius_m=_RADIUS_M,
            nodes=tuple(f'{i:05d}' for i in nodes),
            near=start if tell_near else None,
            now_ns=ASKED_NS,
        )
        where = sorted({f'{t.label} in {self.area_name(t)}' for t in targets})
        return Case(
            question=question,
            form=form,
            start=start,
            targets=tuple(targets),
            shortest_m=shortest,
            expected='; '.join(where[:4]) + (' ...' if len(where) > 4 else ''),
        )


def made(cases: Iterable[Case | None]) -> Iterator[Case]:
    """Leave out what could not be made."""
    return (case for case in cases if case is not None)


def _grouped(instances: Iterable[Instance]) -> dict[str, tuple[Instance, ...]]:
    groups: dict[str, list[Instance]] = defaultdict(list)
    for instance in instances:
        groups[instance.label].append(instance)
    return {label: tuple(members) for label, members in sorted(groups.items())}


def _vector(point: NDArray[np.float64]) -> Vector3:
    return float(point[0]), float(point[1]), float(point[2])
