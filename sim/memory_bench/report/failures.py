"""The failures worth looking at: what was asked, seen and answered, on a map of the world."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
import io
import json
import math
from pathlib import Path
from typing import Any

from memory_bench.run.records import EpisodeRecord, QuestionRecord
from memory_sim.world.model import DOOR, Opening, Wall, World

__all__ = ['Failure', 'choose_failures', 'reason']

_WIDTH_PX = 260.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One wrong answer."""

    world: str
    record: QuestionRecord
    reason: str
    #: A drawing from above, as SVG made here from numbers alone; empty without a place.
    plan: str
    #: What the simulator shows from the answered pose, as a data URL; empty if not drawn.
    picture: str = ''


def reason(q: QuestionRecord) -> str:
    """Say in a sentence why an answer counts as wrong."""
    if q.kind == 'negative':
        return f'It answered although there is nothing, and gave it {q.confidence:.0%}.'
    if q.recall is not None:
        if not q.answer:
            return 'It gave no text.'
        if not q.found:
            return 'It said that it does not know.'
        return f'Its text names {q.recall:.0%} of what is there, or too much that is not.'
    if not q.found and q.first:
        return f'Its first place is right, but it gave it {q.confidence:.0%} and refused.'
    if not q.found:
        return f'It refused ({q.confidence:.0%}), and its first place is wrong as well.'
    if q.any_of_k:
        return 'A right place is among the others it named, but not the first.'
    return 'None of its places is right.'


def choose_failures(
    records: Sequence[EpisodeRecord], out: Path, *, method: str = 'ours', most: int = 18
) -> list[Failure]:
    """Choose wrong answers of a method, spread over kinds of questions and worlds."""
    pool = [(r, q) for r in records if r.method == method for q in r.questions if not q.success]
    used: Counter[str] = Counter()
    chosen: list[tuple[EpisodeRecord, QuestionRecord]] = []
    while pool and len(chosen) < most:
        best = min(
            range(len(pool)),
            key=lambda i: (used[pool[i][1].kind], used[pool[i][1].form], used[pool[i][0].kind],
                           used[pool[i][0].world], i),
        )  # fmt: skip
        record, question = pool.pop(best)
        used.update([question.kind, question.form, record.kind, record.world])
        chosen.append((record, question))
    return [_failure(record, question, out) for record, question in chosen]


def _failure(record: EpisodeRecord, question: QuestionRecord, out: Path) -> Failure:
    asked = _asked(out, record.world).get(question.id, {})
    plan = ''
    if question.position is not None and question.recall is None:
        world = _world(record, out)
        plan = _plan(world, question, asked) if world is not None else ''
    return Failure(
        world=record.world, record=question, reason=reason(question), plan=plan,
        picture=_picture(out, record, question),
    )  # fmt: skip


def _asked(out: Path, world: str) -> Mapping[str, Mapping[str, Any]]:
    path = out / 'inputs' / world / 'questions.jsonl'
    try:
        lines = [json.loads(line) for line in path.read_text(encoding='utf-8').splitlines()]
        return {str(item['id']): item for item in lines}
    except (OSError, ValueError, KeyError, TypeError):
        return {}  # the gallery goes without


def _world(record: EpisodeRecord, out: Path) -> World | None:
    from memory_sim.world.errors import WorldError
    from memory_sim.world.generate import generate_world

    try:
        return generate_world(record.kind, record.seed, record.size)  # type: ignore[arg-type]
    except WorldError:
        return None


def _picture(out: Path, record: EpisodeRecord, question: QuestionRecord) -> str:
    """Return the stored view of a rendered episode as a data URL."""
    from PIL import Image, UnidentifiedImageError

    path = out / 'views' / f'{record.world}.{record.method}.{question.id}.png'
    if not path.is_file():
        return ''
    try:
        with Image.open(path) as image:
            small = image.convert('RGB')
            small.thumbnail((320, 240))
            buffer = io.BytesIO()
            small.save(buffer, 'JPEG', quality=75)
    except (OSError, UnidentifiedImageError):
        return ''
    return 'data:image/jpeg;base64,' + base64.b64encode(buffer.getvalue()).decode()


def _plan(world: World, q: QuestionRecord, asked: Mapping[str, Any]) -> str:
    """Draw rooms and walls of a storey, the answer, right targets and where it was asked."""
    assert q.position is not None
    heights = {room.floor: room.elevation_m for room in world.rooms}
    z = q.position[2]
    floor = min(heights, key=lambda f: (abs(heights[f] - z), f))
    x0, y0, x1, y1 = world.bounds
    scale = _WIDTH_PX / max(x1 - x0, y1 - y0, 1e-6)
    width, height = scale * (x1 - x0), scale * (y1 - y0)

    def at(point: Sequence[float]) -> tuple[float, float]:
        return scale * (point[0] - x0), height - scale * (point[1] - y0)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{width + 12:.0f}"'
        f' height="{height + 12:.0f}" viewBox="-6 -6 {width + 12:.1f} {height + 12:.1f}">'
    ]
    for room in (r for r in world.rooms if r.floor == floor):
        corners = ' '.join('{:.1f},{:.1f}'.format(*at(p)) for p in room.polygon)
        parts.append(f'<polygon points="{corners}" fill="#f3f1ec"/>')
    for wall in (w for w in world.walls if w.floor == floor):
        (ax, ay), (bx, by) = at(wall.start), at(wall.end)
        parts.append(
            f'<line x1="{ax:.1f}" y1="{ay:.1f}" x2="{bx:.1f}" y2="{by:.1f}" stroke="#777"'
            f' stroke-width="1.5"/>'
        )
        parts += [_gap(at, wall, o) for o in wall.openings if o.kind == DOOR]
    parts += _marks(at, q, asked, heights[floor])
    return ''.join([*parts, '</svg>'])


def _gap(at: Any, wall: Wall, opening: Opening) -> str:
    half = 0.5 * opening.width_m
    (ax, ay), (bx, by) = (at(wall.point(opening.offset_m + d)) for d in (-half, half))
    return (
        f'<line x1="{ax:.1f}" y1="{ay:.1f}" x2="{bx:.1f}" y2="{by:.1f}" stroke="#f3f1ec"'
        f' stroke-width="2.5"/>'
    )


def _marks(
    at: Any, q: QuestionRecord, asked: Mapping[str, Any], elevation_m: float
) -> Iterator[str]:
    for goal in _points(asked.get('goals'))[:40]:
        x, y = at(goal)
        clear = 1.0 if -0.5 <= goal[2] - elevation_m < 3.0 else 0.25
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="#2e8b57" opacity="{clear}"/>'
    for start in _points([asked.get('start')]):
        x, y = at(start)
        yield f'<rect x="{x - 4:.1f}" y="{y - 4:.1f}" width="8" height="8" fill="#2b6cb0"/>'
    if q.position is not None:
        x, y = at(q.position)
        yield (
            f'<path d="M{x - 5:.1f},{y - 5:.1f} l10,10 m0,-10 l-10,10" stroke="#c0392b"'
            f' stroke-width="3" fill="none"/>'
        )


def _points(value: object) -> list[tuple[float, float, float]]:
    """Take finite points out of what a file held."""
    if not isinstance(value, list):
        return []
    points = []
    for item in value:
        if isinstance(item, list) and len(item) == 3:
            numbers = [float(v) for v in item if isinstance(v, int | float)]
            if len(numbers) == 3 and all(map(math.isfinite, numbers)):
                points.append((numbers[0], numbers[1], numbers[2]))
    return points
