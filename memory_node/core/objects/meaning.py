"""
What a thing is for, as vectors: from its name, and from what packs say of things like it.

The meaning of a name is the purpose sentence "a NAME can be used for this" plus the mean use of
the rows whose names are near to it: a name that a pack holds gets its own uses, one that no pack
holds borrows from its neighbours, and far from all of them the sentence decides. Besides, each
name has the single uses of one row, its own or the nearest: what is said nearly so tells more
than a mean can.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
import hashlib
from itertools import combinations
import json
import logging
import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from memory_node.core.config.paths import own_folder
from memory_node.core.data import FloatArray
from memory_node.core.language.affordances import AffordancePacks, DATA
from memory_node.core.language.text import article, lemmas
from memory_node.core.store.files import DAMAGED_ARCHIVE

__all__ = [
    'PackVectors',
    'make_vectors',
    'pack_vectors',
    'purpose',
    'vectors_file',
    'write_vectors',
]

_LOG = logging.getLogger(__name__)
Encode = Callable[[list[str]], FloatArray]
IntArray = NDArray[np.int64]
RealArray = NDArray[np.float64]

#: Rows that a name borrows from, and how fast their say falls with the cosine of the names.
NEAREST, SHARPNESS = 10, 10.0
#: How much nearer one use must be than the others to count for them all, as a cosine.
SOFTNESS = 0.1
#: Words of a phrase that are looked at for names within it.
PHRASE_WORDS = 6
#: Packs whose vectors are shared by all memories of a process: what things are for, rooms and
#: wordings, of two encoders.
_KEPT = 6


def purpose(name: str) -> str:
    """Return the sentence that says what a thing is for; the plainest that was measured."""
    return f'{article(name)} {name} can be used for this'


def unit(vectors: NDArray[np.floating]) -> FloatArray:
    """Return rows of unit length."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-9), np.float32)


def in_bytes(vectors: FloatArray) -> NDArray[np.int8]:
    """Return rows whose largest number is 127; cosines stay right to 0.01."""
    longest = np.abs(vectors).max(axis=1, keepdims=True, initial=1e-9)
    return np.asarray(np.round(vectors / longest * 127), np.int8)


