"""A small home with true numbers, and a lookup that knows its names by heart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from types import SimpleNamespace
from typing import Any

import numpy as np

from memory_node.core.config import RetrievalConfig
from memory_node.core.constraints.base import Candidates, Kind, Scene
from memory_node.core.constraints.lookup import MemoryLookup
from memory_node.core.constraints.order import Order
from memory_node.core.constraints.registry import REGISTRY
from memory_node.core.data import Query
from memory_node.core.language.names import NameMatcher
from memory_node.core.language.parser import parse
from memory_node.core.language.request import Request
from memory_node.core.language.times import Clock
from memory_node.core.objects.view import Objects
from memory_node.core.rooms.rooms import Rooms
from memory_node.core.store.snapshot import Snapshot
from memory_node.core.view import View

#: Wednesday afternoon.
NOW = datetime(2026, 11, 25, 15, 30, tzinfo=timezone.utc)
CLOCK = Clock(int(NOW.timestamp()) * 10**9, timezone.utc)
DAY = 86_400 * 10**9
NAN = float('nan')


@dataclass(frozen=True, kw_only=True)
class Thing:
    """One object of a world."""

    name: str
    #: None: no depth has placed it.
    at: tuple[float, float, float] | None
    #: Row that saw it best, and all that did.
    row: int
    rows: tuple[int, ...] = ()
    extent: tuple[float, float, float] = (NAN, NAN, NAN)
    existence: float = 3.0


#: Rooms: kitchen, hallway and living room in a row along x, a bathroom off the hallway in the
#: north, a bedroom above. Rows stand in the middle of each room, rows 5 and 6 in the kitchen
#: again, row 7 in the bedroom.
ROOM_NAMES = ('kitchen', 'hallway', 'living room', 'bathroom', 'bedroom')
ROW_ROOMS = (0, 1, 2, 3, 4, 0, 0, 4)
ROWS = (
    (2.0, 2.0, 0.3), (6.0, 2.0, 0.3), (10.0, 2.0, 0.3), (6.0, 6.0, 0.3), (2.0, 2.0, 3.3),
    (1.5, 2.0, 0.3), (2.5, 2.0, 0.3), (3.0, 2.0, 3.3),
)  # fmt: skip
#: Today at noon, yesterday at 14:30 (row 5), and three days ago (row 6).
STAMPS = tuple(
    CLOCK.now_ns - ago
    for ago in (
        3 * 3600 * 10**9, 3 * 3600 * 10**9, 3 * 3600 * 10**9, 3 * 3600 * 10**9, 3 * 3600 * 10**9,
        DAY + 3600 * 10**9, 3 * DAY, 3 * 3600 * 10**9,
    )
)  # fmt: skip
ADJACENT = ((0, 1), (1, 2), (1, 3))
HOME = (
    Thing(name='table', at=(2.0, 3.0, 0.4), row=0, extent=(2.0, 1.0, 0.8)),
    Thing(name='cup', at=(2.7, 3.0, 0.85), row=0, rows=(0, 6)),
    Thing(name='cup', at=(0.4, 0.4, 0.9), row=5, rows=(5,)),
    Thing(name='box', at=(2.0, 3.0, 0.1), row=0),
    Thing(name='sofa', at=(10.0, 3.5, 0.4), row=2, extent=(2.0, 0.8, 0.8)),
    Thing(name='lamp', at=(11.6, 3.5, 0.8), row=2),
    Thing(name='lamp', at=(2.0, 1.0, 3.8), row=4),
    Thing(name='bed', at=(2.0, 3.0, 3.5), row=4, extent=(2.0, 1.6, 0.5)),
    Thing(name='bed', at=(4.0, 3.0, 3.5), row=4),
    Thing(name='toilet', at=(6.5, 7.0, 0.4), row=3),
    Thing(name='chair', at=(1.0, 3.0, 0.4), row=0),
    Thing(name='chair', at=(9.0, 1.0, 0.4), row=2),
    Thing(name='mirror', at=None, row=3),
    Thing(name='chair', at=(12.0, 1.0, 0.4), row=2, existence=-2.0),
)


def view(things: Sequence[Thing] = HOME) -> View:
    """Return the home with some things in it."""
    names = tuple(dict.fromkeys(t.name for t in things))
    rows = np.array(ROWS)
    n, count = len(rows), len(things)
    seen = [t.rows or (t.row,) for t in things]
    stamps = np.array(STAMPS, np.int64)
    labels = np.array([names.index(t.name) for t in things], np.int32)
    snapshot = Snapshot(
        **{
            **dict.fromkeys(Snapshot.__dataclass_fields__, np.zeros(0)),
            'keys': np.arange(n),
            'stamps': stamps,
            'maps': np.zeros(n, np.int32),
            'positions': rows,
        }  # type: ignore[arg-type]
    )
    columns: dict[str, Any] = dict.fromkeys(Objects.__dataclass_fields__, None)
    columns |= {
        'ids': np.arange(count),
        'labels': labels,
        'hist_starts': np.arange(count + 1),
        'hist_labels': labels.copy(),
        'hist_weights': np.ones(count, np.float32),
        'maps': np.zeros(count, np.int32),
        'positions': np.array([t.at or (NAN,) * 3 for t in things], np.float32).reshape(-1, 3),
        'extents': np.array([t.extent for t in things], np.float32).reshape(-1, 3),
        'frames': np.array([len(s) for s in seen], np.int32),
        'first_ns': np.array([min(stamps[list(s)]) for s in seen], np.int64),
        'last_ns': np.array([max(stamps[list(s)]) for s in seen], np.int64),
        'existence': np.array([t.existence for t in things], np.float32),
        'view_rows': np.array([t.row for t in things], np.int64),
        'seen_starts': np.concatenate([[0], np.cumsum([len(s) for s in seen])]).astype(np.int64),
        'seen_rows': np.array([r for s in seen for r in s], np.int64),
    }
    matcher = NameMatcher()
    matcher.extend(names)
    return View(
        snapshot=snapshot,
        names=SimpleNamespace(  # type: ignore[arg-type]
            texts=names, matcher=matcher, signs=np.empty(0, np.int64)
        ),
        objects=Objects(**columns),
        rooms=_rooms(np.array([ROW_ROOMS[t.row] for t in things], np.int32)),
        room_object_ids=np.arange(count),
        room_names=SimpleNamespace(texts=ROOM_NAMES),  # type: ignore[arg-type]
        room_name_ids=np.arange(len(ROOM_NAMES)),
    )


def _rooms(room_of_object: np.ndarray) -> Rooms:
    pairs = sorted([*ADJACENT, *((b, a) for a, b in ADJACENT)])
    starts = np.searchsorted([a for a, _ in pairs], np.arange(len(ROOM_NAMES) + 1))
    columns: dict[str, Any] = dict.fromkeys(Rooms.__dataclass_fields__, None)
    columns |= {
        'room_of_row': np.array(ROW_ROOMS, np.int32),
        'room_of_object': room_of_object,
        'ids': np.arange(len(ROOM_NAMES)),
        'names': ROOM_NAMES,
        'maps': np.zeros(len(ROOM_NAMES), np.int32),
        'centers': np.array(ROWS[: len(ROOM_NAMES)]),
        'representatives': np.arange(len(ROOM_NAMES)),
        'near_starts': starts,
        'near_rooms': np.array([b for _, b in pairs]),
        'said': (),
        'near_links': np.ones(len(pairs)),
    }
    return Rooms(**columns)


def scene(
    things: Sequence[Thing] = HOME, *, here: tuple[float, float, float] | None = None
) -> Scene:
    """Return the home as somebody asks in it; names mean themselves, in the plural as well."""
    now = view(things)

    def name_odds(phrase: str) -> np.ndarray:
        asked = phrase.removesuffix('s')
        return np.array([4.0 if asked == n else -6.0 for n in now.names.texts])

    def room_odds(phrase: str) -> np.ndarray:
        return np.array([4.0 if phrase == n else -6.0 for n in ROOM_NAMES])

    def travel(
        start: Any, points: np.ndarray, maps: np.ndarray, *, nearest: int | None = None
    ) -> np.ndarray:
        return np.asarray(np.linalg.norm(points - np.array(start), axis=1))

    return Scene(
        view=now,
        query=Query(text='?', here=here, now_ns=CLOCK.now_ns),
        config=RetrievalConfig(timezone='UTC'),
        lookup=MemoryLookup(now, name_odds, room_odds),
        travel=travel,
    )


def objects(at: Scene, name: str = '') -> Candidates:
    """Return the existing objects as candidates, only those of one name if that is given."""
    now = at.view.objects
    texts = at.view.names.texts
    index = np.array(
        [
            i
            for i in range(len(now))
            if now.existence[i] > 0 and name in ('', texts[now.labels[i]])
        ],
        np.int64,
    )
    rows, placed = now.view_rows[index], now.placed[index]
    return Candidates(
        kind=np.full(len(index), Kind.OBJECT, np.int8),
        index=index,
        row=rows,
        position=np.where(
            placed[:, None], now.positions[index], at.view.snapshot.positions[rows]
        ).astype(np.float64),
        placed=placed,
        map=np.zeros(len(index), np.int64),
        room=at.view.object_rooms[index],
        name=now.labels[index].astype(np.int64),
        first_ns=now.first_ns[index],
        last_ns=now.last_ns[index],
        odds=np.zeros(len(index)),
    )


def rooms(at: Scene) -> Candidates:
    """Return the rooms as candidates."""
    n = len(ROOM_NAMES)
    stamps = at.view.snapshot.stamps
    owners = np.array(ROW_ROOMS)
    return Candidates(
        kind=np.full(n, Kind.ROOM, np.int8),
        index=np.arange(n),
        row=np.arange(n),
        position=at.view.snapshot.positions[:n],
        placed=np.ones(n, np.bool_),
        map=np.zeros(n, np.int64),
        room=np.arange(n),
        name=np.full(n, -1),
        first_ns=np.array([stamps[owners == r].min() for r in range(n)]),
        last_ns=np.array([stamps[owners == r].max() for r in range(n)]),
        odds=np.zeros(n),
    )


def read(text: str) -> Request:
    """Return a request as the rules read it."""
    return parse(text, CLOCK, REGISTRY, Order)


def told(text: str) -> tuple[str, ...]:
    """Return kinds and phrases of the constraints, "not " before what is denied."""
    return tuple(
        f'{"not " if c.negated else ""}{c.NAME}: {c.phrase}' for c in read(text).constraints
    )
