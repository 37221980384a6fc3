"""
Write memory_node/core/uses.npz: the situations of uses.jsonl as vectors of the default encoder.

Run it after every change of uses.jsonl: ``.venv/bin/python scripts/embed_uses.py``.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from memory_node.core.uses import concepts, table_digest
from memory_node.models.sentence_encoder import SentenceEncoder

TARGET = Path(__file__).resolve().parents[1] / 'memory_node' / 'core' / 'uses.npz'


def main() -> None:
    """Embed every situation; a byte a number is enough for a comparison by cosine."""
    encoder = SentenceEncoder()
    texts = [use for concept in concepts() for use in concept.uses]
    vectors = np.concatenate([encoder.encode(texts[i : i + 64]) for i in range(0, len(texts), 64)])
    largest = np.abs(vectors).max(axis=1, keepdims=True)
    small = np.round(127.0 * vectors / largest).astype(np.int8)
    np.savez_compressed(
        TARGET,
        vectors=small,
        encoder=np.array(encoder.model_id),
        table=np.array(table_digest()),
    )
    kept = small / np.linalg.norm(small, axis=1, keepdims=True)
    worst = float(np.einsum('ij,ij->i', kept, vectors).min())
    print(f'{TARGET}: {len(texts)} situations, cosine to the original at least {worst:.5f}')


if __name__ == '__main__':
    main()
