"""What a memory forgets for good, and what it never keeps."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
import logging

from memory_node.core.data import Observation
from memory_node.core.language.people import People
from memory_node.core.memory.opened import Opened
from memory_node.core.memory.privacy import without_people
from memory_node.core.queries import nanoseconds

__all__ = ['Forgetting']

_LOG = logging.getLogger(__name__)
_HOUR_NS = 3_600_000_000_000
#: Parts of the retention time in which old observations leave, so that files are written anew
#: seldom: what is forgotten was a little less old than that.
_STEPS = 24


class Forgetting(Opened):
    """The side of a memory that forgets."""

    def forget(self, ids: Sequence[str]) -> None:
        """
        Remove observations for good; ``UnknownNodeError`` names an unknown id, none is then.

        They are answered with no more at once, and in no file from the next save on.
        """
        self._writable()
        with self._ingest:
            self._parts.forget(ids)

    def forget_old(self, now: float | datetime | None = None) -> int:
        """
        Forget what is older than ``privacy.retention_h``, corrections too; return how many went.

        ``now`` is seconds since the epoch or an aware datetime; the newest stamp held when left
        out. They leave in steps of a 24th of that time, early rather than late. Whoever keeps a
        memory open calls this again and again, and ``save`` where something went.
        """
        self._writable()
        keep_ns = round(self.config.privacy.retention_h * _HOUR_NS)
        if not keep_ns:
            return 0
        with self._ingest:
            mirror = self._parts.mirror
            snapshot = mirror.snapshot()
            stamps = [c.stamp_ns for c in self._parts.corrections.rows]
            if len(snapshot):
                stamps.append(int(snapshot.stamps.min()))
            newest = int(snapshot.stamps.max()) if len(snapshot) else max(stamps, default=0)
            at = nanoseconds('now', now)
            at = newest if at is None else at
            if not stamps or min(stamps) > at - keep_ns:
                return 0
            before_ns = at - keep_ns + keep_ns // _STEPS
            old = snapshot.keys[snapshot.stamps <= before_ns]
            corrections = sum(c.stamp_ns <= before_ns for c in self._parts.corrections.rows)
            self._parts.forget(mirror.ids(old), before_ns=before_ns + 1)
        _LOG.warning(
            '%d observations and %d corrections were forgotten: privacy.retention_h is %g',
            len(old),
            corrections,
            self.config.privacy.retention_h,
        )
        return len(old) + corrections

    @property
    def wipe_due(self) -> bool:
        """Whether files still hold what was forgotten; the next ``save`` takes it out of them."""
        self._open()
        with self._parts.mirror.lock:
            return self._parts.mirror.store.wipe_due

    def as_kept(self, observation: Observation) -> Observation:
        """Return an observation as it is stored under ``privacy.people``."""
        if self.config.privacy.people == 'keep':
            return observation
        return without_people(observation, self._people)

    @cached_property
    def _people(self) -> People:
        return People(name for called, _ in self._parts.packs.rows for name in called)

    def _kept(self, items: Sequence[Observation]) -> list[Observation]:
        """Return what is stored of a batch, and count what is left out."""
        kept = [self.as_kept(item) for item in items]
        changed = sum(a is not b for a, b in zip(items, kept, strict=True))
        if changed and not self._parts.counts.get('without_people'):
            _LOG.warning('privacy.people is drop: people are left out of what is stored')
        self._parts.count(without_people=changed)
        return kept
