"""Whether a store is whole, without writing anything."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
import sqlite3
import zlib

import numpy as np

from memory_node.core.data import Observation
from memory_node.core.errors import MemoryNodeError, StoreFormatError
from memory_node.core.language.text import indexed_texts
from memory_node.core.store import lookup
from memory_node.core.store.checksums import hexadecimal
from memory_node.core.store.postings import Stemmer
from memory_node.core.store.sqlite_file import translated
from memory_node.core.store.store import Store

__all__ = ['CheckReport', 'check_store']

#: Problems that are named; more are cut.
_NAMED = 20
_SLICE = 256


@dataclass(slots=True, kw_only=True)
class CheckReport:
    """What a check of a store found; it is whole where there are no problems."""

    observations: int = 0
    problems: list[str] = field(default_factory=list)


def check_store(path: Path, *, quick: bool = False) -> CheckReport:
    """
    Compare all rows with their checksums and their sum with the content that was committed.

    Unless ``quick``, also every page, the pictures, and the full-text index with what it was made
    from; that takes about as long as storing everything did. Raises ``StoreAccessError`` where
    the file can't be read.
    """
    report = CheckReport()
    try:
        store = Store(path, read_only=True)
    except StoreFormatError as error:
        report.problems.append(str(error))
        return report
    try:
        if store.problem:
            report.problems.append(store.problem)
        with store.at_once():
            for step in (_check_rows,) if quick else (_check_rows, _check_pages, _check_texts):
                try:
                    with translated(path):
                        step(store, report)
                except MemoryNodeError as error:
                    report.problems.append(str(error))
    finally:
        store.close()
    report.problems = list(dict.fromkeys(report.problems))[:_NAMED]
    return report


def _check_rows(store: Store, report: CheckReport) -> None:
    store.corrections()
    encoder = store.encoder
    if encoder is None:
        return
    labels, _ = store.labels(encoder[1])
    maps = store.maps()
    batch, digests = store.columns_after(0, encoder[1])
    report.observations = len(batch.keys)
    held = len(batch.keys), hexadecimal(int(digests.sum(dtype=np.uint64)))
    if held != store.content:
        report.problems.append(
            f'{held[0]} observations are not those of the last commit, which held'
            f' {store.content[0]}'
        )
    if pictures := store.image_encoder:
        last = 0
        while len(keys := store.pictures_after(last, pictures[1])[0]):  # compares checksums
            last = int(keys[-1])
    for name, rows, count in (
        ('map', batch.maps, len(maps)),
        ('label', batch.sighting_labels, len(labels)),
    ):
        if len(rows) and not 0 <= int(rows.min()) <= int(rows.max()) < count:
            report.problems.append(f'a {name} is missing')


def _check_pages(store: Store, report: CheckReport) -> None:
    rows = store.connection.execute(f'PRAGMA integrity_check({_NAMED})').fetchall()
    report.problems += [row[0] for row in rows if row[0] != 'ok']


def _check_texts(store: Store, report: CheckReport) -> None:
    """Compare pictures with their checksums, and the full-text index with all texts."""
    held: Counter[int] = Counter()
    for doc, term in store.connection.execute('SELECT doc, term FROM stem'):
        held[doc] += zlib.crc32(term.encode())
    stemmer, keys = Stemmer(), store.all_keys().tolist()
    for start in range(0, len(keys), _SLICE):
        found = _readable(store.connection, keys[start : start + _SLICE], report)
        texts = [', '.join(indexed_texts(o)) for o in found.values()]
        for key, counts in zip(found, stemmer.counts(texts), strict=True):
            if held.pop(key, 0) != sum(zlib.crc32(t.encode()) * n for t, n in counts.items()):
                report.problems.append(f'the full-text index lacks words of observation {key}')
    if held and len(held) > len(keys):
        report.problems.append('the full-text index holds observations that are not there')


def _readable(
    db: sqlite3.Connection, keys: list[int], report: CheckReport
) -> dict[int, Observation]:
    try:
        return lookup.observations(db, keys, full=True)
    except MemoryNodeError:
        found: dict[int, Observation] = {}
        for key in keys:
            try:
                found.update(lookup.observations(db, [key], full=True))
            except MemoryNodeError as error:
                report.problems.append(str(error))
        return found
