"""Pictures and depth as cameras send them: raw, JPEG, PNG, compressedDepth and RVL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import os
from pathlib import Path
import struct
from typing import Any

import cv2
from hypothesis import strategies as st
import numpy as np

from memory_bench.fuzz.door import Door
from memory_bench.fuzz.texts import mostly, strange
from memory_node.core.perception.depth_images import (
    decode_compressed_depth,
    decode_depth,
    DEPTH_ENCODINGS,
    register_depth,
)
from memory_node.core.perception.images import (
    COLOR_ENCODINGS,
    decode_color,
    decode_compressed_color,
    encode_keyframe,
    RawImage,
)

__all__ = ['doors']

_SIZES = st.sampled_from([(12, 16), (1, 1), (3, 5), (2, 2), (48, 64)])
_FORMATS = mostly(st.sampled_from(
    ['16UC1; compressedDepth png', '32FC1; compressedDepth png', '16UC1; compressedDepth rvl',
     '32FC1; compressedDepth rvl']
), st.sampled_from(['16UC1', '32FC1', 'jpeg', '']))  # fmt: skip
_COUNTS = st.sampled_from([0, 1, 2, 12, 16, 48, 2**16, 2**31, 2**32 - 1]) | st.integers(0, 300)
#: Columns, rows and words of RVL: few pixels, many, and as many as are taken.
_RVL = st.tuples(
    st.sampled_from([(16, 12), (1, 1), (5657, 5657), (2**31, 2), (0, 9)]),
    st.lists(st.integers(0, 2**32 - 1), max_size=60),
).map(lambda d: struct.pack(f'<II{len(d[1])}I', *d[0], *d[1]))


def doors(folder: Path) -> Iterator[Door]:
    """Yield the decoders; what they return is brought to a size, and encoded, as the node does."""
    del folder
    raw = st.tuples(
        mostly(st.sampled_from((*COLOR_ENCODINGS, *DEPTH_ENCODINGS)), strange),
        mostly(_SIZES, st.tuples(_COUNTS, _COUNTS)),
        mostly(st.none(), _COUNTS),
        st.sampled_from([0, 1, 2, 48, 576, 4608, 9216]).map(
            lambda n: bytes(range(256)) * (n // 64)
        ),
        st.booleans(),
    )
    yield Door(name='pictures/raw', inputs=raw, take=_raw, varied=(0, 3), share=2.0)
    files = st.tuples(_SIZES, st.sampled_from(['.jpg', '.png', '.bmp']), st.integers(0, 9))
    yield Door(
        name='pictures/files',
        inputs=st.tuples(files.map(_encoded), st.sampled_from([1, 2, 4, 8])),
        take=_file,
        varied=(0,),
        share=2.0,
    )
    deep = st.one_of(files.map(_deep), _RVL)
    header = st.tuples(
        st.integers(0, 3),
        mostly(st.floats(0.5, 9.0, width=32), st.floats(width=32)),
        st.floats(width=32),
    ).map(lambda h: struct.pack('<iff', *h))
    yield Door(
        name='pictures/depth',
        inputs=st.tuples(st.tuples(header, deep).map(b''.join) | deep, _FORMATS),
        take=_depth,
        share=2.0,
    )


def _raw(drawn: tuple[str, tuple[int, int], int | None, bytes, bool]) -> None:
    encoding, (height, width), step, content, big = drawn
    image = RawImage(
        height=height,
        width=width,
        encoding=encoding,
        step=width * 4 if step is None else step,
        data=content,
        is_bigendian=big,
    )
    if encoding in DEPTH_ENCODINGS:
        register_depth(decode_depth(image), 16, 12)
    else:
        encode_keyframe(decode_color(image))


def _file(drawn: tuple[bytes, int]) -> None:
    with _unheard():
        encode_keyframe(decode_compressed_color(drawn[0], reduce=drawn[1]))


def _depth(drawn: tuple[bytes, str]) -> None:
    with _unheard():
        register_depth(decode_compressed_depth(*drawn), 16, 12)


@contextmanager
def _unheard() -> Iterator[None]:
    """Leave unsaid what libjpeg and libpng write to standard error of every damaged file."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _noise(size: tuple[int, int], number: int, kind: Any, channels: tuple[int, ...] = ()) -> Any:
    rng = np.random.default_rng(number)
    return rng.integers(0, np.iinfo(kind).max, (*size, *channels)).astype(kind)


def _encoded(drawn: tuple[tuple[int, int], str, int]) -> bytes:
    size, end, number = drawn
    return bytes(cv2.imencode(end, _noise(size, number, np.uint8, (3,)))[1].tobytes())


def _deep(drawn: tuple[tuple[int, int], str, int]) -> bytes:
    size, _, number = drawn
    return bytes(cv2.imencode('.png', _noise(size, number, np.uint16))[1].tobytes())
