"""
Nearest vectors: an HNSW index that can be lost at any time, and its exact twin.

The index is derived: ``load`` refuses a file that is missing, stale or damaged, and the owner then
rebuilds it from the store. ``M``, ``ef`` and ``ef_construction`` are named as in the HNSW paper
(Malkov and Yashunin, 2018).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
import json
from pathlib import Path
import threading
import zlib

import hnswlib
import numpy as np
from numpy.typing import NDArray

from memory_node.core.config import IndexConfig
from memory_node.core.data import FloatArray
from memory_node.core.errors import IndexDamagedError
from memory_node.core.store.files import replace_file, write_whole

__all__ = ['IndexStamp', 'VectorIndex', 'exact_nearest', 'index_path']

MAGIC = 'memory-hnsw'
FORMAT_VERSION = 1
_SEED = 2026

Keys = NDArray[np.int64]
HalfArray = NDArray[np.float16]


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexStamp:
    """Which vectors of which store an index file holds; any difference makes the file stale."""

    store: str
    epoch: int
    model_id: str
    dim: int
    M: int
    ef_construction: int


def index_path(store: Path) -> Path:
    """Return where the index of a store is kept."""
    return store.with_name(f'{store.name}.hnsw')


def _unknown(key: int) -> str:
    return ''


def exact_nearest(
    vectors: FloatArray, query: FloatArray, k: int
) -> tuple[NDArray[np.int64], FloatArray]:
    """Return rows and cosines of the ``k`` nearest of (N, D) unit vectors, best first."""
    cosines = vectors @ query
    if 0 < k < len(cosines):
        best = np.argpartition(-cosines, k - 1)[:k]
    else:
        best = np.arange(len(cosines) if k else 0)
    best = best[np.lexsort((best, -cosines[best]))]
    return best, cosines[best]


class VectorIndex:
    """
    Cosine HNSW index over unit vectors, by store key; grows without bound.

    Thread-safe: hnswlib allows neither a search beside an insertion nor a resize beside either,
    so an own lock is held around every call into it.
    """

    def __init__(self, dim: int, config: IndexConfig | None = None) -> None:
        """Make an empty index for unit vectors of shape ``(dim,)``."""
        self._dim = dim
        self._config = config or IndexConfig()
        self._lock = threading.Lock()
        self._last_key = 0
        self._live = 0
        self._hnsw = self._empty()

    def _empty(self) -> hnswlib.Index:
        hnsw = hnswlib.Index(space='ip', dim=self._dim)
        hnsw.init_index(
            1024,
            M=self._config.M,
            ef_construction=self._config.ef_construction,
            random_seed=_SEED,
            allow_replace_deleted=True,
        )
        hnsw.set_num_threads(1)  # one thread: the graph then depends on the insertions only
        return hnsw

    def __len__(self) -> int:
        """Return the number of vectors that can be found."""
        return self._live

    @property
    def removed(self) -> int:
        """Vectors that were removed and whose places nothing has taken yet."""
        with self._lock:
            return int(self._hnsw.get_current_count()) - self._live

    @property
    def last_key(self) -> int:
        """Greatest key ever inserted; the owner inserts in key order."""
        return self._last_key

    def add(self, keys: Keys, vectors: FloatArray | HalfArray) -> None:
        """Insert (n, D) finite unit vectors under new keys, ascending."""
        if vectors.shape != (len(keys), self._dim):
            raise ValueError(f'expected ({len(keys)}, {self._dim}) vectors, got {vectors.shape}')
        if not np.isfinite(vectors).all():  # hnswlib stores NaN without a word
            raise ValueError('expected finite vectors')
        if not len(keys):
            return
        with self._lock:
            total = self._hnsw.get_current_count() + len(keys)
            if total > self._hnsw.get_max_elements():
                self._hnsw.resize_index(max(total, 2 * self._hnsw.get_max_elements()))
            self._hnsw.add_items(vectors, keys, num_threads=1, replace_deleted=True)
            self._last_key = max(self._last_key, int(keys[-1]))
            self._live += len(keys)

    def remove(self, keys: Keys) -> None:
        """Make keys unfindable; their places are used again. Unknown keys are ignored."""
        with self._lock:
            for key in keys.tolist():
                try:
                    self._hnsw.mark_deleted(key)
                except RuntimeError:
                    continue  # never inserted, or deleted before
                self._live -= 1

    def emptied(self) -> VectorIndex:
        """Return an empty index like this one; removed vectors stay in an old one."""
        return VectorIndex(self._dim, self._config)

    def shrink(self) -> None:
        """
        Begin anew where more than a quarter of what is held was removed.

        Removed vectors stay in graph and file until others take their places.
        """
        with self._lock:
            if self._live < 0.75 * self._hnsw.get_current_count():
                self._hnsw, self._last_key, self._live = self._empty(), 0, 0

    def search(self, query: FloatArray, k: int) -> tuple[Keys, FloatArray]:
        """Return keys and cosines of about the ``k`` nearest, best first."""
        with self._lock:
            k = min(k, self._live)
            if k == 0:
                return np.empty(0, np.int64), np.empty(0, np.float32)
            # hnswlib forgets ef on load and needs ef >= k.
            self._hnsw.set_ef(max(self._config.ef, k))
            keys, distances = self._hnsw.knn_query(query, k, num_threads=1)
        return keys[0].astype(np.int64), 1.0 - distances[0]

    # ---- file --------------------------------------------------------------------------------

    def stamp(self, store: str, epoch: int, model_id: str) -> IndexStamp:
        """Return what a file of this index must say to be used for that store."""
        return IndexStamp(
            store=store,
            epoch=epoch,
            model_id=model_id,
            dim=self._dim,
            M=self._config.M,
            ef_construction=self._config.ef_construction,
        )

    def save(
        self, path: Path, stamp: IndexStamp, content: Callable[[int], str] = _unknown
    ) -> None:
        """
        Write the graph to ``path`` and what it is to ``path`` + ``.json``.

        ``content`` returns what tells the vectors up to a key from others. The second file holds
        the checksum of the first, so a crash between the two is seen by ``load``.
        """
        about: dict[str, str | int] = {'magic': MAGIC, 'version': FORMAT_VERSION, **asdict(stamp)}

        def write(scratch: Path) -> None:
            with self._lock:
                self._hnsw.save_index(str(scratch))
                about.update(last_key=self._last_key, live=self._live)
            about.update(
                content=content(int(about['last_key'])),
                bytes=scratch.stat().st_size,
                crc32=_crc32(scratch),
            )

        replace_file(path, write)
        write_whole(Path(f'{path}.json'), json.dumps(about, indent=1).encode())

    def load(
        self, path: Path, stamp: IndexStamp, content: Callable[[int], str] = _unknown
    ) -> None:
        """Read what ``save`` wrote; raise ``IndexDamagedError`` unless it is whole and current."""
        try:
            header = json.loads(Path(f'{path}.json').read_text(encoding='utf-8'))
            expected = {'magic': MAGIC, 'version': FORMAT_VERSION, **asdict(stamp)}
            for name, value in expected.items():
                if header[name] != value:
                    raise IndexDamagedError(
                        f'{path}: {name} is {header[name]!r}, expected {value!r}'
                    )
            last_key, live = int(header['last_key']), int(header['live'])
            if header['content'] != content(last_key):
                raise IndexDamagedError(f'{path} was made from other observations')
            # hnswlib trusts its file, so nothing that fails the checksum is shown to it.
            if path.stat().st_size != header['bytes'] or _crc32(path) != header['crc32']:
                raise IndexDamagedError(f'{path} does not match its checksum')
            hnsw = hnswlib.Index(space='ip', dim=self._dim)
            hnsw.load_index(str(path), allow_replace_deleted=True)
            hnsw.set_num_threads(1)
        except FileNotFoundError as error:
            raise IndexDamagedError(f'{error.filename} does not exist') from error
        except (OSError, RuntimeError, ValueError, TypeError, KeyError) as error:
            raise IndexDamagedError(f'{path} can not be read: {error}') from error
        with self._lock:
            self._hnsw, self._last_key, self._live = hnsw, last_key, live


def _crc32(path: Path) -> int:
    value = 0
    with path.open('rb') as file:
        while chunk := file.read(1 << 20):
            value = zlib.crc32(chunk, value)
    return value
