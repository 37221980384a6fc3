"""
Pictures as cameras send them, turned into arrays; every malformed one is a typed error.

Works on the fields of ``sensor_msgs/Image`` and ``sensor_msgs/CompressedImage``, not on the
messages, so a bag reader and a ROS node share it. Colour is (H, W, 3) uint8 RGB. Depth is (H, W)
float32 metres along the optical axis, NaN where nothing was measured (REP-118).
All functions are pure and may be called from any thread.
"""

from __future__ import annotations

from dataclasses import dataclass
import struct
from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from memory_node.core.errors import InvalidObservationError
from memory_node.core.perception.geometry import Intrinsics

__all__ = [
    'COLOR_ENCODINGS',
    'DEPTH_ENCODINGS',
    'MAX_PIXELS',
    'Depth',
    'Image',
    'RawImage',
    'RegisteredDepth',
    'decode_color',
    'decode_compressed_color',
    'decode_compressed_depth',
    'decode_depth',
    'encode_keyframe',
    'fit_intrinsics',
    'register_depth',
]

Image: TypeAlias = NDArray[np.uint8]
Depth: TypeAlias = NDArray[np.float32]

#: Largest picture that is decoded; a small file can claim far more (a decompression bomb).
MAX_PIXELS = 32_000_000
#: Largest compressed picture that is looked at [bytes].
MAX_COMPRESSED_BYTES = 64_000_000
#: Largest difference of aspect ratios, relative, at which depth is resampled to the colour size.
ASPECT_TOLERANCE = 0.02

#: Encoding to (bytes per pixel, conversion to RGB or None).
_COLOR: dict[str, tuple[int, int | None]] = {
    'rgb8': (3, None),
    'bgr8': (3, cv2.COLOR_BGR2RGB),
    '8UC3': (3, cv2.COLOR_BGR2RGB),
    'rgba8': (4, cv2.COLOR_RGBA2RGB),
    'bgra8': (4, cv2.COLOR_BGRA2RGB),
    '8UC4': (4, cv2.COLOR_BGRA2RGB),
    'mono8': (1, cv2.COLOR_GRAY2RGB),
    '8UC1': (1, cv2.COLOR_GRAY2RGB),
}
_DEPTH = {'16UC1': 'u2', 'mono16': 'u2', '32FC1': 'f4'}
COLOR_ENCODINGS = tuple(_COLOR)
DEPTH_ENCODINGS = tuple(_DEPTH)

_PNG = b'\x89PNG\r\n\x1a\n'
_JPEG = b'\xff\xd8\xff'
#: compressed_depth_image_transport::ConfigHeader: int32 format, float depthQuantA, depthQuantB.
_DEPTH_HEADER = struct.Struct('<iff')
#: A camera may pad a file; its end mark is looked for in this many last bytes.
_TAIL_BYTES = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class RawImage:
    """The fields of one ``sensor_msgs/Image``; ``data`` is any object with a byte buffer."""

    height: int
    width: int
    encoding: str
    #: Length of a row with its padding [bytes].
    step: int
    data: Any
    is_bigendian: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredDepth:
    """Depth at the size of the colour picture, or the reason why there is none."""

    depth_m: Depth | None
    reason: str = ''


def _refuse(what: str) -> InvalidObservationError:
    return InvalidObservationError(f'image.{what}')


def _check_size(width: int, height: int) -> None:
    if width < 1 or height < 1:
        raise _refuse(f'width and image.height must be at least 1, got {width}x{height}')
    if width * height > MAX_PIXELS:
        raise _refuse(f'width x height must be at most {MAX_PIXELS} pixels, got {width}x{height}')


def _rows(image: RawImage, pixel_bytes: int) -> NDArray[np.uint8]:
    """Return the (H, W * pixel_bytes) bytes without padding, as a view of the data."""
    _check_size(image.width, image.height)
    row_bytes = image.width * pixel_bytes
    if image.step < row_bytes:
        raise _refuse(
            f'step must be at least {row_bytes} bytes for {image.width} pixels of'
            f' {image.encoding}, got {image.step}'
        )
    try:
        data = np.frombuffer(image.data, dtype=np.uint8)
    except (TypeError, ValueError, BufferError) as error:  # no buffer, or an empty one
        raise _refuse(f'data must hold bytes: {error}') from error
    # The last row's padding may be left out.
    needed = image.step * (image.height - 1) + row_bytes
    if data.size < needed:
        raise _refuse(
            f'data is truncated: {needed} bytes needed for {image.width}x{image.height}'
            f' {image.encoding} with step {image.step}, got {data.size}'
        )
    return np.lib.stride_tricks.as_strided(
        data, shape=(image.height, row_bytes), strides=(image.step, 1), writeable=False
    )


