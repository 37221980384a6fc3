"""Plain Python values become checked queries."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
import math
import operator
from typing import TypeVar

from memory_node.core.bounds import MAX_COORDINATE_M, within
from memory_node.core.data import Query, QueryMode, Vector3
from memory_node.core.errors import InvalidQueryError, RemovedError

__all__ = ['checked_point', 'make_query', 'nanoseconds', 'unremoved']

Value = TypeVar('Value')

#: Times that a request is made again because what it needs was removed meanwhile.
_ATTEMPTS = 8


def nanoseconds(name: str, value: float | datetime | None) -> int | None:
    """Return a moment as nanoseconds since the epoch."""
    if value is None:
        return None
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise InvalidQueryError(f'query.{name} needs a time zone, got {value}')
        value = value.timestamp()
    try:
        if math.isfinite(value):
            return round(value * 1e9)
    except (OverflowError, TypeError):
        pass
    raise InvalidQueryError(f'query.{name} must be finite, got {value!r:.40}')


def checked_point(name: str, value: Vector3) -> Vector3:
    """Return a point [m] as three floats; ``InvalidQueryError`` unless it is one."""
    try:
        x, y, z = (float(v) for v in value)
    except (TypeError, ValueError, OverflowError) as error:
        raise InvalidQueryError(f'{name} must be three numbers, got {value!r:.120}') from error
    if not within((x, y, z), 3, MAX_COORDINATE_M):
        raise InvalidQueryError(
            f'{name} must be finite and at most {MAX_COORDINATE_M:g} m, got {value!r:.120}'
        )
    return x, y, z


def make_query(
    text: str,
    k: int,
    *,
    near: Vector3 | None = None,
    radius: float | None = None,
    since: float | datetime | None = None,
    until: float | datetime | None = None,
    map_id: str | None = None,
    mode: str | QueryMode = QueryMode.AUTO,
    here: Vector3 | None = None,
    now: float | datetime | None = None,
) -> Query:
    """Return a checked query; whatever is wrong with a value is an ``InvalidQueryError``."""
    try:
        query = Query(
            text=text,
            k=operator.index(k),
            mode=QueryMode(mode),
            near=None if near is None else checked_point('query.near', near),
            radius_m=radius,
            since_ns=nanoseconds('since', since),
            until_ns=nanoseconds('until', until),
            map_id=map_id,
            here=None if here is None else checked_point('query.here', here),
            now_ns=nanoseconds('now', now),
        )
        text.encode()
    except UnicodeEncodeError as error:
        raise InvalidQueryError(f'query.text is not valid text: {error}') from error
    except (TypeError, ValueError, AttributeError, OverflowError) as error:
        raise InvalidQueryError(f'query: {error}') from error
    return query


def unremoved(answer: Callable[[], Value]) -> Value:
    """Return an answer, made again where an observation that it needs was removed meanwhile."""
    for _ in range(_ATTEMPTS - 1):
        try:
            return answer()
        except RemovedError:
            continue
    return answer()
