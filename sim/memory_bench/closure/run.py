"""The command ``memory-bench loop-closure``: what is double before it, and what is left after."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
import math
from pathlib import Path
import tempfile

import numpy as np

from memory_bench.changes.drive import Noise
from memory_bench.closure.course import Drift, DRIFTS, drive, Driven, THINGS
from memory_node.core.errors import MapsDifferError
from memory_node.core.memory import Memory
from memory_node.core.ports import Encoder
from memory_node.core.retrieval.listing import ObjectRecord

__all__ = ['SOURCES', 'Closed', 'closed', 'measure', 'table']

#: How the memory hears of a loop closure: not, by poses of ids or stamps, by map -> odom alone.
SOURCES = ('nothing', 'poses', 'jump')
#: An object is of the thing of its label that is nearest within this [m].
_OF_M = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """What a memory holds of the 100 things."""

    objects: int
    #: Objects beyond the first of a thing, and things without one.
    double: int
    missing: int
    #: How far each thing's object is from where it stands [m].
    errors_m: tuple[float, ...]
    #: Why nothing was moved, where nothing was.
    refused: str = ''


def measure(
    seeds: Sequence[int], noise: Noise, encoder: Encoder
) -> dict[tuple[Drift, str], list[Closed]]:
    """Drive the course with every kind of drift and put it right by every source."""
    found: dict[tuple[Drift, str], list[Closed]] = defaultdict(list)
    for drift in DRIFTS:
        for seed in seeds:
            driven = drive(drift, seed, noise)
            for source in SOURCES:
                found[drift, source].append(closed(driven, source, encoder))
    return found


def closed(driven: Driven, source: str, encoder: Encoder) -> Closed:
    """Return what a memory holds of the things once it was told of the loop closure."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Memory.open(Path(folder) / 'memory.sqlite', encoder=encoder) as memory,
    ):
        memory.add_many(driven.observations)
        refused = ''
        first, last = driven.observations[0], driven.observations[-1]
        try:
            if source == 'jump':
                memory.correct_jump(
                    'map', driven.jump, since_ns=first.stamp_ns, until_ns=last.stamp_ns
                )
            elif source == 'poses':
                memory.correct_poses('map', driven.corrected)
        except MapsDifferError as error:
            refused = str(error)
        while memory.view().behind:  # all objects are made again
            pass
        known = _known(memory)
    return _judged(known, refused)


def _judged(known: Sequence[ObjectRecord], refused: str) -> Closed:
    of: dict[int, list[float]] = defaultdict(list)
    for thing in known:
        assert thing.position is not None
        away = [
            math.dist(where, thing.position) if label == thing.label else math.inf
            for label, where in THINGS
        ]
        if min(away) <= _OF_M:
            of[int(np.argmin(away))].append(min(away))
    return Closed(
        objects=len(known),
        double=sum(len(held) - 1 for held in of.values()),
        missing=len(THINGS) - len(of),
        errors_m=tuple(min(held) for held in of.values()),
        refused=refused,
    )


def _known(memory: Memory) -> list[ObjectRecord]:
    """Return the placed objects that were seen more than once: the rest is false labels."""
    held = memory.objects()
    return [thing for thing in held if thing.position is not None and thing.views > 1]


def table(measured: dict[tuple[Drift, str], list[Closed]]) -> str:
    """Return what was measured as a Markdown table: means, and the farthest of all."""
    lines = [
        '| drift | told | objects | double | missing | within 10 cm | median [m] | most [m] |',
        '|---' * 8 + '|',
    ]
    for (drift, source), found in measured.items():
        errors = np.array([error for one in found for error in one.errors_m])
        cells = [
            drift,
            source,
            f'{np.mean([c.objects for c in found]):.1f}',
            f'{np.mean([c.double for c in found]):.1f}',
            f'{np.mean([c.missing for c in found]):.1f}',
            f'{np.mean(errors <= 0.1):.3f}',
            f'{np.median(errors):.3f}',
            f'{errors.max():.3f}',
        ]
        lines.append(f'| {" | ".join(cells)} |')
    refused = [one.refused for found in measured.values() for one in found if one.refused]
    lines += [f'\n{len(refused)} jumps were not followed: {refused[0]}'] if refused else []
    return '\n'.join(lines)
