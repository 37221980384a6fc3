"""Vectors of pictures by an image encoder, beside the observations that they are of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
import logging
import zlib

import numpy as np
from numpy.typing import NDArray

from memory_node.core.data import FloatArray
from memory_node.core.errors import EncoderError, StoreFormatError
from memory_node.core.ports import ImageEncoder
from memory_node.core.store.shrinking import ShrinkingRows

__all__ = ['PictureRows', 'encode_missing', 'picture_vectors']

_LOG = logging.getLogger(__name__)
Keys = NDArray[np.int64]

#: Pictures that are encoded and stored in one transaction when a store is opened.
_PAGE = 64
#: Vectors that are read at a time.
_READ = 2048


class PictureRows(ShrinkingRows):
    """The part of a store that holds vectors of pictures."""

    @property
    def image_encoder(self) -> tuple[str, int] | None:
        """Model id and size of the vectors of pictures, None before the first."""
        meta = self.meta
        model_id, dim = meta.get('picture_model_id'), int(meta.get('picture_dim', 0))
        if model_id is None:
            return None
        if not 0 < dim <= 65536:
            raise StoreFormatError(f'{self.path} is damaged: pictures of {dim} numbers')
        return model_id, dim

    def set_image_encoder(self, model_id: str, dim: int) -> None:
        """Record whose vectors of pictures follow; those of another encoder are removed."""
        with self._writing():
            self._db.execute('DELETE FROM picture_vector')
            self._record(picture_model_id=model_id, picture_dim=str(dim))

    def pictures_after(self, key: int, dim: int) -> tuple[Keys, FloatArray]:
        """Return the next keys above ``key``, and (n, dim) vectors of their pictures."""
        with self._reading():
            rows = self._db.execute(
                'SELECT observation, vector, crc FROM picture_vector WHERE observation > ?'
                f' ORDER BY observation LIMIT {_READ}',
                (key,),
            ).fetchall()
            if any(len(row[1]) != 4 * dim or zlib.crc32(row[1]) != row[2] for row in rows):
                raise StoreFormatError('the vector of a picture does not match its checksum')
        vectors = np.frombuffer(b''.join(row[1] for row in rows), '<f4').reshape(-1, dim)
        return np.array([row[0] for row in rows], np.int64), vectors.astype(np.float32)

    def pictures_without_vector(self) -> Keys:
        """Return the keys of observations whose picture has no vector, ascending."""
        with self._reading():
            rows = self._db.execute(
                'SELECT key FROM observation WHERE keyframe_crc != 0'
                ' AND key NOT IN (SELECT observation FROM picture_vector) ORDER BY key'
            ).fetchall()
        return np.array(rows, np.int64).reshape(-1)

    def add_picture_vectors(self, vectors: Mapping[int, FloatArray]) -> None:
        """Store vectors of pictures by key, in one transaction."""
        with self._writing():
            self._insert_pictures(vectors)
            self._record()

    def _insert_pictures(self, vectors: Mapping[int, FloatArray]) -> None:
        rows = ((key, np.asarray(vector, '<f4').tobytes()) for key, vector in vectors.items())
        self._db.executemany(
            'INSERT INTO picture_vector VALUES (?,?,?)',
            ((key, blob, zlib.crc32(blob)) for key, blob in rows),
        )


def picture_vectors(encoder: ImageEncoder, pictures: Sequence[bytes]) -> dict[int, FloatArray]:
    """
    Return (D,) unit vectors of JPEG pictures by their place; what is none is left out.

    Raises ``EncoderError``.
    """
    places = [place for place, picture in enumerate(pictures) if picture]
    if not places:
        return {}
    vectors = np.asarray(encoder.encode_pictures([pictures[p] for p in places]), np.float32)
    if vectors.shape != (len(places), encoder.dim) or not np.isfinite(vectors).all():
        raise EncoderError(
            f'{encoder.model_id} returned no {len(places)} vectors of {encoder.dim} numbers'
        )
    lengths = np.linalg.norm(vectors, axis=1)
    return {
        place: vector / length
        for place, vector, length in zip(places, vectors, lengths, strict=True)
        if length > 1e-6
    }


def encode_missing(store: PictureRows, encoder: ImageEncoder, *, read_only: bool) -> None:
    """
    Give every picture that is kept the vector of an encoder.

    Vectors of another one are made again from the pictures; where those have left for a budget,
    they are lost. Raises ``EncoderError``, also for another one in a store that is only read.
    """
    stored, ours = store.image_encoder, (encoder.model_id, encoder.dim)
    if read_only:
        if stored not in (None, ours):
            raise EncoderError(
                f'{store.path} holds pictures of {stored}, perception.image_encoder is {ours};'
                ' open it for writing once to encode them again'
            )
        return
    if stored != ours:
        store.set_image_encoder(*ours)
    keys = store.pictures_without_vector()
    if len(keys):
        _LOG.warning('encoding %d pictures of %s by %s', len(keys), store.path, ours[0])
    for start in range(0, len(keys), _PAGE):
        page = keys[start : start + _PAGE]
        pictures = [o.keyframe for o in store.fetch(page, full=True)]
        found = picture_vectors(encoder, pictures)
        store.add_picture_vectors({int(page[at]): vector for at, vector in found.items()})
