"""Observations whose poses or maps turned out to be others: rows written again in place."""

from __future__ import annotations

from collections.abc import Sequence
import zlib

import numpy as np

from memory_node.core.data import Observation
from memory_node.core.store import rows as records
from memory_node.core.store.checksums import row_crc
from memory_node.core.store.corrections import CorrectionRows

__all__ = ['MovableRows']


class MovableRows(CorrectionRows):
    """The part of a store that gives observations other poses and maps."""

    def move(self, items: Sequence[Observation], **told: str) -> None:
        """
        Give stored observations the poses, the positions of sightings and the maps of ``items``.

        All or none, in one transaction, with what the store is ``told`` to say of itself. Maps
        must be there already; whatever else an item holds is left as it is stored.
        """
        keys = self.keys([o.id for o in items])
        with self._reading(), self._writing():
            labels = {t: k - 1 for k, t in self._db.execute('SELECT key, text FROM label')}
            maps = {name: k for k, name in self._db.execute('SELECT key, id FROM map')}
            before = records.digests_of(self._db, keys.tolist())
            for key, item in zip(keys.tolist(), items, strict=True):
                self._move(key, item, labels, maps[item.map_id])
            after = records.digests_of(self._db, keys.tolist())
            change = int(after.sum(dtype=np.uint64)) - int(before.sum(dtype=np.uint64))
            self._record(change, 0, epoch=str(self.epoch + 1), **told)

    def _move(self, key: int, item: Observation, labels: dict[str, int], map_key: int) -> None:
        row = self._db.execute(
            f'SELECT {records.OWN} FROM observation WHERE key = ?', (key,)
        ).fetchone()
        pose = tuple(float(v) + 0.0 for v in (*item.pose.position, *item.pose.orientation))
        own = (*row[:2], map_key, row[3], *pose, *row[11:])
        things = records.packed(item, labels)
        self._db.execute(
            'UPDATE observation SET map = ?, x = ?, y = ?, z = ?, qx = ?, qy = ?, qz = ?, qw = ?,'
            ' row_crc = ?, sighting_crc = ? WHERE key = ?',
            (map_key, *pose, row_crc(own), zlib.crc32(things), key),
        )
        if things:
            self._db.execute('UPDATE sighting SET things = ? WHERE observation = ?', (things, key))
