"""What moved when: two days in a world, with the robot's rounds and people who carry things."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from memory_bench.questions.wording import caption_texts
from memory_bench.world.analytic import Ground
from memory_bench.world.roadmap import Roadmap
from memory_sim.engines.base import Instance, Vector3

__all__ = ['ASKED_NS', 'ROUNDS', 'History', 'Move', 'Round', 'at_hour', 'draw_history']

#: Midnight of the first of two days: Monday, 2 March 2026, UTC [s].
_MIDNIGHT_S = 1_772_409_600


def at_hour(day: int, hour: float) -> int:
    """Return the stamp of an hour of the first (0) or second (1) day [ns]."""
    return round((_MIDNIGHT_S + 86_400 * day + 3_600 * hour) * 1e9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One drive through the world: from when to when, and through which share of its areas."""

    begin_ns: int
    end_ns: int
    share: float


ROUNDS = (
    Round(begin_ns=at_hour(0, 9.0), end_ns=at_hour(0, 12.0), share=1.0),
    Round(begin_ns=at_hour(0, 14.0), end_ns=at_hour(0, 16.0), share=0.25),
    Round(begin_ns=at_hour(1, 8.5), end_ns=at_hour(1, 11.0), share=0.5),
    Round(begin_ns=at_hour(1, 13.5), end_ns=at_hour(1, 15.5), share=0.35),
)
#: Things are carried away in the first night, and at noon of the second day.
_NIGHT_NS, _NOON_NS = at_hour(0, 22.0), at_hour(1, 12.25)
#: When the questions are asked.
ASKED_NS = at_hour(1, 17.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One thing that was carried from one place to another."""

    stamp_ns: int
    before: Instance
    after: Instance


class History:
    """Where every thing is at any moment of the two days."""

    def __init__(self, ground: Ground, moves: Sequence[Move]) -> None:
        """Remember moves, at most one for each thing."""
        self.moves: Mapping[int, Move] = {m.before.id: m for m in moves}
        #: Things as they are in the end.
        self.latest: tuple[Instance, ...] = tuple(
            self.moves[i.id].after if i.id in self.moves else i for i in ground.instances
        )
        self._first = ground.instances

    def states(self) -> list[tuple[Instance, int, int]]:
        """Return every thing with the stamps from and until which it is like that [ns]."""
        listed = []
        for instance in self._first:
            move = self.moves.get(instance.id)
            listed.append((instance, 0, move.stamp_ns if move else 2**63 - 1))
            if move:
                listed.append((move.after, move.stamp_ns, 2**63 - 1))
        return listed

    def areas_to_visit(self, begin_ns: int, end_ns: int) -> frozenset[int]:
        """Return the areas that a round should see because something has changed before it."""
        areas = set()
        for move in self.moves.values():
            if move.stamp_ns < begin_ns or begin_ns < move.stamp_ns - 6 * 3_600 * 10**9 < end_ns:
                areas |= {move.before.region_id, move.after.region_id}
        return frozenset(areas)


def draw_history(ground: Ground, roadmap: Roadmap, *, seed: int, moved: int = 6) -> History:
    """
    Choose things that people move, half in the night and half at noon, and where to.

    Only things whose label, or label and colour, is unique are moved, so that a question about
    one can name it.
    """
    rng = np.random.default_rng((seed, 11))
    movable = frozenset(caption_texts()['movable'])
    count = Counter(i.label for i in ground.instances)
    colored = Counter((i.label, i.attributes.get('color', '')) for i in ground.instances)
    chosen = [
        i
        for i in ground.instances
        if i.label in movable
        and (count[i.label] == 1 or colored[i.label, i.attributes.get('color', '')] == 1)
    ]
    areas = sorted(set(roadmap.regions.tolist()) - {0})
    if len(areas) < 2 or not chosen:
        return History(ground, ())
    order = rng.permutation(len(chosen))[:moved]
    moves = []
    for number, index in enumerate(order):
        thing = chosen[int(index)]
        others = [a for a in areas if a != thing.region_id]
        area = int(others[int(rng.integers(len(others)))])
        rows = np.flatnonzero(roadmap.regions == area)
        spot = roadmap.points[int(rows[int(rng.integers(len(rows)))])]
        moves.append(
            Move(
                stamp_ns=(_NIGHT_NS, _NOON_NS)[number % 2],
                before=thing,
                after=_put(thing, (float(spot[0]), float(spot[1]), float(spot[2])), area),
            )
        )
    return History(ground, moves)


def _put(thing: Instance, spot: Vector3, area: int) -> Instance:
    """Return the thing standing on the floor at a spot."""
    x, y, z = spot
    return replace(thing, center=(x, y, z + 0.5 * thing.extent[2]), region_id=area)
