"""
What it costs to compare a text with the pictures of a memory: ``python test/bench/pictures.py``.

Vectors are drawn at random, 512 numbers each as those of CLIP ViT-B/32: the cost does not depend
on what they mean. Printed is the time of the processor; that of the encoder is not in it.
"""

from __future__ import annotations

from pathlib import Path
import sys
import tempfile
import time
import zlib

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / 'test')]

from fakes import BagOfWordsEncoder, seen  # noqa: E402  the path is set above

from memory_node import Memory  # noqa: E402

DIM, SIZES, TEXTS = 512, (1_000, 10_000, 50_000), 50


class RandomClip:
    """Vectors by chance, the same for the same text."""

    model_id, dim, scale = 'random', DIM, 100.0

    def encode_texts(self, texts):
        return np.stack([self._unit(np.random.default_rng(zlib.crc32(t.encode()))) for t in texts])

    def encode_pictures(self, pictures):
        rng = np.random.default_rng(len(pictures))
        return np.stack([self._unit(rng) for _ in pictures])

    def _unit(self, rng):
        vector = rng.standard_normal(DIM).astype(np.float32)
        return vector / np.linalg.norm(vector)


def main() -> None:
    """Print milliseconds of the first and the median text for each size."""
    for size in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / 'm.sqlite'
            with Memory.open(
                path, encoder=BagOfWordsEncoder(16), image_encoder=RandomClip()
            ) as memory:
                for start in range(0, size, 1000):
                    memory.add_many(
                        seen(str(i), (float(i), 0.0, 0.0), 'nothing recognised', keyframe=b'x')
                        for i in range(start, start + 1000)
                    )
                pictures, snapshot = memory._parts.pictures, memory.snapshot()
                took = []
                for i in range(TEXTS + 1):
                    started = time.process_time()
                    pictures.nearest(snapshot, f'text {i}', 32)
                    took.append(1e3 * (time.process_time() - started))
                first, median = took[0], float(np.median(took[1:]))
        print(f'{size} pictures: first text {first:.0f} ms, then {median:.1f} ms')


if __name__ == '__main__':
    main()
