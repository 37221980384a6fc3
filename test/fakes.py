"""Deterministic stand-ins for models, and observations in one line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
import hashlib
import re
from typing import Any

import numpy as np

from memory_node.core.data import FloatArray, Observation, Pose, Sighting


@lru_cache(maxsize=1 << 16)
def _direction(word: str, dim: int) -> FloatArray:
    seed = hashlib.blake2b(word.encode('utf-8', 'replace'), digest_size=8).digest()
    rng = np.random.default_rng(int.from_bytes(seed, 'little'))
    return rng.standard_normal(dim).astype(np.float32)


class BagOfWordsEncoder:
    """Texts that share words have near vectors; the same on every machine and run."""

    def __init__(self, dim: int = 64, model_id: str = 'bag-of-words') -> None:
        self.dim = dim
        self.model_id = model_id
        self.calls = 0

    def encode(self, texts: Sequence[str]) -> FloatArray:
        self.calls += 1
        rows = np.zeros((len(texts), self.dim), np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in re.findall(r'\w+', text.casefold()) or ['']:
                row += _direction(word, self.dim)
            row /= np.linalg.norm(row)
        return rows


def seen(
    name: str,
    position: tuple[float, float, float] = (0.0, 0.0, 0.0),
    caption: str = '',
    *,
    yaw: float = 0.0,
    stamp: float = 0.0,
    objects: Mapping[str, tuple[float, float, float] | None] | None = None,
    **more: Any,
) -> Observation:
    """Make an observation in one line; ``stamp`` in seconds, ``objects`` label -> position [m]."""
    sightings = tuple(Sighting(label=k, position=v) for k, v in (objects or {}).items())
    return Observation(
        id=name,
        stamp_ns=round(stamp * 1e9),
        pose=Pose.from_yaw(position, yaw),
        caption=caption or ('' if sightings else name),
        sightings=sightings,
        **more,
    )
