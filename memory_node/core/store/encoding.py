"""Checking a batch and turning it into vectors, before anything is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from memory_node.core.bounds import safe_characters
from memory_node.core.data import FloatArray, Observation
from memory_node.core.errors import EncoderError, InvalidObservationError
from memory_node.core.language.text import clean_label, observation_text
from memory_node.core.ports import Encoder

__all__ = ['Encoded', 'checked', 'encode_batch', 'encode_texts']


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """A checked batch with its vectors."""

    items: Sequence[Observation]
    #: (N, D) unit vectors.
    vectors: FloatArray
    #: (D,) unit vector of each label not seen before.
    new_labels: dict[str, FloatArray]
    #: (P,) unit vector of the picture of each observation that has one, by its place in the batch.
    pictures: Mapping[int, FloatArray] = field(default_factory=dict)


def checked(observations: Iterable[Observation]) -> list[Observation]:
    """
    Return the batch with its texts made safe; refuse other types and repeated ids.

    This is the one door: what a terminal, a reader or a file could trip over is taken off here, so
    nobody who shows what is stored has to think of it.
    """
    items, seen = [], set()
    for item in observations:
        if not isinstance(item, Observation):
            raise InvalidObservationError(f'expected an Observation, got {type(item).__name__}')
        item = _cleaned(item)
        if item.id in seen:
            raise InvalidObservationError(f'observation.id {item.id!r} comes twice in one batch')
        seen.add(item.id)
        items.append(item)
    return items


def _cleaned(item: Observation) -> Observation:
    """Return an observation whose texts hold nothing that is invisible or no text."""
    texts = (item.id, item.map_id, item.caption, item.source, *item.neighbors)
    try:
        if all(map(str.isprintable, (*texts, *(s.label for s in item.sightings)))):
            return item
        return replace(
            item,
            id=safe_characters(item.id),
            map_id=safe_characters(item.map_id),
            caption=safe_characters(item.caption),
            source=safe_characters(item.source),
            neighbors=tuple(map(safe_characters, item.neighbors)),
            sightings=tuple(replace(s, label=safe_characters(s.label)) for s in item.sightings),
        )
    except (TypeError, AttributeError) as error:
        raise InvalidObservationError(f'observation holds a text that is none: {error}') from error


def encode_texts(encoder: Encoder, texts: Sequence[str], dim: int) -> FloatArray:
    """
    Return (N, dim) float32 unit vectors, zero for a text that is blank.

    Raises ``EncoderError`` on anything else.
    """
    rows = [row for row, text in enumerate(texts) if text.strip()]
    if len(rows) < len(texts):
        full = np.zeros((len(texts), dim), np.float32)
        full[rows] = encode_texts(encoder, [texts[row] for row in rows], dim)
        return full
    if not texts:
        return np.empty((0, dim), np.float32)
    vectors = np.asarray(encoder.encode(texts), np.float32)
    if vectors.shape != (len(texts), dim):
        raise EncoderError(
            f'{encoder.model_id} returned shape {vectors.shape} for {len(texts)} texts,'
            f' expected ({len(texts)}, {dim})'
        )
    return _unit(vectors, EncoderError(f'{encoder.model_id} returned a zero or infinite vector'))


def _unit(vectors: FloatArray, error: Exception) -> FloatArray:
    exact = vectors.astype(np.float64)
    lengths = np.sqrt(np.einsum('ij,ij->i', exact, exact))
    if not 1e-12 < lengths.min() <= lengths.max() < np.inf:  # NaN is neither
        raise error
    return np.asarray(vectors / lengths[:, None], np.float32)


def encode_batch(
    items: Sequence[Observation], encoder: Encoder, dim: int, unknown: set[str]
) -> Encoded:
    """Encode captions without a vector, and labels that are ``unknown``, in one call each."""
    vectors = np.empty((len(items), dim), np.float32)
    missing = []
    for row, item in enumerate(items):
        if item.embedding is None:
            missing.append(row)
            continue
        if item.embedding.shape != (dim,):
            raise InvalidObservationError(
                f'observation.embedding of {item.id!r} holds {len(item.embedding)} numbers,'
                f' the memory holds vectors of {dim}'
            )
        vectors[row] = _unit(
            np.asarray(item.embedding, np.float32)[None],
            InvalidObservationError(f'observation.embedding of {item.id!r} has no direction'),
        )
    vectors[missing] = encode_texts(
        encoder, [observation_text(items[row]) for row in missing], dim
    )
    labels = [
        label
        for label in dict.fromkeys(s.label for item in items for s in item.sightings)
        if label in unknown
    ]
    label_vectors = encode_texts(encoder, [clean_label(t) or t for t in labels], dim)
    return Encoded(
        items=items, vectors=vectors, new_labels=dict(zip(labels, label_vectors, strict=True))
    )
