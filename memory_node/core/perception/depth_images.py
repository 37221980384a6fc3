"""
Depth pictures as cameras send them: decoded to metres, and brought to the view of the colour one.

Depth is (H, W) float32 metres along the optical axis, NaN where nothing was measured (REP-118).
All functions are pure and may be called from any thread; a malformed picture is a typed error.
"""

from __future__ import annotations

from dataclasses import dataclass
import struct
from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from memory_node.core.perception.images import (
    ASPECT_TOLERANCE,
    bytes_of,
    decode_file,
    pixel_rows,
    RawImage,
    refusal,
)

__all__ = [
    'DEPTH_ENCODINGS',
    'Depth',
    'RegisteredDepth',
    'decode_compressed_depth',
    'decode_depth',
    'register_depth',
]

Depth: TypeAlias = NDArray[np.float32]

_DEPTH = {'16UC1': 'u2', 'mono16': 'u2', '32FC1': 'f4'}
DEPTH_ENCODINGS = tuple(_DEPTH)
_PNG = b'\x89PNG\r\n\x1a\n'
#: compressed_depth_image_transport::ConfigHeader: int32 format, float depthQuantA, depthQuantB.
_HEADER = struct.Struct('<iff')
#: Largest picture of RVL: each of its numbers takes some bytes while it is decoded.
_MAX_RVL_PIXELS = 1 << 23
#: What RVL puts before its pixels: columns, rows.
_RVL_SIZE = struct.Struct('<II')


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredDepth:
    """Depth at the size of the colour picture, or the reason why there is none."""

    depth_m: Depth | None
    reason: str = ''


def decode_depth(image: RawImage, unit_m: float = 0.0) -> Depth:
    """
    Return (H, W) float32 depth [m], NaN where unknown, of an uncompressed depth image.

    ``16UC1`` and ``mono16`` hold millimetres with 0 and 65535 for unknown, ``32FC1`` metres.

    Parameters
    ----------
    image : RawImage
        What the topic brought.
    unit_m : float
        Metres per count where the camera keeps another unit; 0 leaves it to the encoding.

    Raises
    ------
    InvalidObservationError
        On an unknown encoding, an empty or oversize picture, a step too short, or too few bytes.

    """
    if image.encoding not in _DEPTH:
        raise refusal(
            f'encoding must be one of {", ".join(DEPTH_ENCODINGS)} for depth,'
            f' got {image.encoding[:64]!r}'
        )
    kind = ('>' if image.is_bigendian else '<') + _DEPTH[image.encoding]
    rows = np.ascontiguousarray(pixel_rows(image, int(kind[-1]))).view(kind)
    if kind[1] == 'u':
        return _metres(rows, unit_m)
    return _cleaned(rows.astype(np.float32) * np.float32(unit_m or 1.0))


def decode_compressed_depth(
    data: Any,
    format: str,  # noqa: A002  the message's name
    unit_m: float = 0.0,
) -> Depth:
    """
    Return (H, W) float32 depth [m], NaN where unknown, of a compressed depth image.

    Understands compressedDepth (a 12-byte header, then a PNG or RVL; ``16UC1`` millimetres, or
    ``32FC1`` quantised as inverse depth) and a plain 16-bit PNG of millimetres.

    Parameters
    ----------
    data : buffer
        Content of ``sensor_msgs/CompressedImage.data``.
    format : str
        Its ``format``, for example ``16UC1; compressedDepth png``.
    unit_m : float
        Metres per count of whole numbers, or per unit of ``32FC1``; 0 leaves it to the encoding.

    Raises
    ------
    InvalidObservationError
        When format or bytes are something else, incomplete, or claim to be oversize.

    """
    content = bytes_of(data)
    encoding = format.split(';')[0].strip()
    if encoding not in DEPTH_ENCODINGS:
        raise refusal(f'format must start with 16UC1 or 32FC1 for depth, got {format[:64]!r}')
    plain = content.startswith(_PNG)
    body = content if plain else content[_HEADER.size :]
    if 'rvl' in format.lower():
        pixels: NDArray[Any] = _decode_rvl(body)
    elif body.startswith(_PNG):
        pixels = decode_file(body, cv2.IMREAD_UNCHANGED)
    else:
        raise refusal(f'data of format {format[:64]!r} holds no PNG, and the format names no RVL')
    if pixels.dtype != np.uint16 or pixels.ndim != 2:
        raise refusal(f'data must be a 16-bit grey PNG, got {pixels.dtype} of {pixels.shape}')
    if encoding != '32FC1':
        return _metres(pixels, unit_m)
    if plain:
        raise refusal('data of format 32FC1 needs the header of compressedDepth')
    _, quant_a, quant_b = _HEADER.unpack_from(content)
    if not (np.isfinite(quant_a) and np.isfinite(quant_b) and quant_a > 0.0):
        raise refusal(f'data has depthQuantA={quant_a}, depthQuantB={quant_b}; A must be > 0')
    inverse = pixels.astype(np.float32) - np.float32(quant_b)
    with np.errstate(divide='ignore', over='ignore'):
        depth_m = np.float32(quant_a * (unit_m or 1.0)) / inverse
    depth_m[pixels == 0] = np.nan
    return _cleaned(depth_m)


