"""
Pictures as cameras send them, turned into arrays; every malformed one is a typed error.

Works on the fields of ``sensor_msgs/Image`` and ``sensor_msgs/CompressedImage``, not on the
messages, so a bag reader and a ROS node share it. Colour is (H, W, 3) uint8 RGB; depth is read by
``depth_images``. All functions are pure and may be called from any thread.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
import struct
from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from memory_node.core.errors import InvalidObservationError
from memory_node.core.perception.geometry import Intrinsics

__all__ = [
    'COLOR_ENCODINGS',
    'MAX_PIXELS',
    'Image',
    'RawImage',
    'bytes_of',
    'decode_color',
    'decode_compressed_color',
    'decode_file',
    'encode_keyframe',
    'fit_intrinsics',
    'pixel_rows',
    'refusal',
]

Image: TypeAlias = NDArray[np.uint8]

#: Largest picture that is decoded; a small file can claim far more (a decompression bomb).
MAX_PIXELS = 32_000_000
#: Largest compressed picture that is looked at [bytes].
MAX_COMPRESSED_BYTES = 64_000_000
#: Largest difference of aspect ratios, relative, at which depth is resampled to the colour size.
ASPECT_TOLERANCE = 0.02

#: Encoding to (type of a channel, channels, conversion to RGB or None). The Bayer patterns of ROS
#: name the first two rows, those of OpenCV the second pixels of rows two and three.
_COLOR: dict[str, tuple[type[np.unsignedinteger[Any]], int, int | None]] = {
    'rgb8': (np.uint8, 3, None),
    'bgr8': (np.uint8, 3, cv2.COLOR_BGR2RGB),
    '8UC3': (np.uint8, 3, cv2.COLOR_BGR2RGB),
    'rgba8': (np.uint8, 4, cv2.COLOR_RGBA2RGB),
    'bgra8': (np.uint8, 4, cv2.COLOR_BGRA2RGB),
    '8UC4': (np.uint8, 4, cv2.COLOR_BGRA2RGB),
    'mono8': (np.uint8, 1, cv2.COLOR_GRAY2RGB),
    '8UC1': (np.uint8, 1, cv2.COLOR_GRAY2RGB),
    '16UC3': (np.uint16, 3, cv2.COLOR_BGR2RGB),
    'rgb16': (np.uint16, 3, None),
    'bgr16': (np.uint16, 3, cv2.COLOR_BGR2RGB),
    'rgba16': (np.uint16, 4, cv2.COLOR_RGBA2RGB),
    'bgra16': (np.uint16, 4, cv2.COLOR_BGRA2RGB),
    'mono16': (np.uint16, 1, cv2.COLOR_GRAY2RGB),
    'yuv422': (np.uint8, 2, cv2.COLOR_YUV2RGB_UYVY),
    'uyvy': (np.uint8, 2, cv2.COLOR_YUV2RGB_UYVY),
    'yuv422_yuy2': (np.uint8, 2, cv2.COLOR_YUV2RGB_YUY2),
    'yuyv': (np.uint8, 2, cv2.COLOR_YUV2RGB_YUY2),
    'bayer_rggb8': (np.uint8, 1, cv2.COLOR_BayerBG2RGB),
    'bayer_bggr8': (np.uint8, 1, cv2.COLOR_BayerRG2RGB),
    'bayer_gbrg8': (np.uint8, 1, cv2.COLOR_BayerGR2RGB),
    'bayer_grbg8': (np.uint8, 1, cv2.COLOR_BayerGB2RGB),
    'bayer_rggb16': (np.uint16, 1, cv2.COLOR_BayerBG2RGB),
    'bayer_bggr16': (np.uint16, 1, cv2.COLOR_BayerRG2RGB),
    'bayer_gbrg16': (np.uint16, 1, cv2.COLOR_BayerGR2RGB),
    'bayer_grbg16': (np.uint16, 1, cv2.COLOR_BayerGB2RGB),
}
#: One plane of brightness over colour of half its height, in one plane or in two.
_PLANAR = {
    'nv12': cv2.COLOR_YUV2RGB_NV12,
    'nv21': cv2.COLOR_YUV2RGB_NV21,
    'i420': cv2.COLOR_YUV2RGB_I420,
    'yv12': cv2.COLOR_YUV2RGB_YV12,
}
COLOR_ENCODINGS = (*_COLOR, *_PLANAR)
#: What drivers write for those, in any case.
_SPELLINGS = {
    **{name.lower(): name for name in COLOR_ENCODINGS},
    'yuy2': 'yuv422_yuy2',
    'yuyv422': 'yuv422_yuy2',
    'uyvy422': 'yuv422',
    'yuv420': 'i420',
    'yuv420p': 'i420',
}

_PNG = b'\x89PNG\r\n\x1a\n'
_JPEG = b'\xff\xd8\xff'
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


def refusal(what: str) -> InvalidObservationError:
    """Return the error that names what of a picture makes no sense."""
    return InvalidObservationError(f'image.{what}')


def _check_size(width: int, height: int) -> None:
    if width < 1 or height < 1:
        raise refusal(f'width and image.height must be at least 1, got {width}x{height}')
    if width * height > MAX_PIXELS:
        raise refusal(f'width x height must be at most {MAX_PIXELS} pixels, got {width}x{height}')


def pixel_rows(image: RawImage, pixel_bytes: int) -> NDArray[np.uint8]:
    """Return the (H, W * pixel_bytes) bytes without padding, as a view of the data."""
    _check_size(image.width, image.height)
    row_bytes = image.width * pixel_bytes
    if image.step < row_bytes:
        raise refusal(
            f'step must be at least {row_bytes} bytes for {image.width} pixels of'
            f' {image.encoding}, got {image.step}'
        )
    try:
        data = np.frombuffer(image.data, dtype=np.uint8)
    except (TypeError, ValueError, BufferError) as error:  # no buffer, or an empty one
        raise refusal(f'data must hold bytes: {error}') from error
    # The last row's padding may be left out.
    needed = image.step * (image.height - 1) + row_bytes
    if data.size < needed:
        raise refusal(
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
    encoding = _SPELLINGS.get(image.encoding[:64].strip().lower())
    if encoding is None:
        raise refusal(
            'encoding must be one of rgb, bgr, rgba, bgra, mono, bayer_* of 8 or 16 bits, yuv422,'
            ' yuv422_yuy2, nv12, nv21, i420 or yv12 for colour,'
            f' got {image.encoding[:64]!r}'
        )
    if encoding in _PLANAR:
        return _decode_planar(image, _PLANAR[encoding])
    kind, channels, conversion = _COLOR[encoding]
    if channels == 2 and image.width % 2:
        raise refusal(f'width must be even for {image.encoding}, got {image.width}')
    rows = pixel_rows(image, channels * np.dtype(kind).itemsize)
    if kind is np.uint16:
        order = '>' if image.is_bigendian else '<'
        wide = np.ascontiguousarray(rows).view(f'{order}u2')
        rows = (wide >> 8).astype(np.uint8)
    pixels = rows.reshape(image.height, image.width, channels)
    if conversion is None:
        return pixels
    try:
        return _as_uint8(cv2.cvtColor(np.ascontiguousarray(pixels), conversion))
    except cv2.error as error:  # a Bayer picture too small to be blended
        raise refusal(f'data could not be converted: {str(error)[:200]}') from error


def _decode_planar(image: RawImage, conversion: int) -> Image:
    try:
        held = memoryview(image.data).nbytes
    except TypeError as error:
        raise refusal(f'data must hold bytes: {error}') from error
    if image.height % 3 == 0 and held == image.step * image.height:
        image = replace(image, height=image.height // 3 * 2)  # the rows of colour were counted too
    if image.width % 2 or image.height % 2:
        raise refusal(
            f'width and image.height must be even for {image.encoding},'
            f' got {image.width}x{image.height}'
        )
    tall = replace(image, height=image.height + image.height // 2)
    planes = np.ascontiguousarray(pixel_rows(tall, 1))
    return _as_uint8(cv2.cvtColor(planes, conversion))


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
    pixels = decode_file(bytes_of(data), flags[reduce] | cv2.IMREAD_IGNORE_ORIENTATION)
    return _as_uint8(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB))


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
        raise refusal(f'of shape {image.shape} could not be encoded as JPEG')
    return encoded.tobytes()


def _as_uint8(pixels: Any) -> Image:
    return np.asarray(pixels, dtype=np.uint8)


def bytes_of(data: Any) -> bytes:
    """Return the bytes of any buffer of a bearable size."""
    try:
        size = memoryview(data).nbytes
    except TypeError as error:
        raise refusal(f'data must hold bytes: {error}') from error
    if size > MAX_COMPRESSED_BYTES:
        raise refusal(f'data must be at most {MAX_COMPRESSED_BYTES} bytes, got {size}')
    return bytes(data)


def decode_file(content: bytes, flags: int) -> NDArray[Any]:
    """Decode a JPEG or PNG whose size and completeness were read off it first."""
    if not content:
        raise refusal('data is empty')
    if content.startswith(_PNG):
        size = _png_size(content)
        complete = _png_is_whole(content)
    elif content.startswith(_JPEG):
        size = _jpeg_size(content)
        complete = b'\xff\xd9' in content[-_TAIL_BYTES:]
    else:
        raise refusal(f'data must be a JPEG or PNG file, starts with {content[:8].hex()}')
    if size is None:
        raise refusal(f'data is truncated or damaged: no size within {len(content)} bytes')
    _check_size(*size)
    if not complete:  # decoders fill the missing rows with grey and do not tell
        raise refusal(f'data is truncated or damaged: no end mark within {len(content)} bytes')
    try:
        pixels = cv2.imdecode(np.frombuffer(content, dtype=np.uint8), flags)
    except cv2.error as error:
        raise refusal(f'data could not be decoded: {str(error)[:200]}') from error
    if pixels is None:
        raise refusal(f'data could not be decoded: {len(content)} bytes, {size[0]}x{size[1]}')
    return np.asarray(pixels)


def _png_size(content: bytes) -> tuple[int, int] | None:
    if len(content) < 24 or content[12:16] != b'IHDR':
        return None
    width, height = struct.unpack('>II', content[16:24])
    return (width, height)


def _png_is_whole(content: bytes) -> bool:
    """Return whether the file is chunks to the last one (PNG, 5.3: length, type, data, CRC)."""
    at = len(_PNG)  # the decoder makes room for what a chunk says that it holds, up to 2 GB
    while at + 12 <= len(content):
        length = int.from_bytes(content[at : at + 4], 'big')
        if content[at + 4 : at + 8] == b'IEND':
            return length == 0
        at += 12 + length
    return False


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
