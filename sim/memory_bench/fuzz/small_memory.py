"""A small memory to ask, correct and add to, and whether it is whole afterwards."""

from __future__ import annotations

from collections.abc import Sequence
import hashlib
from pathlib import Path

import numpy as np

from memory_node.core.data import FloatArray, Observation, Pose, Sighting
from memory_node.core.memory import Memory
from memory_node.core.ports import LanguageModel
from memory_node.core.store.check import check_store

__all__ = ['HashingEncoder', 'SmallMemory']

_ROOMS = {
    'kitchen': ('oven', 'sink', 'table', 'mug'),
    'bathroom': ('bathtub', 'mirror', 'towel'),
    'bedroom': ('bed', 'wardrobe', 'lamp'),
    'living room': ('sofa', 'television', 'lamp', 'person'),
}


class HashingEncoder:
    """Texts that share words have near vectors: an encoder that costs nothing."""

    model_id = 'hashing'
    dim = 32

    def encode(self, texts: Sequence[str]) -> FloatArray:
        """Return (N, D) unit rows."""
        rows = np.full((len(texts), self.dim), 1e-3, np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in text.casefold().split():
                digest = hashlib.blake2b(word.encode('utf-8', 'replace'), digest_size=4).digest()
                row[digest[0] % self.dim] += 1.0 if digest[1] & 1 else -1.0
            row /= np.linalg.norm(row)
        return rows


class SmallMemory:
    """Four rooms on a line, and what was added since."""

    def __init__(self, path: Path, model: LanguageModel | None = None) -> None:
        """Make it at ``path``."""
        self.path = path
        self.acknowledged = 0
        self.memory = Memory.open(path, encoder=HashingEncoder(), language_model=model)
        self.add(
            Observation(
                id=name,
                stamp_ns=(1_700_000_000 + 100 * i) * 10**9,
                pose=Pose(position=(5.0 * i, 0.0, 0.0)),
                caption=f'a {name} with ' + ', '.join(things),
                sightings=tuple(
                    Sighting(label=thing, position=(5.0 * i, 1.0 + j, 0.5))
                    for j, thing in enumerate(things)
                ),
            )
            for i, (name, things) in enumerate(_ROOMS.items())
        )

    def add(self, observations: object) -> None:
        """Add observations, and count those that were acknowledged."""
        self.acknowledged += self.memory.add_many(observations)  # type: ignore[arg-type]

    def close(self) -> list[str]:
        """Close it; return what is missing or damaged, in words."""
        self.memory.close()
        report = check_store(self.path)
        lost = self.acknowledged - report.observations
        return [*report.problems, *([f'{lost} observations are gone'] if lost else [])]
