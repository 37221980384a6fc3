"""A store is given the vectors of another encoder."""

from __future__ import annotations

import numpy as np

from memory_node.core.language.text import clean_label, observation_text
from memory_node.core.ports import Encoder
from memory_node.core.store.encoding import encode_texts
from memory_node.core.store.store import Store

__all__ = ['reencode']

_PAGE = 256


def reencode(store: Store, encoder: Encoder) -> None:
    """Give a store the vectors of another encoder, from its captions and labels."""
    old = store.encoder
    assert old is not None
    labels, _ = store.labels(old[1])
    keys = store.all_keys()
    vectors = np.empty((len(keys), encoder.dim), np.float32)
    for start in range(0, len(keys), _PAGE):
        items = store.fetch(keys[start : start + _PAGE])
        vectors[start : start + len(items)] = encode_texts(
            encoder, [observation_text(o) for o in items], encoder.dim
        )
    label_vectors = encode_texts(encoder, [clean_label(t) or t for t in labels], encoder.dim)
    store.replace_vectors(encoder.model_id, keys, vectors, label_vectors)