def decode_color(image: RawImage) -> Image:
    """
    Return the (H, W, 3) RGB picture of an uncompressed colour or grey image.

    ``rgb8`` without padding is a read-only view of ``image.data`` and costs nothing.

    Raises
    ------
    InvalidObservationError
        On an unknown encoding, an empty or oversize picture, a step too short, or too few bytes.

    """
    if image.encoding not in _COLOR:
        raise _refuse(
            f'encoding must be one of {", ".join(COLOR_ENCODINGS)} for colour,'
            f' got {image.encoding[:64]!r}'
        )
    pixel_bytes, conversion = _COLOR[image.encoding]
    pixels = _rows(image, pixel_bytes).reshape(image.height, image.width, pixel_bytes)
    if conversion is None:
        return pixels
    return _as_uint8(cv2.cvtColor(np.ascontiguousarray(pixels), conversion))


def decode_depth(image: RawImage) -> Depth:
    """
    Return (H, W) float32 depth [m], NaN where unknown, of an uncompressed depth image.

    ``16UC1`` and ``mono16`` hold millimetres with 0 and 65535 for unknown, ``32FC1`` metres.

    Raises
    ------
    InvalidObservationError
        On an unknown encoding, an empty or oversize picture, a step too short, or too few bytes.

    """
    if image.encoding not in _DEPTH:
        raise _refuse(
            f'encoding must be one of {", ".join(DEPTH_ENCODINGS)} for depth,'
            f' got {image.encoding[:64]!r}'
        )
    kind = ('>' if image.is_bigendian else '<') + _DEPTH[image.encoding]
    rows = np.ascontiguousarray(_rows(image, int(kind[-1]))).view(kind)
    return _metres_from_mm(rows) if kind[1] == 'u' else _cleaned(rows.astype(np.float32))


def decode_compressed_color(data: Any, *, reduce: int = 1) -> Image:
    """
    Return the (H, W, 3) RGB picture of a JPEG or PNG file.

    Parameters
    ----------
    data : buffer
        The file's bytes; orientation tags are ignored, for the camera's calibration does not
        turn with them.
    reduce : 1, 2, 4 or 8
        Decode at a fraction of the size, which a JPEG does several times faster: enough for the
        keyframe gate.

    Raises
    ------
    InvalidObservationError
        When the bytes are no complete JPEG or PNG, or claim to be oversize.

    """
    flags = {
        1: cv2.IMREAD_COLOR,
        2: cv2.IMREAD_REDUCED_COLOR_2,
        4: cv2.IMREAD_REDUCED_COLOR_4,
        8: cv2.IMREAD_REDUCED_COLOR_8,
    }
    if reduce not in flags:
        raise ValueError(f'reduce must be 1, 2, 4 or 8, got {reduce}')
    pixels = _decode_file(_bytes_of(data), flags[reduce] | cv2.IMREAD_IGNORE_ORIENTATION)
    return _as_uint8(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB))


def decode_compressed_depth(data: Any, format: str) -> Depth:  # noqa: A002  the message's name
    """
    Return (H, W) float32 depth [m], NaN where unknown, of a compressed depth image.

    Understands compressedDepth (a 12-byte header, then a PNG; ``16UC1`` millimetres, or ``32FC1``
    quantised as inverse depth) and a plain 16-bit PNG of millimetres.

    Parameters
    ----------
    data : buffer
        Content of ``sensor_msgs/CompressedImage.data``.
    format : str
        Its ``format``, for example ``16UC1; compressedDepth png``.

    Raises
    ------
    InvalidObservationError
        When format or bytes are something else, incomplete, or claim to be oversize.

    """
    content = _bytes_of(data)
    encoding = format.split(';')[0].strip()
    if encoding not in ('16UC1', 'mono16', '32FC1'):
        raise _refuse(f'format must start with 16UC1 or 32FC1 for depth, got {format[:64]!r}')
    plain = content.startswith(_PNG)
    body = content if plain else content[_DEPTH_HEADER.size :]
    if not body.startswith(_PNG):
        raise _refuse(f'data of format {format[:64]!r} holds no PNG; RVL is not supported')
    pixels = _decode_file(body, cv2.IMREAD_UNCHANGED)
    if pixels.dtype != np.uint16 or pixels.ndim != 2:
        raise _refuse(f'data must be a 16-bit grey PNG, got {pixels.dtype} of {pixels.shape}')
    if encoding != '32FC1':
        return _metres_from_mm(pixels)
    if plain:
        raise _refuse('data of format 32FC1 needs the header of compressedDepth')
    _, quant_a, quant_b = _DEPTH_HEADER.unpack_from(content)
    if not (np.isfinite(quant_a) and np.isfinite(quant_b) and quant_a > 0.0):
        raise _refuse(f'data has depthQuantA={quant_a}, depthQuantB={quant_b}; A must be > 0')
    inverse = pixels.astype(np.float32) - np.float32(quant_b)
    with np.errstate(divide='ignore', over='ignore'):
        depth_m = np.float32(quant_a) / inverse
    depth_m[pixels == 0] = np.nan
    return _cleaned(depth_m)


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