@dataclass(frozen=True, slots=True, eq=False)
class PackVectors:
    """The rows of all packs as vectors of one encoder."""

    #: Row of each name, by the singular of its words.
    rows: dict[tuple[str, ...], list[int]]
    #: All names, their (M, D) vectors, and (P,) where each row's names begin.
    called: tuple[str, ...]
    names: FloatArray
    starts: IntArray
    #: (K, D) vectors of all distinct uses in bytes, and what makes each of unit length; row r has
    #: those that ``use_of[use_starts[r]:use_starts[r + 1]]`` names.
    sentences: NDArray[np.int8]
    scales: FloatArray
    use_of: IntArray
    use_starts: IntArray
    #: (P, D) meanings of the first names: what there is in the world, besides this memory.
    world: FloatArray
    #: (P, D) mean use of each row.
    uses: FloatArray

    def of_row(self, row: int) -> FloatArray:
        """Return (n, D) unit vectors of the uses of a row."""
        chosen = self.use_of[self.use_starts[row] : self.use_starts[row + 1]]
        return self.sentences[chosen] * self.scales[chosen, None]

    def told(self, vector: FloatArray, rows: IntArray) -> RealArray:
        """
        Return (n,) how near the uses of some rows are to a unit vector: their soft maximum.

        That is the logarithm of the mean of exp(cosine / SOFTNESS), times SOFTNESS: near the
        highest cosine where one use is far nearer than the others, near their mean where none is.
        NaN for a row without uses.
        """
        first = self.use_starts[rows]
        counts = self.use_starts[rows + 1] - first
        near, used = np.full(len(rows), np.nan), np.flatnonzero(counts)
        if len(used):
            counts = counts[used]
            begins = np.cumsum(counts) - counts
            chosen = self.use_of[np.arange(counts.sum()) + np.repeat(first[used] - begins, counts)]
            cosines = (self.sentences[chosen].astype(np.float32) @ vector) * self.scales[chosen]
            means = np.add.reduceat(np.exp(cosines / SOFTNESS), begins) / counts
            near[used] = SOFTNESS * np.log(means)
        return near

    def rows_of(self, names: Sequence[str]) -> IntArray:
        """Return (L,) the row that holds each name, -1 where none does."""
        return np.array([self.rows.get(lemmas(name), [-1])[0] for name in names], np.int64)

    def nearest_rows(self, rows: IntArray, vectors: FloatArray) -> IntArray:
        """Return (L,) the row of each name, or where it is -1 that of the nearest name."""
        nearest = rows.copy()
        if len(self.names):
            for name in np.flatnonzero(rows < 0).tolist():
                closest = np.argmax(self.names @ vectors[name])
                nearest[name] = np.searchsorted(self.starts, closest, side='right') - 1
        return nearest

    def span(self, row: int) -> tuple[int, int]:
        """Return where the names of a row begin and end."""
        last = row + 1 == len(self.starts)
        return int(self.starts[row]), len(self.called) if last else int(self.starts[row + 1])

    def rows_within(self, phrase: str) -> list[int]:
        """Return the rows that hold some of the words of a phrase as a name, in its order."""
        words = lemmas(phrase)[:PHRASE_WORDS]
        some = (one for n in range(1, len(words)) for one in combinations(words, n))
        return sorted({row for one in some for row in self.rows.get(one, ())})

    def meanings(
        self, names: Sequence[str], vectors: FloatArray, purposes: FloatArray
    ) -> FloatArray:
        """Return (L, D) meanings of names with (L, D) ``vectors`` and purpose sentences."""
        if not len(self.names) or not len(names):
            return purposes
        near = np.maximum.reduceat(vectors @ self.names.T, self.starts, axis=1)
        for i, name in enumerate(names):
            near[i, self.rows.get(lemmas(name), [])] = 1.0
        count = min(NEAREST, near.shape[1])
        least = np.partition(near, -count, axis=1)[:, -count, None]
        weights = np.where(near >= least, np.exp(SHARPNESS * (near - 1.0)), 0.0)
        weights /= weights.sum(axis=1, keepdims=True)
        return unit(purposes + unit(weights @ self.uses))


@lru_cache(maxsize=_KEPT)
def vectors_file(packs: AffordancePacks, model_id: str) -> str:
    """Return the name of the file that holds the vectors of packs for one encoder."""
    said = json.dumps([model_id, SHARPNESS, NEAREST, packs.rows])
    return f'affordances-{hashlib.sha256(said.encode()).hexdigest()[:16]}.npz'


def pack_vectors(packs: AffordancePacks, encode: Encode, model_id: str, dim: int) -> PackVectors:
    """
    Return the vectors of packs: those that were shipped or kept for this encoder, or new ones.

    New ones take some seconds for a large pack and are kept in the user's cache folder.
    """
    name = vectors_file(packs, model_id)
    cache = _cache_folder()
    for folder in (DATA, *([cache] if cache else [])):
        if (held := _held(folder / name, packs, dim)) is not None:
            return held
    made = make_vectors(packs, encode, dim)
    if packs.rows:
        _LOG.info('encoded %d rows of affordance packs for %s', len(packs.rows), model_id)
        if cache:
            write_vectors(made, cache / name)
    return made


def make_vectors(packs: AffordancePacks, encode: Encode, dim: int) -> PackVectors:
    """Return the vectors of packs, all encoded now."""
    names = [name for called, _ in packs.rows for name in called]
    sentences, _, _ = _uses(packs)
    firsts = [called[0] for called, _ in packs.rows]
    if not firsts:
        none = np.empty((0, dim), np.float32)
        return _assembled(packs, none, in_bytes(none), none)
    vectors = encode([*names, *sentences, *map(purpose, firsts)])
    name_vectors, rest = vectors[: len(names)], vectors[len(names) :]
    half = _assembled(packs, name_vectors, in_bytes(rest[: len(sentences)]), name_vectors[:0])
    world = half.meanings(firsts, name_vectors[half.starts], rest[len(sentences) :])
    return replace(half, world=world)


