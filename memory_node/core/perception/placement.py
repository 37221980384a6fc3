"""Watches whether what is seen gets positions, and says once why it does not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
import threading

__all__ = ['Placement', 'doubted_unit']

#: Sightings in a row without one position after which that is said.
_MANY = 20
#: Pictures with depth after which its unit is judged.
_PICTURES = 10
_DEPTH = ('depth_pictures', 'depth_out_of_reach')
_UNIT = 'unit'


def doubted_unit(counts: Mapping[str, int]) -> str:
    """
    Return a sentence where most pictures say that depth is in another unit than it is taken for.

    ``counts`` are those of ``Perceiver``. Depth that is read ten times too large places nothing,
    depth that is read five times too large still places what is near, and wrongly.
    """
    far, pictures = counts.get('depth_out_of_reach', 0), counts.get('depth_pictures', 0)
    if pictures < _PICTURES or 2 * far <= pictures:
        return ''
    return (
        f'in {far} of {pictures} pictures half of the depth is outside perception.min_depth_m to'
        ' perception.max_depth_m: is its unit another (depth_unit_m)? Then all positions are wrong'
    )


class Placement:
    """Counts sightings and positions since the start; thread-safe."""

    def __init__(self, warn: Callable[[str], None]) -> None:
        """Begin at nothing; ``warn`` is told of each reason once."""
        self._warn = warn
        self._lock = threading.Lock()
        self._without = 0
        self._reasons: Counter[str] = Counter()
        self._said: set[str] = set()
        self._depth: Counter[str] = Counter()

    def observed(self, counts: Mapping[str, int], unplaced: Mapping[str, int]) -> None:
        """Take the ``counts`` and reasons of a ``Perceiver`` that has looked at one picture."""
        with self._lock:
            lines = [*self._of_unit(counts), *self._of_sightings(counts, unplaced)]
        for line in lines:
            self._warn(line)

    def _of_unit(self, counts: Mapping[str, int]) -> Iterator[str]:
        self._depth.update({name: counts.get(name, 0) for name in _DEPTH})
        line = doubted_unit(self._depth)
        if line and _UNIT not in self._said:
            self._said.add(_UNIT)
            yield line

    def _of_sightings(
        self, counts: Mapping[str, int], unplaced: Mapping[str, int]
    ) -> Iterator[str]:
        if counts.get('positions'):
            self._without = 0
            self._reasons.clear()
            return
        self._without += counts.get('sightings', 0)
        self._reasons.update(unplaced)
        if self._without < _MANY or not self._reasons:
            return
        (reason, _), *_ = self._reasons.most_common(1)
        if reason.partition(', the middle')[0] not in self._said:
            self._said.add(reason.partition(', the middle')[0])
            yield f'none of the last {self._without} sightings got a position: {reason}'
