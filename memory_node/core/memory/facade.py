"""The memory of a robot: the facade over store, object map, rooms, forest and retrieval."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
import os
from pathlib import Path
from types import TracebackType

from memory_node.core.config import MemoryConfig
from memory_node.core.data import (
    Observation,
)
from memory_node.core.errors import StoreAccessError
from memory_node.core.memory.asking import Asking
from memory_node.core.memory.budget import Budgeting
from memory_node.core.memory.correcting import Correcting
from memory_node.core.memory.derived_files import open_store
from memory_node.core.memory.forgetting import Forgetting
from memory_node.core.memory.joining import Joining
from memory_node.core.memory.low_space import fitting
from memory_node.core.memory.map_jumps import JumpFollowing
from memory_node.core.memory.parts import Parts
from memory_node.core.memory.reading import Reading
from memory_node.core.ports import Encoder, ImageEncoder, LanguageModel
from memory_node.core.store.encoding import checked, encode_batch
from memory_node.core.store.store import Store

__all__ = ['Memory']


class Memory(Asking, Budgeting, Correcting, Forgetting, Joining, JumpFollowing, Reading):
    """
    A robot's memory in one file: add observations, ask for places, get routes.

    Thread-safe. Models run outside every lock, so a question never waits for a caption being
    encoded. One process may write a file, any number may read it.
    """

    def __init__(
        self,
        store: Store,
        encoder: Encoder,
        config: MemoryConfig,
        language_model: LanguageModel | None = None,
        image_encoder: ImageEncoder | None = None,
    ) -> None:
        """Use ``Memory.open``."""
        super().__init__(Parts(store, encoder, config, language_model, image_encoder))
        self._mirror = self._parts.mirror

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str],
        *,
        encoder: Encoder | None = None,
        config: MemoryConfig | None = None,
        read_only: bool = False,
        language_model: LanguageModel | None = None,
        image_encoder: ImageEncoder | None = None,
    ) -> Memory:
        """
        Open the memory at ``path``, or begin one there.

        Parameters
        ----------
        path
            The store; index, object map, forest and lock are kept beside it as ``<path>.*``.
        encoder
            Text encoder; the offline MiniLM when left out, loaded when first used. A store with
            another encoder's vectors is encoded again from its captions.
        config
            Settings; the defaults when left out.
        read_only
            Refuse writing, and follow what another process writes.
        language_model
            Names areas; without one, or where it fails, names come from what was seen.
        image_encoder
            Makes vectors of pictures that texts are compared with; none when left out. Pictures
            that have no vector of it yet get one now, unless the store is only read.

        Raises
        ------
        StoreAccessError, StoreFormatError, StoreVersionError
            The file can't be used.
        EncoderError
            The encoder can't be loaded, or does not fit a store that is opened read-only.

        """
        if encoder is None:
            from memory_node.models.sentence_encoder import SentenceEncoder

            encoder = SentenceEncoder()
        config = config or MemoryConfig()
        store = open_store(
            path,
            encoder,
            read_only=read_only,
            config=config.store,
            image_encoder=image_encoder,
        )
        try:
            return cls(store, encoder, config, language_model, image_encoder)
        except BaseException:
            store.close()
            raise

    def __enter__(self) -> Memory:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # ---- writing -----------------------------------------------------------------------------

    def add(self, observation: Observation) -> None:
        """Remember one observation; see ``add_many``."""
        self.add_many([observation])

    def add_many(self, observations: Iterable[Observation]) -> int:
        """
        Remember a batch, all or none, in one transaction; return how many rows are new.

        What is of a map that was joined into another is brought into that one; see ``join_maps``.

        Raises ``InvalidObservationError`` if an id is taken or a vector does not fit,
        ``EncoderError`` if the encoder fails, and ``LowSpaceError`` while the disk is nearly
        full; nothing is written then.
        """
        items = self._kept(checked(observations))
        self._writable()
        items = fitting(items, self._parts.space, self.config.store)
        with self._ingest:
            items = self._brought(items)
            self._mirror.refuse_taken(items)
            unknown = self._mirror.unknown_labels(items)
            batch = encode_batch(items, self.encoder, self._mirror.dim, unknown)
            if self._parts.pictures is not None:
                vectors = self._parts.pictures.encoded([o.keyframe for o in items])
                batch = replace(batch, pictures=vectors)
            self._parts.objects.prepare(items)
            if items:
                self._mirror.insert(batch)
            self._parts.taken_in()
        self._watch_budget()
        return len(items)

    def set_frame(self, map_id: str, frame_id: str) -> None:
        """Keep which fixed frame the geometry of a map is in, as ``frames`` tells it."""
        self._writable()
        with self._ingest, self._mirror.lock:
            self._mirror.store.set_frame(map_id, frame_id)

    def _open(self) -> None:
        if self._closed:
            raise StoreAccessError(f'{self.path} is closed')
        self._mirror.follow()

    # ---- files -------------------------------------------------------------------------------

    def save(self, path: str | os.PathLike[str] | None = None, overwrite: bool = False) -> Path:
        """
        Write index and log out, or a complete copy to ``path``; return where.

        What was forgotten is in none of the files then, unless a reader still needs the log.

        Raises ``StoreAccessError`` if ``path`` exists and ``overwrite`` is not set, or can't be
        written. What is added meanwhile may or may not be in a copy.
        """
        if path is None:
            self._writable()
        if self.wipe_due and not self._parts.mirror.store.read_only:
            # First without holding up who adds: making the object map anew takes its time.
            self._parts.objects.catch_up(self._parts.mirror.snapshot())
            with self._ingest:
                self._parts.wipe()
        return self._parts.derived.save(path, overwrite)

    def wait_indexed(self, timeout_s: float | None = None) -> bool:
        """Wait until the index holds every vector; False on time-out."""
        return self._parts.indexer.wait(timeout_s)

    def wait_areas(self, timeout_s: float | None = None) -> bool:
        """Wait until rooms and areas know every observation; False on time-out."""
        return self._parts.wait(timeout_s)

    def close(self) -> None:
        """Write the index out and close the file; a second call does nothing."""
        self._budget.close()
        with self._ingest:
            if self._closed:
                return
            self._closed = True
            self._parts.close()