def fit_intrinsics(intrinsics: Intrinsics, width: int, height: int) -> Intrinsics:
    """
    Return the intrinsics at the size of the picture.

    Raises ``InvalidObservationError`` when camera_info describes another aspect ratio.
    """
    if (intrinsics.width, intrinsics.height) == (width, height):
        return intrinsics
    difference = abs(intrinsics.width * height - width * intrinsics.height)
    if difference > ASPECT_TOLERANCE * width * intrinsics.height:
        raise InvalidObservationError(
            f'camera_info is {intrinsics.width}x{intrinsics.height} but the picture is'
            f' {width}x{height}: not one view'
        )
    return intrinsics.scaled(width, height)


def encode_keyframe(image: Image, *, max_side_px: int = 320, quality: int = 80) -> bytes:
    """Return the RGB picture as JPEG, its larger side shrunk to ``max_side_px`` at most."""
    height, width = image.shape[:2]
    _check_size(width, height)
    scale = max_side_px / max(height, width)
    if scale < 1.0:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        image = _as_uint8(cv2.resize(image, size, interpolation=cv2.INTER_AREA))
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    done, encoded = cv2.imencode('.jpg', bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise _refuse(f'of shape {image.shape} could not be encoded as JPEG')
    return encoded.tobytes()


def _as_uint8(pixels: Any) -> Image:
    return np.asarray(pixels, dtype=np.uint8)


def _metres_from_mm(pixels: NDArray[Any]) -> Depth:
    depth_m: Depth = pixels.astype(np.float32)
    depth_m[(pixels == 0) | (pixels == 65535)] = np.nan
    depth_m *= np.float32(1e-3)
    return depth_m


def _cleaned(depth_m: Depth) -> Depth:
    depth_m[~((depth_m > 0.0) & (depth_m < np.inf))] = np.nan
    return depth_m


def _bytes_of(data: Any) -> bytes:
    try:
        size = memoryview(data).nbytes
    except TypeError as error:
        raise _refuse(f'data must hold bytes: {error}') from error
    if size > MAX_COMPRESSED_BYTES:
        raise _refuse(f'data must be at most {MAX_COMPRESSED_BYTES} bytes, got {size}')
    return bytes(data)


def _decode_file(content: bytes, flags: int) -> NDArray[Any]:
    """Decode a JPEG or PNG whose size and completeness were read off it first."""
    if not content:
        raise _refuse('data is empty')
    if content.startswith(_PNG):
        size = _png_size(content)
        complete = b'IEND' in content[-_TAIL_BYTES:]
    elif content.startswith(_JPEG):
        size = _jpeg_size(content)
        complete = b'\xff\xd9' in content[-_TAIL_BYTES:]
    else:
        raise _refuse(f'data must be a JPEG or PNG file, starts with {content[:8].hex()}')
    if size is None:
        raise _refuse(f'data is truncated or damaged: no size within {len(content)} bytes')
    _check_size(*size)
    if not complete:  # decoders fill the missing rows with grey and do not tell
        raise _refuse(f'data is truncated: no end mark within {len(content)} bytes')
    try:
        pixels = cv2.imdecode(np.frombuffer(content, dtype=np.uint8), flags)
    except cv2.error as error:
        raise _refuse(f'data could not be decoded: {str(error)[:200]}') from error
    if pixels is None:
        raise _refuse(f'data could not be decoded: {len(content)} bytes, {size[0]}x{size[1]}')
    return np.asarray(pixels)


def _png_size(content: bytes) -> tuple[int, int] | None:
    if len(content) < 24 or content[12:16] != b'IHDR':
        return None
    width, height = struct.unpack('>II', content[16:24])
    return (width, height)


def _jpeg_size(content: bytes) -> tuple[int, int] | None:
    """Return (width, height) of the first start-of-frame segment (ITU T.81, B.2.2)."""
    at = 2
    while at + 9 <= len(content):
        if content[at] != 0xFF:
            return None
        marker = content[at + 1]
        if marker == 0xFF:  # fill byte
            at += 1
            continue
        if marker == 0x01 or 0xD0 <= marker <= 0xD8:  # no length follows
            at += 2
            continue
        length = int.from_bytes(content[at + 2 : at + 4], 'big')
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack('>HH', content[at + 5 : at + 9])
            return (width, height)
        if marker == 0xDA or length < 2:  # pixels begin before any frame: damaged
            return None
        at += 2 + length
    return None
