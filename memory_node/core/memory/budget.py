"""The budget of a memory in bytes: what leaves, in the background or when somebody says so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
import logging
import threading
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from memory_node.core.errors import InvalidQueryError
from memory_node.core.eviction.inventory import Inventory, take_inventory
from memory_node.core.eviction.plan import make_plan
from memory_node.core.eviction.policy import Policy, policy_named
from memory_node.core.memory.opened import Opened
from memory_node.core.memory.parts import Parts
from memory_node.core.store.vectors_file import vectors_path
from memory_node.core.worker import Worker

__all__ = ['Budgeting', 'Compaction']

_LOG = logging.getLogger(__name__)
IntArray = NDArray[np.int64]

MIB = 1 << 20
#: Observations that leave in one transaction, and pages that are cut off the file in one: a
#: question waits for no more, and the log takes less than 1 MiB of a disk that is nearly full.
_BATCH = _PAGES = 64
#: Share of the budget that is made free at once: what is derived is made again each time.
_HEADROOM = 0.1
#: Growth after which it is tried again where the last look found nothing that may leave.
_AGAIN = 1.02
#: Longest that is waited for what is derived before rows are deleted, and between two looks [s].
_SETTLING_S, _LOOK_S = 120.0, 0.05
#: Longest rest after a step: a lock that is taken again at once is one that others wait for [s].
_REST_S = 0.1
#: Share of the time that goes into eviction.
_SHARE = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Compaction:
    """What left a memory, or would leave."""

    #: Bytes of the file that held something, before and after; after is an estimate in a dry run.
    used_before: int
    used_after: int
    #: Observations that stay.
    observations: int
    #: Ids of those that lost their picture, folded into a later view, or were evicted.
    pictures: tuple[str, ...] = ()
    folded: tuple[str, ...] = ()
    evicted: tuple[str, ...] = ()
    #: Whether the file is as small as was asked for.
    reached: bool = True


class Budgeting(Opened):
    """The side of a memory that keeps within bytes."""

    def __init__(self, parts: Parts) -> None:
        """Take the parts over; ``close`` ends the thread that evicts."""
        super().__init__(parts)
        self._budget = Worker('memory-budget', self._keep_budget, share=_SHARE)
        self._compacting = threading.Lock()  # the thread and whoever calls plan one at a time
        self._futile = 0.0
        self._reconfigured()

    def _reconfigured(self) -> None:
        self._futile = 0.0
        self._watch_budget()

    def _watch_budget(self) -> None:
        """Have the budget looked at, in the background."""
        if self.config.store.budget_mb and not self._parts.mirror.store.read_only:
            self._budget.notify()

    def compact(
        self,
        to_bytes: int | None = None,
        *,
        policy: Policy | None = None,
        fold: bool = True,
        guard: bool = True,
        dry_run: bool = False,
    ) -> Compaction:
        """
        Make the store's file smaller, and say what left it.

        Parameters
        ----------
        to_bytes
            Bytes that the file may hold; nothing leaves where it is left out, but free pages.
        policy
            Which observations leave first; ``store.eviction`` when left out.
        fold
            Whether near-duplicates leave before others.
        guard
            Whether the last view of an object or of a place stays, whatever the bytes.
        dry_run
            Say what would leave, and change nothing.

        Raises
        ------
        InvalidQueryError, StoreAccessError
            ``to_bytes`` is below 1, or the memory can't be written.

        """
        if not dry_run:
            self._writable()
        self._open()
        if to_bytes is not None and to_bytes < 1:
            raise InvalidQueryError(f'to_bytes must be at least 1, got {to_bytes}')
        chosen = policy or policy_named(self.config.store.eviction)
        with self._compacting:
            done = self._compact(to_bytes, chosen, fold=fold, guard=guard, dry_run=dry_run)
            if not dry_run:
                self._tidy()
        return done

    # ---- in the background -------------------------------------------------------------------

    def _keep_budget(self) -> None:
        with self._compacting:
            self._make_room()

    def _make_room(self) -> None:
        config, store = self.config.store, self._parts.mirror.store
        budget = config.budget_mb * MIB
        with self._parts.mirror.lock:
            used, file_bytes = store.used_bytes, store.file_bytes
        if not budget or used <= budget:
            self._parts.budget_message = ''
            if budget and file_bytes > budget:  # the process ended before that was done
                self._tidy()
            return
        if used < self._futile:
            return
        policy, target = policy_named(config.eviction), round(budget * (1.0 - _HEADROOM))
        done = self._compact(target, policy, enough=budget)
        self._tidy()
        left = f'store.budget_mb {config.budget_mb}: {_counted(done)} left the file'
        if done.used_after <= budget:
            self._parts.budget_message = ''
            _LOG.info('%s', left)
            return
        self._futile = _AGAIN * done.used_after
        self._parts.budget_message = (
            f'store.budget_mb {config.budget_mb} is too small: the file holds'
            f' {done.used_after / MIB:.1f} MiB, and each of its {done.observations} observations'
            ' is the last view of an object or a place, or something refers to it'
        )
        _LOG.warning('%s', self._parts.budget_message)

    # ---- steps -------------------------------------------------------------------------------

    def _compact(
        self,
        to_bytes: int | None,
        policy: Policy,
        *,
        enough: int = 0,
        fold: bool = True,
        guard: bool = True,
        dry_run: bool = False,
    ) -> Compaction:
        """Take away what a plan for ``to_bytes`` says, until the file holds ``enough``."""
        mirror = self._parts.mirror
        with mirror.lock:
            before = used = mirror.store.used_bytes
        gone: dict[str, list[str]] = {'pictures': [], 'folded': [], 'evicted': []}
        reached = to_bytes is None or used <= to_bytes
        while to_bytes is not None and not reached and len(mirror.snapshot()):
            if self._budget.closing:
                break
            inventory = self._inventory()
            plan = make_plan(inventory, policy, used - to_bytes, fold=fold, guard=guard)
            rows = {name: inventory.keys[getattr(plan, name)] for name in gone}
            if not any(map(len, rows.values())):
                break
            for name, keys in rows.items():
                gone[name] += mirror.ids(keys[np.isin(keys, mirror.snapshot().keys)])
            if dry_run:
                used, reached = max(used - round(plan.freed), 0), used - plan.freed <= to_bytes
                break
            self._drop_pictures(rows['pictures'])
            self._evict(rows['folded'], rows['evicted'])
            with mirror.lock:
                used = mirror.store.used_bytes
            reached = used <= max(to_bytes, enough)
        lost = {*gone['folded'], *gone['evicted']}
        return Compaction(
            used_before=before,
            used_after=used,
            observations=len(mirror.snapshot()) - (len(lost) if dry_run else 0),
            pictures=tuple(i for i in gone['pictures'] if i not in lost),
            folded=tuple(gone['folded']),
            evicted=tuple(gone['evicted']),
            reached=reached,
        )

    def _inventory(self) -> Inventory:
        parts = self._parts
        parts.objects.catch_up(parts.mirror.snapshot())
        known = parts.objects.kept()
        taken = known.objects.shared['snapshot']
        keys, sizes, pictures = parts.mirror.sizes()
        with parts.mirror.lock:
            store = parts.mirror.store
            share = store.used_bytes / max(int(sizes.sum()), 1)  # of pages, words and the rest
            told = [c.body for c in store.corrections() if c.undone_ns is None]
            named = store.keys_by_id([text for body in told for text in _texts(body)])
        given = np.concatenate(parts.mirror.links())
        at = np.searchsorted(keys, taken.keys)
        at[at == len(keys)] = -1  # forgotten meanwhile: whoever takes it away looks again
        return take_inventory(
            taken,
            known.objects,
            known.frames.sighting_starts,
            sizes=sizes[at] * share,
            pictures=pictures[at] * share,
            named=np.concatenate([np.array(list(named.values()), np.int64), given]),
        )

    def _drop_pictures(self, keys: IntArray) -> None:
        mirror = self._parts.mirror
        for start in range(0, len(keys), _BATCH):
            with self._step():
                with mirror.lock:
                    dropped = mirror.drop_pictures(keys[start : start + _BATCH])
                    mirror.store.count_gone(pictures=len(dropped))
                self._cut_log()

    def _evict(self, folded: IntArray, evicted: IntArray) -> None:
        """Take observations away: first from what is asked, and once that is made, from disk."""
        parts, mirror = self._parts, self._parts.mirror
        with self._ingest:
            keys = np.sort(np.concatenate([folded, evicted]))
            keys = keys[np.isin(keys, mirror.snapshot().keys)]
            if not len(keys):
                return
            parts.let_go(keys)
        self._await_settled()
        if not self._budget.closing:
            with self._ingest:  # the rest alone is asked, before any row is gone
                parts.views.hold(self.config.retrieval.patience_s)
        for start in range(0, len(keys), _BATCH):
            batch = keys[start : start + _BATCH]
            with self._step():
                parts.delete(batch, last=start + _BATCH >= len(keys))
                now = int(np.isin(batch, folded).sum())
                with mirror.lock:
                    mirror.store.count_gone(folded=now, evicted=len(batch) - now)
                self._cut_log()
        vectors_path(mirror.store.path).unlink(missing_ok=True)  # written anew at the next save

    def _await_settled(self) -> None:
        """Wait until objects and rooms are made of what stays; questions go on meanwhile."""
        parts = self._parts
        parts.notify()
        until_s = time.monotonic() + _SETTLING_S
        while len(parts.mirror.snapshot()) and not parts.views.settled:
            if self._budget.closing or time.monotonic() > until_s:
                return
            time.sleep(_LOOK_S)

    @contextmanager
    def _step(self) -> Iterator[None]:
        """Hold off whoever writes for one step, then let others have as long."""
        with self._ingest:
            began = time.monotonic()
            yield
            took_s = time.monotonic() - began
        time.sleep(min(took_s, _REST_S))

    def _cut_log(self) -> None:
        """Keep the log short; what takes time holds up no question."""
        store = self._parts.mirror.store
        store.move_log()
        with self._parts.mirror.lock:
            store.checkpoint()

    def _tidy(self) -> None:
        """Give what came free back to the disk, in short steps, and make anew what is derived."""
        parts, mirror = self._parts, self._parts.mirror
        first = more = True
        while more and not self._budget.closing:
            with self._step(), mirror.lock:
                more = mirror.store.merge_words(first=first)
            first = False
        free = -1
        while free and not self._budget.closing:
            with self._step():
                left = mirror.store.give_back(_PAGES)
                self._cut_log()
            if left == free:
                break
            free = left
        parts.indexer.index.shrink()
        parts.notify()


def _counted(done: Compaction) -> str:
    told = {
        'pictures': done.pictures,
        'near-duplicates': done.folded,
        'observations': done.evicted,
    }
    return ', '.join(f'{len(ids)} {what}' for what, ids in told.items() if ids) or 'nothing'


def _texts(value: Any) -> Iterator[str]:
    """Yield every text in plain values: ids of observations are among them."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)
