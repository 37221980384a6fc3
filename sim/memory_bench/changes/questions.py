"""What is asked about the flat, and what would be right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from memory_bench.changes.drive import Drive
from memory_bench.changes.world import ASKED_NS, COPIES, FOREVER_NS, MOVABLE, Script, Stay
from memory_bench.world.history import at_hour
from memory_node.core.data import Vector3

__all__ = ['ASPECTS', 'Asked', 'questions_of']

#: What is measured, in the order of the table.
ASPECTS = (
    'where is, moved', 'where is, unmoved', 'where was', 'at first', 'still there', 'gone',
    'count', 'changed',
)  # fmt: skip
#: Views in which a thing must have been before it is asked for.
_SEEN = 3
#: Views of a place, and stops they were from, after which a thing can be known to have left it.
_LOOKED, _STOPS = 4, 2
#: Spans that are asked for [ns].
_SPANS = {
    'yesterday': (at_hour(0, 0.0), at_hour(1, 0.0) - 1),
    'yesterday morning': (at_hour(0, 5.0), at_hour(0, 12.0) - 1),
    'this morning': (at_hour(1, 5.0), at_hour(1, 12.0) - 1),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One question with its truth."""

    aspect: str
    text: str
    label: str
    #: Where the thing is or was; several where any of them is right.
    places: tuple[Vector3, ...] = ()
    since_ns: int = 0
    until_ns: int = FOREVER_NS
    #: Room that the thing may still be in, and whether it is.
    room: str = ''
    still: bool = False
    count: int = -1
    #: Labels of what has changed, and of what may or may not be told.
    changed: frozenset[str] = frozenset()
    unknown: frozenset[str] = frozenset()
    #: Names of things or rooms in the order in which they are to be told.
    order: tuple[str, ...] = ()


def questions_of(script: Script, drive: Drive) -> list[Asked]:
    """Return all questions whose answers the robot could see."""
    known = _Known(script, drive)
    asked: list[Asked] = []
    for label in MOVABLE:
        things = script.things(label)
        if len(things) == 1:
            asked += known.one(label, script.of(things[0]))
    for label in (*MOVABLE, *COPIES):
        asked += known.counted(label)
    return [*asked, *known.changed()]


class _Known:
    def __init__(self, script: Script, drive: Drive) -> None:
        self._script = script
        self._views = {id(s): drive.in_view[i] for i, s in enumerate(script.stays)}
        self._left = {id(s): drive.left_view[i] for i, s in enumerate(script.stays)}

    def seen(self, stay: Stay, since_ns: int = 0, until_ns: int = FOREVER_NS) -> bool:
        return sum(since_ns <= t <= until_ns for t in self._views[id(stay)]) >= _SEEN

    def looked_after(self, stay: Stay) -> bool:
        views = self._left[id(stay)]
        return len(views) >= _LOOKED and len({stop for _, stop in views}) >= _STOPS

    def one(self, label: str, stays: list[Stay]) -> Iterator[Asked]:
        """Yield questions for a thing that is the only one of its label."""
        first, last = stays[0], stays[-1]
        if not self.seen(first):
            return
        gone = last.until_ns < ASKED_NS
        moved = len(stays) > 1
        if gone and self.looked_after(last):
            yield Asked(aspect='gone', text=f'where is the {label}?', label=label)
        if not gone and self.seen(last):
            aspect = 'where is, moved' if moved else 'where is, unmoved'
            text = f'where is the {label}?'
            yield Asked(aspect=aspect, text=text, label=label, places=(last.position,))
        text = f'where was the {label} when you first saw it?'
        yield Asked(aspect='at first', text=text, label=label, places=(first.position,))
        for words, (since, until) in _SPANS.items():
            there = [s for s in stays if self.seen(s, since, until)]
            passed = [s for s in stays if any(since <= t <= until for t in self._views[id(s)])]
            if there and there == passed:
                yield Asked(
                    aspect='where was', text=f'where was the {label} {words}?', label=label,
                    places=tuple(s.position for s in there), since_ns=since, until_ns=until,
                )  # fmt: skip
        known = self.looked_after(last) if gone else self.seen(last)
        if known:
            yield from self._still(label, stays, gone)

    def _still(self, label: str, stays: list[Stay], gone: bool) -> Iterator[Asked]:
        now = '' if gone else stays[-1].room
        for room in dict.fromkeys(s.room for s in stays if self.seen(s)):
            text = f'is the {label} still in the {room}?'
            yield Asked(aspect='still there', text=text, label=label, room=room, still=room == now)

    def counted(self, label: str) -> Iterator[Asked]:
        """Yield how many there are, where all that were there have been seen to stay or leave."""
        stays = [s for s in self._script.stays if s.label == label]
        ended = [s for s in stays if s.until_ns < ASKED_NS]
        there = [s for s in stays if s.until_ns >= ASKED_NS]
        if all(map(self.seen, there)) and all(map(self.looked_after, ended)):
            text = f'how many {label}s are there?'
            yield Asked(aspect='count', text=text, label=label, count=len(there))

    def changed(self) -> Iterator[Asked]:
        """Yield what has changed since the first evening."""
        since = at_hour(0, 0.0)
        found: set[str] = set()
        unknown: set[str] = set()
        for label in (*MOVABLE, *COPIES):
            stays = [s for s in self._script.stays if s.label == label]
            new = [s for s in stays if s.since_ns >= since]
            ended = [s for s in stays if since <= s.until_ns < ASKED_NS]
            if not (new or ended):
                continue
            known = all(map(self.seen, new)) and all(map(self.looked_after, ended))
            (found if known else unknown).add(label)
        if found:
            yield Asked(
                aspect='changed', text='what has changed since yesterday?', label='',
                changed=frozenset(found),
                unknown=frozenset(unknown), since_ns=since,
            )  # fmt: skip