def _assembled(
    packs: AffordancePacks, names: FloatArray, sentences: NDArray[np.int8], world: FloatArray
) -> PackVectors:
    _, use_of, use_starts = _uses(packs)
    lengths = np.linalg.norm(sentences.astype(np.float32), axis=1)
    scales = (1.0 / np.maximum(lengths, 1e-9)).astype(np.float32)
    means = [
        unit(scales[use_of[a:b]] @ sentences[use_of[a:b]])
        if b > a
        else np.zeros(names.shape[1], np.float32)
        for a, b in zip(use_starts[:-1].tolist(), use_starts[1:].tolist(), strict=True)
    ]
    uses = np.stack(means) if means else np.empty((0, names.shape[1]), np.float32)
    made = PackVectors(
        rows=_rows(packs),
        called=tuple(name for called, _ in packs.rows for name in called),
        names=names,
        starts=_starts(packs),
        sentences=sentences,
        scales=scales,
        use_of=use_of,
        use_starts=use_starts,
        world=world,
        uses=uses,
    )
    for array in (names, made.starts, sentences, scales, use_of, use_starts, world, uses):
        array.flags.writeable = False  # it may be shared
    return made


def _uses(packs: AffordancePacks) -> tuple[list[str], NDArray[np.int64], NDArray[np.int64]]:
    """Return the distinct uses, which of them the rows have, and where each row's begin."""
    index: dict[str, int] = {}
    use_of = [index.setdefault(use, len(index)) for _, used in packs.rows for use in used]
    sizes = [len(used) for _, used in packs.rows]
    return list(index), np.array(use_of, np.int64), np.cumsum([0, *sizes]).astype(np.int64)


def _rows(packs: AffordancePacks) -> dict[tuple[str, ...], list[int]]:
    rows: dict[tuple[str, ...], list[int]] = {}
    for row, (called, _) in enumerate(packs.rows):
        for name in called:
            rows.setdefault(lemmas(name), []).append(row)
    return rows


def _starts(packs: AffordancePacks) -> NDArray[np.int64]:
    sizes = [len(called) for called, _ in packs.rows]
    return np.cumsum([0, *sizes])[:-1].astype(np.int64)


def _cache_folder() -> Path | None:
    base = own_folder('XDG_CACHE_HOME', '.cache')
    return None if base is None else base / 'memory_node'


def _held(path: Path, packs: AffordancePacks, dim: int) -> PackVectors | None:
    try:
        about = path.stat()
    except OSError:
        return None
    return _read(path, (about.st_ino, about.st_size, about.st_mtime_ns), packs, dim)


@lru_cache(maxsize=_KEPT)
def _read(
    path: Path, version: tuple[int, ...], packs: AffordancePacks, dim: int
) -> PackVectors | None:
    """Return what a file of this version holds, to be read only; None where it does not fit."""
    try:
        with np.load(path, allow_pickle=False) as file:
            names, world = (unit(file[key].astype(np.float32)) for key in ('names', 'world'))
            sentences = file['sentences'].astype(np.int8)
    except DAMAGED_ARCHIVE:
        return None
    sizes = (sum(len(called) for called, _ in packs.rows), len(_uses(packs)[0]), len(packs.rows))
    if [v.shape for v in (names, sentences, world)] != [(size, dim) for size in sizes]:
        return None
    return _assembled(packs, names, sentences, world)


def write_vectors(vectors: PackVectors, path: Path) -> None:
    """Write vectors as bytes; an unwritable folder only costs time."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch = path.with_name(f'{path.stem}.{os.getpid()}.tmp.npz')
        np.savez_compressed(
            scratch,
            names=in_bytes(vectors.names),
            sentences=vectors.sentences,
            world=in_bytes(vectors.world),
        )
        os.replace(scratch, path)
    except OSError as error:
        _LOG.warning('vectors of affordance packs are made again at each start: %s', error)
