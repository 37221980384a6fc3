"""Questions about order and visits, and what would be right: from where the robot looked when."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, groupby

from memory_bench.changes.drive import Drive
from memory_bench.changes.questions import Asked
from memory_bench.changes.world import FIXED, MOVABLE, Script, SESSIONS
from memory_bench.world.history import at_hour

__all__ = ['ORDER_ASPECTS', 'order_questions']

ORDER_ASPECTS = (
    'order of rooms', 'order of things', 'first of two', 'came after', 'came before', 'last there',
    'how long there',
)  # fmt: skip
#: Spans that are asked for [ns]: one drive each.
_SPANS = {
    'yesterday morning': (at_hour(0, 5.0), at_hour(0, 12.0) - 1),
    'this morning': (at_hour(1, 5.0), at_hour(1, 12.0) - 1),
}
#: A thing is asked for where it was in view this often within this time from the first [ns]; two
#: of which one came first were first in view this far apart.
_SEEN, _SOON_NS, _APART_NS = 3, 300_000_000_000, 400_000_000_000
#: Pairs and triples of things of one flat.
_MOST = 6


def order_questions(script: Script, drive: Drive) -> Iterator[Asked]:
    """Yield all questions whose answers the robot could see."""
    for when, (since, until) in _SPANS.items():
        visits = _visits(drive, since, until)
        names = tuple(room for room, _, _ in visits)
        text = f'in which order did you see the rooms {when}?'
        yield Asked(aspect='order of rooms', text=text, label='', order=names)
        for before, after in zip(names, names[1:], strict=False):
            text = f'what did you pass after the {before} {when}?'
            yield Asked(aspect='came after', text=text, label='', order=(before, after))
            text = f'what came before the {after} {when}?'
            yield Asked(aspect='came before', text=text, label='', order=(after, before))
        for room, first, last in visits:
            text = f'how long were you in the {room} {when}?'
            yield Asked(
                aspect='how long there', text=text, label='', since_ns=first, until_ns=last
            )
    for room in FIXED:
        last = [o.stamp_ns for o in drive.observations if o.caption == f'a {room}'][-1]
        text = f'when were you last in the {room}?'
        yield Asked(aspect='last there', text=text, label='', until_ns=last)
    yield from _things(script, drive)


def _visits(drive: Drive, since: int, until: int) -> list[tuple[str, int, int]]:
    """Return rooms in the order of one drive, with the stamps of their first and last views."""
    seen = [o for o in drive.observations if since <= o.stamp_ns <= until]
    found = []
    for caption, views in groupby(seen, key=lambda o: o.caption):
        stamps = [o.stamp_ns for o in views]
        found.append((caption.removeprefix('a '), stamps[0], stamps[-1]))
    return found


def _things(script: Script, drive: Drive) -> Iterator[Asked]:
    first: dict[str, int] = {}
    furniture = [s for own in FIXED.values() for s in own]
    for label in (*MOVABLE, *furniture):
        things = script.things(label)
        views = sorted(
            stamp
            for i, stay in enumerate(script.stays)
            if stay.label == label
            for stamp in drive.in_view[i]
        )
        soon = sum(stamp <= views[0] + _SOON_NS for stamp in views) if views else 0
        if len(things) == 1 and soon >= _SEEN:
            first[label] = views[0]
    ends = [end for _, end in SESSIONS]
    pairs = [
        (one, other)
        for one, other in combinations(sorted(first), 2)
        if abs(first[one] - first[other]) > _APART_NS and min(first.values()) < ends[0]
    ]
    step = max(1, len(pairs) // _MOST)
    for one, other in pairs[::step][:_MOST]:
        order = tuple(sorted((one, other), key=first.__getitem__))
        text = f'what did you see first, the {other} or the {one}?'
        yield Asked(aspect='first of two', text=text, label='', order=order)
        third = next((t for t in sorted(first) if all(
            abs(first[t] - first[n]) > _APART_NS for n in (one, other)
        )), '')  # fmt: skip
        if third:
            order = tuple(sorted((one, other, third), key=first.__getitem__))
            text = f'in which order did you see the {other}, the {third} and the {one}?'
            yield Asked(aspect='order of things', text=text, label='', order=order)
