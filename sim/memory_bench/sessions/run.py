"""The command ``memory-bench sessions``: join what is of one world, and nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
import math
from pathlib import Path
import tempfile

import numpy as np

from memory_bench.places import WorldSpec
from memory_bench.sessions.drives import draw_sessions, Session
from memory_bench.sessions.unique_labels import join_by_unique_labels
from memory_bench.world.open import opened
from memory_node.core.errors import MapsDifferError
from memory_node.core.memory import Memory
from memory_node.core.perception.geometry import inverse, Transform, transform_points
from memory_node.core.ports import Encoder
from memory_sim.world.generate import WorldSize

__all__ = ['Joined', 'measure', 'table']

#: A join is right where the middle of the source comes to lie this near, turned as it should [m].
_RIGHT_M, _RIGHT_RAD = 0.5, math.radians(5.0)
_METHODS = ('ours', 'unique labels')


@dataclass
class Joined:
    """How many pairs of sessions each method joined rightly, wrongly and not."""

    #: By method, whether the pair is of one world, and 'right', 'wrong' or 'refused'.
    counts: Counter[tuple[str, bool, str]] = field(default_factory=Counter)
    #: How far joined maps lie from where they should [m].
    errors_m: list[float] = field(default_factory=list)
    #: Objects before and after joining what is of one world.
    objects: list[tuple[int, int]] = field(default_factory=list)


def measure(
    kinds: Sequence[str],
    seeds: range,
    encoder: Encoder,
    *,
    size: WorldSize = 'small',
    share: float = 0.65,
    drift_rad: float = 0.0,
    tell: Callable[[str], None],
) -> Joined:
    """Judge all methods on worlds of some kinds: each with itself, and with others of its kind."""
    measured = Joined()
    for kind in kinds:
        drives: dict[str, tuple[Session, Session]] = {}
        for seed in seeds:
            spec = WorldSpec(kind=kind, seed=seed, size=size)
            with opened(spec) as world:
                drives[spec.name] = draw_sessions(
                    world.ground, world.roadmap, seed, share=share, drift_rad=drift_rad
                )
        with tempfile.TemporaryDirectory() as folder:
            _judge(drives, Path(folder), encoder, measured, tell)
    return measured


def _judge(
    drives: Mapping[str, tuple[Session, Session]],
    folder: Path,
    encoder: Encoder,
    measured: Joined,
    tell: Callable[[str], None],
) -> None:
    """Try the second session of every world with the first of every world of its kind."""
    with Memory.open(folder / 'memory.sqlite', encoder=encoder) as memory:
        for name, sessions in drives.items():
            for number, session in enumerate(sessions):
                memory.add_many(
                    replace(o, id=f'{name}-{o.id}', map_id=f'{name}-{number}', neighbors=())
                    for o in session.observations
                )
        for world, source, target in _pairs(drives):
            one, other = drives[source][0], drives[target][1]
            truth = inverse(other.frame) @ one.frame if world else None
            plain = join_by_unique_labels(one.observations, other.observations)
            joins = {'ours': _ours(memory, source, target, tell), 'unique labels': plain}
            for method, transform in joins.items():
                verdict = _verdict(transform, truth, one)
                measured.counts[method, world, verdict] += 1
                if verdict == 'wrong' and method == 'ours':
                    tell(f'wrong: {source} into {target}')
            if truth is not None and (found := joins['ours']) is not None:
                measured.errors_m.append(_off(found, truth, one)[0])
                before = len(memory.objects(map_id=f'{source}-0'))
                before += len(memory.objects(map_id=f'{target}-1'))
                memory.join_maps(f'{source}-0', f'{target}-1', found)
                measured.objects.append((before, len(memory.objects(map_id=f'{target}-1'))))


def _pairs(drives: Mapping[str, object]) -> Iterator[tuple[bool, str, str]]:
    """Yield pairs of different worlds, then of one: joining changes the maps."""
    names = list(drives)
    yield from ((False, a, b) for a in names for b in names if a != b)
    yield from ((True, name, name) for name in names)


def _ours(
    memory: Memory, source: str, target: str, tell: Callable[[str], None]
) -> Transform | None:
    try:
        joined = memory.join_maps(f'{source}-0', f'{target}-1', dry_run=True)
    except MapsDifferError as error:
        tell(f'{"missed" if source == target else "refused"}: {error}')
        return None
    assert joined.match is not None
    match = joined.match
    tell(
        f'joined: {source} into {target}, log-odds {match.odds:.0f}, next best'
        f' {match.next_best:.2f}, {match.found} found, {match.missing} missing'
    )
    return joined.transform


def _off(transform: Transform, truth: Transform, source: Session) -> tuple[float, float]:
    """Return how far the middle of the source is off [m], and how much it is turned [rad]."""
    middle = np.mean([o.pose.position for o in source.observations], axis=0)
    away = transform_points(transform, middle) - transform_points(truth, middle)
    off = inverse(truth) @ transform
    return float(np.linalg.norm(away)), abs(math.atan2(off[1, 0], off[0, 0]))


def _verdict(transform: Transform | None, truth: Transform | None, source: Session) -> str:
    if transform is None:
        return 'refused'
    if truth is None:
        return 'wrong'
    away_m, turned_rad = _off(transform, truth, source)
    return 'right' if away_m <= _RIGHT_M and turned_rad <= _RIGHT_RAD else 'wrong'


def table(measured: Joined) -> str:
    """Return what was measured as a Markdown table, and a line on the joined maps."""
    verdicts = ('right', 'wrong', 'refused')
    lines = ['| | ' + ' | '.join((*verdicts, 'n')) + ' |', '|---' * 5 + '|']
    for world, said in ((True, 'one world'), (False, 'different worlds')):
        for method in _METHODS:
            counts = [measured.counts[method, world, verdict] for verdict in verdicts]
            cells = ' | '.join(map(str, (*counts, sum(counts))))
            lines.append(f'| {said}, {method} | {cells} |')
    if measured.errors_m:
        before, after = (sum(n) for n in zip(*measured.objects, strict=True))
        lines += [
            '',
            f'Joined maps lie {np.median(measured.errors_m):.3f} m off (median; at most'
            f' {max(measured.errors_m):.3f} m); {before} objects became {after}.',
        ]
    return '\n'.join(lines)
