"""
Measure the sentence encoder: ONNX Runtime against torch, on one query and on captions.

Run ``python test/bench/encoder.py``. Both take turns, so that a shared machine is unfair to
neither; every text is new, so that no cache answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
import sys
import time

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / 'test')]

from memory_node.models.sentence_encoder import SentenceEncoder  # noqa: E402

NOUNS = ('sofa', 'sink', 'lamp', 'towel', 'window', 'table', 'mirror', 'shelf', 'plant', 'rug')


def texts(rng: np.random.Generator, words: int, count: int) -> list[str]:
    """Return ``count`` texts of ``words`` words that were never asked before."""
    return [
        ' '.join([f'{rng.integers(1000)}', *rng.choice(NOUNS, words - 1)]) for _ in range(count)
    ]


def seconds(encoder: SentenceEncoder, batch: Sequence[str]) -> tuple[float, float]:
    """Return the wall and the CPU time one call takes."""
    began, began_cpu = time.perf_counter(), time.process_time()
    encoder.encode(batch)
    return time.perf_counter() - began, time.process_time() - began_cpu


def main() -> None:
    """Print a Markdown table of medians."""
    rng = np.random.default_rng(0)
    encoders = {name: SentenceEncoder(backend=name) for name in ('torch', 'onnx')}
    probe = texts(rng, 20, 32)
    torch, onnx = (e.encode(probe) for e in encoders.values())
    print(f'largest difference of a number: {np.abs(torch - onnx).max():.1e}')
    for name, words, count, rounds in (
        ('one query of 12 words', 12, 1, 60),
        ('32 captions of 94 words', 94, 32, 5),
    ):
        times: dict[str, list[tuple[float, float]]] = {backend: [] for backend in encoders}
        for _ in range(rounds):
            for backend, encoder in encoders.items():
                times[backend].append(seconds(encoder, texts(rng, words, count)))
        torch_ms, onnx_ms = (1e3 * np.median(t, axis=0) / count for t in times.values())
        for kind in (0, 1):
            print(
                f'| {name}, {("wall", "CPU")[kind]} | torch {torch_ms[kind]:.1f} ms a text'
                f' | ONNX {onnx_ms[kind]:.1f} ms a text'
                f' | {torch_ms[kind] / onnx_ms[kind]:.2f} x |',
                flush=True,
            )


if __name__ == '__main__':
    main()