def _decode_rvl(body: bytes) -> NDArray[np.uint16]:
    """
    Return the pixels of a run-length and variable-length coded picture (Wilson, 2017).

    Numbers are groups of nibbles, three bits each and the lowest first, of which all but the last
    are marked; they come as (zeros, others, differences of the others) until the picture is full.
    """
    if len(body) < _RVL_SIZE.size:
        raise refusal(f'data is truncated: {len(body)} bytes of RVL')
    width, height = _RVL_SIZE.unpack_from(body)
    if not 0 < width * height <= _MAX_RVL_PIXELS:
        raise refusal(f'data of RVL must hold 1 to {_MAX_RVL_PIXELS} pixels, got {width}x{height}')
    # At most six nibbles a pixel: what comes after those of the picture is not looked at.
    coded = body[_RVL_SIZE.size :][: 4 * (width * height + 16)]
    words = np.frombuffer(coded[: len(coded) // 4 * 4], dtype='<u4').astype('>u4').view(np.uint8)
    nibbles = np.stack([words >> 4, words & 15], axis=1).ravel()
    last = np.flatnonzero(nibbles < 8)
    if not last.size:
        raise refusal('data is truncated: RVL without a number')
    first = np.concatenate(([0], last[:-1] + 1))
    longest = int((last - first).max()) + 1
    if longest > 11:
        raise refusal('data is damaged: a number of RVL is too long')
    numbers = np.zeros(first.size, np.int64)
    for place in range(longest):
        held = np.flatnonzero(last - first >= place)
        numbers[held] |= (nibbles[first[held] + place].astype(np.int64) & 7) << (3 * place)
    runs, at, pixel = [], 0, 0
    while pixel < width * height:
        if at + 2 > numbers.size:
            raise refusal(f'data is truncated: {pixel} of {width * height} pixels of RVL')
        zeros, others = int(numbers[at]), int(numbers[at + 1])
        runs.append((pixel + zeros, at + 2, others))
        at, pixel = at + 2 + others, pixel + zeros + others
    if pixel > width * height or at > numbers.size:
        raise refusal('data is damaged: RVL holds more or fewer pixels than it says')
    code = np.concatenate([numbers[a : a + n] for _, a, n in runs])
    values = np.cumsum((code >> 1) ^ -(code & 1))
    pixels = np.zeros(width * height, dtype=np.uint16)
    done = 0
    for start, _, count in runs:
        pixels[start : start + count] = values[done : done + count]
        done += count
    return pixels.reshape(height, width)


def register_depth(depth_m: Depth, width: int, height: int) -> RegisteredDepth:
    """
    Bring depth to the size of the colour picture, or say why it can't be.

    Sizes of one aspect ratio show the same view, so depth is resampled by nearest neighbour
    (never blended: the mean of table and wall is a place where nothing is).
    """
    rows, columns = depth_m.shape
    if (columns, rows) == (width, height):
        return RegisteredDepth(depth_m=depth_m)
    if abs(columns * height - width * rows) > ASPECT_TOLERANCE * width * rows:
        return RegisteredDepth(
            depth_m=None,
            reason=f'depth is {columns}x{rows} but colour is {width}x{height}: not one view',
        )
    resampled = cv2.resize(depth_m, (width, height), interpolation=cv2.INTER_NEAREST)
    return RegisteredDepth(depth_m=np.asarray(resampled, dtype=np.float32))


def _metres(pixels: NDArray[Any], unit_m: float) -> Depth:
    """Return whole numbers of ``unit_m`` (0: millimetres) as metres."""
    depth_m: Depth = pixels.astype(np.float32)
    depth_m[(pixels == 0) | (pixels == 65535)] = np.nan
    depth_m *= np.float32(unit_m or 1e-3)
    return depth_m


def _cleaned(depth_m: Depth) -> Depth:
    depth_m[~((depth_m > 0.0) & (depth_m < np.inf))] = np.nan
    return depth_m
