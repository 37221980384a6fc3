"""
Conditions become rows and sightings: which of what was seen meets them, and how well.

A sighting whose place depth has measured is judged by that place, so a chair seen through the
door of the kitchen is not in the hall; one without is judged by where it was seen from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from memory_node.core.constraints.bearings import on_floor, towards
from memory_node.core.constraints.conditions import Condition, Kind, Order, Reading
from memory_node.core.constraints.contents import holding, holding_many
from memory_node.core.constraints.ground import Ground
from memory_node.core.constraints.limits import Limit, Limits, Ordering, restricted
from memory_node.core.constraints.whereabouts import in_area, near_asker, next_to

__all__ = ['ground_conditions']

BoolArray = NDArray[np.bool_]
#: The last moment that Python can tell as a date [s].
_LAST_S = 253_370_764_800


def _in_time(ground: Ground, condition: Condition) -> Limit:
    """Limit to what was seen in a span of time."""
    stamps, window = ground.snapshot.stamps, condition.window
    assert window is not None
    rows = np.ones(len(stamps), np.bool_)
    if window.since_ns is not None:
        rows &= stamps >= window.since_ns
    if window.until_ns is not None:
        rows &= stamps <= window.until_ns

    def told(row: int) -> str:
        seconds = min(int(stamps[row]) // 10**9, _LAST_S)
        moment = datetime.fromtimestamp(seconds, tz=ground.asker.zone)
        return f'{condition.phrase} (seen {moment:%a %Y-%m-%d %H:%M})'

    return Limit(condition=condition, rows=rows != condition.negated, told=told)


_MAKERS: Mapping[Kind, Callable[[Ground, Condition], Limit | str]] = {
    Kind.NEAR: near_asker,
    Kind.AREA: in_area,
    Kind.BESIDE: next_to,
    Kind.WITH: holding,
    Kind.COUNT: holding_many,
    Kind.FLOOR: on_floor,
    Kind.DIRECTION: towards,
    Kind.TIME: _in_time,
}


def ground_conditions(
    ground: Ground,
    conditions: Sequence[Condition],
    reading: Reading,
    *,
    whole_rows: bool = False,
) -> Limits:
    """
    Return what remains of a memory under all conditions, and the order that was asked for.

    With ``whole_rows`` every row keeps all its sightings, for a ranker that reads scenes.
    """
    found: list[Limit] = []
    unused: list[str] = []
    for condition in conditions:
        made = _MAKERS[condition.kind](ground, condition)
        if isinstance(made, str):
            unused.append(f'{condition.phrase!r} is not considered: {made}')
        else:
            found.append(made)
    ordering = _ordering(ground, reading)
    if isinstance(ordering, str):
        unused.append(f'{reading.order_phrase!r} is not considered: {ordering}')
        ordering = None
    rows, sightings = _joined(ground, found, whole_rows)
    snapshot, kept = restricted(ground.snapshot, sightings)
    return Limits(
        limits=tuple(found),
        ordering=ordering,
        unused=tuple(unused),
        contradiction=_contradiction(ground, found, whole_rows),
        rows=rows,
        snapshot=snapshot,
        starts=ground.snapshot.sighting_starts,
        kept=kept,
    )


def _joined(
    ground: Ground, limits: Sequence[Limit], whole_rows: bool
) -> tuple[BoolArray | None, BoolArray | None]:
    """Return which rows and sightings meet every condition; None for all."""
    cutting = [(limit, limit.rows) for limit in limits if limit.rows is not None]
    if not cutting:
        return None, None
    rows = np.ones(len(ground.snapshot), np.bool_)
    for _, some in cutting:
        rows &= some
    if whole_rows or all(limit.sightings is None for limit, _ in cutting):
        return rows, None
    sightings = np.ones(len(ground.seers), np.bool_)
    for limit, some in cutting:
        sightings &= some[ground.seers] if limit.sightings is None else limit.sightings
    shown = np.zeros(len(rows), np.bool_)
    shown[ground.seers[sightings]] = True
    bare = np.diff(ground.snapshot.sighting_starts) == 0
    return shown | (bare & rows), sightings


def _contradiction(ground: Ground, limits: Sequence[Limit], whole_rows: bool) -> str:
    """Name two conditions that each leave something, but nothing together."""
    if len(limits) < 2:
        return ''
    remains = []
    for limit in limits:
        rows, _ = _joined(ground, [limit], whole_rows)
        if rows is not None:
            remains.append((limit.condition, rows))
    for i, (second, others) in enumerate(remains):
        for first, some in remains[:i]:
            nothing = some.any() and others.any() and not (some & others).any()
            if nothing or _disjoint(first, second):
                return f'{first.phrase!r} and {second.phrase!r} exclude each other here'
    return ''


def _disjoint(first: Condition, second: Condition) -> bool:
    """Tell whether two spans of time have nothing in common, whatever was seen in them."""
    if first.window is None or second.window is None or first.negated or second.negated:
        return False
    since = max(first.window.since_ns or 0, second.window.since_ns or 0)
    ends = [w.until_ns for w in (first.window, second.window) if w.until_ns is not None]
    return bool(ends) and min(ends) < since


def _ordering(ground: Ground, reading: Reading) -> Ordering | str | None:
    """Return which of the places that fit is meant; None where nothing was said."""
    if reading.order is None:
        near = [c for c in reading.conditions if c.kind is Kind.NEAR and not c.negated]
        if not near or ground.asker.here is None:
            return None
        # Of the chairs near me the nearest is meant.
        reading = replace(reading, order=Order.NEAREST, order_phrase=near[0].phrase)
    assert reading.order is not None
    plain = Ordering(order=reading.order, phrase=reading.order_phrase)
    if reading.order in (Order.NEWEST, Order.OLDEST):
        return plain
    if reading.order_from:
        landmark = ground.names.landmark(reading.order_from)
        if landmark is not None:
            return replace(plain, origins=landmark.points, maps=landmark.maps)
        area = ground.names.area(reading.order_from)
        if area is None:
            return f'I have seen no {reading.order_from!r}'
        return replace(
            plain,
            origins=ground.snapshot.positions[area.rows],
            maps=ground.snapshot.maps[area.rows].astype(np.int64),
        )
    if ground.asker.here is None:
        return 'nobody said where the asker is'
    return replace(plain, origins=np.array([ground.asker.here]), drives=ground.drives)
