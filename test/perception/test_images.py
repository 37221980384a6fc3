from __future__ import annotations

import array
import contextlib
import struct
import tracemalloc

import cv2
from depth_codec import rvl
from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

from memory_node.core.errors import InvalidObservationError
from memory_node.core.perception.depth_images import (
    decode_compressed_depth,
    decode_depth,
    DEPTH_ENCODINGS,
    register_depth,
)
from memory_node.core.perception.geometry import Intrinsics
from memory_node.core.perception.images import (
    COLOR_ENCODINGS,
    decode_color,
    decode_compressed_color,
    encode_keyframe,
    fit_intrinsics,
    RawImage,
)

RGB = np.random.default_rng(1).integers(0, 256, (6, 8, 3), dtype=np.uint8)
SMOOTH = cv2.resize(RGB, (64, 48), interpolation=cv2.INTER_CUBIC)


def raw(pixels, encoding, *, pad=0, big=False):
    rows = np.ascontiguousarray(pixels).view(np.uint8).reshape(len(pixels), -1)
    rows = np.pad(rows, ((0, 0), (0, pad)), constant_values=77)
    return RawImage(
        height=pixels.shape[0],
        width=pixels.shape[1],
        encoding=encoding,
        step=rows.shape[1],
        data=array.array('B', rows.tobytes()),  # what rclpy hands over
        is_bigendian=big,
    )


def png(pixels):
    return cv2.imencode('.png', pixels)[1].tobytes()


def jpeg(pixels):
    return cv2.imencode('.jpg', pixels[..., ::-1])[1].tobytes()


def opaque(pixels):
    return np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])


@pytest.mark.parametrize('pad', [0, 5])
@pytest.mark.parametrize(
    ('encoding', 'pixels'),
    [
        ('rgb8', RGB),
        ('bgr8', RGB[..., ::-1]),
        ('8UC3', RGB[..., ::-1]),
        ('rgba8', opaque(RGB)),
        ('bgra8', opaque(RGB[..., ::-1])),
    ],
)
def test_colour_comes_out_as_rgb(encoding, pixels, pad):
    assert np.array_equal(decode_color(raw(pixels, encoding, pad=pad)), RGB)


@pytest.mark.parametrize('encoding', ['mono8', '8UC1'])
def test_grey_comes_out_as_three_equal_channels(encoding):
    gray = RGB[..., 0]
    assert np.array_equal(decode_color(raw(gray, encoding, pad=3)), np.dstack([gray] * 3))


RED = np.full((8, 8, 3), (200, 20, 20), np.uint8)


def _bayer(pattern):
    """Return what a sensor with this pattern of its first two rows measures of RED."""
    mosaic = np.empty(RED.shape[:2], np.uint8)
    for at, letter in enumerate(pattern):
        mosaic[at // 2 :: 2, at % 2 :: 2] = RED[0, 0]['rgb'.index(letter)]
    return mosaic


def _yuv(order):
    """Return RED as pairs of pixels whose bytes come in this order."""
    planes = cv2.cvtColor(RED, cv2.COLOR_RGB2YUV_I420).ravel()
    value = {'y': planes[0], 'u': planes[64], 'v': planes[80]}
    return np.tile(np.array([value[letter] for letter in order], np.uint8), (8, 4)).reshape(8, 16)


def _planar(order):
    planes = cv2.cvtColor(RED, cv2.COLOR_RGB2YUV_I420).ravel()
    value = {'u': planes[64], 'v': planes[80]}
    colour = np.tile(np.array([value[letter] for letter in order], np.uint8), (4, 4))
    return np.vstack([planes[:64].reshape(8, 8), colour])


@pytest.mark.parametrize(
    ('encoding', 'rows'),
    [
        *((f'bayer_{p}8', _bayer(p)) for p in ('rggb', 'bggr', 'gbrg', 'grbg')),
        ('bayer_rggb16', _bayer('rggb').astype('<u2') << 8),
        ('yuv422', _yuv('uyvy')),
        ('uyvy', _yuv('uyvy')),
        ('yuv422_yuy2', _yuv('yuyv')),
        ('yuyv', _yuv('yuyv')),
        ('nv12', _planar('uv')),
        ('nv21', _planar('vu')),
        ('yuy2', _yuv('yuyv')),
        ('YUYV', _yuv('yuyv')),
        ('UYVY422', _yuv('uyvy')),
        ('NV12', _planar('uv')),
        ('i420', cv2.cvtColor(RED, cv2.COLOR_RGB2YUV_I420)),
        ('YV12', cv2.cvtColor(RED, cv2.COLOR_RGB2YUV_YV12)),
        ('RGB8', RED),
        ('16UC3', (RED[..., ::-1].astype('<u2') << 8)),
        ('rgb16', (RED.astype('<u2') << 8)),
        ('bgr16', (RED[..., ::-1].astype('<u2') << 8)),
    ],
)
def test_what_a_camera_calls_its_colours_is_understood(encoding, rows):
    content = np.ascontiguousarray(rows)
    step = content[0].nbytes
    image = RawImage(height=8, width=8, encoding=encoding, step=step, data=content.tobytes())
    assert np.abs(decode_color(image).astype(int) - RED).max() <= 4


def test_a_driver_may_count_the_rows_of_colour_too():
    data = np.ascontiguousarray(_planar('uv')).tobytes()
    tall = RawImage(height=12, width=8, encoding='nv12', step=8, data=data)
    assert decode_color(tall).shape == (8, 8, 3)


@pytest.mark.parametrize('big', [False, True])
def test_sixteen_bits_of_grey_keep_the_upper_eight(big):
    gray = np.array([[0, 255, 40000, 65535]], '>u2' if big else '<u2')
    decoded = decode_color(raw(gray, 'mono16', big=big))
    assert decoded[0, :, 0].tolist() == [0, 0, 156, 255]


@pytest.mark.parametrize(('encoding', 'size'), [('nv12', (3, 8)), ('yuv422', (8, 3))])
def test_shared_colours_need_an_even_size(encoding, size):
    image = RawImage(height=size[0], width=size[1], encoding=encoding, step=64, data=bytes(4096))
    with pytest.raises(InvalidObservationError, match='even'):
        decode_color(image)


def test_rgb8_is_not_copied():
    image = raw(RGB, 'rgb8')
    pixels = decode_color(image)
    image.data[0] ^= 0xFF
    assert pixels[0, 0, 0] == RGB[0, 0, 0] ^ 0xFF
    assert not pixels.flags.writeable


@pytest.mark.parametrize('big', [False, True])
@pytest.mark.parametrize('pad', [0, 3])
def test_depth_in_millimetres_comes_out_in_metres(big, pad):
    mm = np.array([[0, 1000], [65535, 2500]], dtype='>u2' if big else '<u2')
    depth = decode_depth(raw(mm, '16UC1', pad=pad, big=big))
    assert depth.dtype == np.float32
    assert np.array_equal(depth, np.float32([[np.nan, 1.0], [np.nan, 2.5]]), equal_nan=True)


@pytest.mark.parametrize('big', [False, True])
def test_depth_in_metres_stays_and_what_is_no_depth_goes(big):
    metres = np.array([[1.5, np.inf, -np.inf], [np.nan, -2.0, 0.0]], '>f4' if big else '<f4')
    depth = decode_depth(raw(metres, '32FC1', big=big))
    assert depth[0, 0] == 1.5
    assert np.isnan(depth.ravel()[1:]).all()


@pytest.mark.parametrize('encode', [png, lambda rgb: jpeg(rgb)])
def test_compressed_colour_comes_out_as_rgb(encode):
    content = encode(SMOOTH[..., ::-1]) if encode is png else encode(SMOOTH)
    decoded = decode_compressed_color(array.array('B', content))
    assert decoded.shape == SMOOTH.shape
    error = np.abs(decoded.astype(int) - SMOOTH).mean()
    assert error == 0 if encode is png else error < 12


def test_reduced_decoding_gives_the_same_picture_smaller():
    small = decode_compressed_color(jpeg(SMOOTH), reduce=4)
    assert small.shape == (12, 16, 3)
    expected = cv2.resize(SMOOTH, (16, 12), interpolation=cv2.INTER_AREA)
    assert np.abs(small.astype(int) - expected).mean() < 12


def compressed_depth(pixels, quant=(0.0, 0.0)):
    return struct.pack('<iff', 0, *quant) + png(pixels)


def test_compressed_depth_in_millimetres():
    content = compressed_depth(np.array([[0, 1781], [65535, 3493]], np.uint16))
    depth = decode_compressed_depth(content, '16UC1; compressedDepth png')
    assert np.allclose(depth, [[np.nan, 1.781], [np.nan, 3.493]], equal_nan=True)
    assert np.array_equal(
        depth, decode_compressed_depth(content[12:], '16UC1; png compressed'), equal_nan=True
    )


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from([0, 0, 1, 7, 1200, 1203, 1190, 65534]), min_size=1, max_size=60))
def test_depth_as_runs_and_differences_comes_back(values):
    pixels = np.array(values, np.uint16)[None]
    depth = decode_compressed_depth(rvl(pixels), '16UC1; compressedDepth rvl')
    assert np.allclose(np.nan_to_num(depth), pixels * 1e-3)


def test_runs_and_differences_take_no_more_memory_than_their_picture_is_worth():
    body = b'\x11' * 40_000_000  # 80 million numbers, for a picture of one pixel
    tracemalloc.start()
    try:
        with pytest.raises(InvalidObservationError, match='more or fewer pixels'):
            decode_compressed_depth(
                bytes(12) + struct.pack('<II', 1, 1) + body, '16UC1; compressedDepth rvl'
            )
        assert tracemalloc.get_traced_memory()[1] < 4 * len(body)  # copies, and no numbers
    finally:
        tracemalloc.stop()
    with pytest.raises(InvalidObservationError, match='RVL must hold 1 to 8388608 pixels'):
        decode_compressed_depth(
            bytes(12) + struct.pack('<III', 8000, 4000, 0), '16UC1; compressedDepth rvl'
        )


@settings(deadline=None, max_examples=200)
@given(cut=st.integers(0, 80), noise=st.binary(max_size=30), at=st.integers(12, 80))
def test_damaged_runs_are_a_typed_error_or_a_picture(cut, noise, at):
    content = bytearray(rvl(np.arange(120, dtype=np.uint16).reshape(10, 12)))
    content = content[: len(content) - cut]
    content[at : at + len(noise)] = noise
    with contextlib.suppress(InvalidObservationError):
        assert decode_compressed_depth(bytes(content), '16UC1; compressedDepth rvl').ndim == 2


def test_another_unit_of_depth_is_told():
    tenths = np.array([[10000, 25000]], np.uint16)
    assert decode_depth(raw(tenths, '16UC1'), 1e-4)[0].tolist() == pytest.approx([1.0, 2.5])
    packed = decode_compressed_depth(compressed_depth(tenths), '16UC1; compressedDepth', 1e-4)
    assert packed[0].tolist() == pytest.approx([1.0, 2.5])
    millimetres = np.array([[1000.0]], np.float32)
    assert decode_depth(raw(millimetres, '32FC1'), 1e-3)[0, 0] == pytest.approx(1.0)


@given(st.lists(st.floats(0.3, 10.0), min_size=4, max_size=4))
def test_quantised_inverse_depth_comes_back(metres):
    a, b = 100.0 * 101, 1 - 100.0 * 101 / 10.0  # as compressed_depth_image_transport chooses
    inverse = np.round(a / np.array(metres) + b).astype(np.uint16).reshape(2, 2)
    inverse = np.vstack([inverse, [[0, 0]]]).astype(np.uint16)
    depth = decode_compressed_depth(compressed_depth(inverse, (a, b)), '32FC1; compressedDepth')
    assert np.allclose(depth[:2].ravel(), metres, rtol=2e-3)
    assert np.isnan(depth[2]).all()


GOOD = raw(RGB, 'rgb8')


def changed(**fields):
    return RawImage(**{name: fields.get(name, getattr(GOOD, name)) for name in RawImage.__slots__})


@pytest.mark.parametrize(
    ('image', 'named'),
    [
        (changed(width=0), 'width'),
        (changed(height=0), 'height'),
        (changed(height=-4), 'height'),
        (changed(width=2**31, step=2**33), 'pixels'),
        (changed(step=8), 'step'),
        (changed(data=b''), 'data'),
        (changed(data=bytes(6 * 24 - 1)), 'truncated.*144'),
        (changed(data=[1, 2, 3]), 'data'),
        (changed(data=None), 'data'),
        (changed(encoding='yuv9'), "encoding.*'yuv9'"),
        (changed(encoding='x' * 10**6), 'encoding'),
        (changed(encoding='16UC1'), 'encoding'),
        (changed(encoding='bgra8'), 'step'),
    ],
)
def test_an_impossible_image_is_named_and_refused(image, named):
    with pytest.raises(InvalidObservationError, match=named) as refused:
        decode_color(image)
    assert len(str(refused.value)) < 300


def test_colour_is_no_depth():
    with pytest.raises(InvalidObservationError, match="encoding.*'rgb8'"):
        decode_depth(GOOD)


def bomb():
    content = bytearray(png(np.zeros((4, 4), np.uint8)))
    content[16:24] = struct.pack('>II', 60000, 60000)
    return bytes(content)


def jpeg_bomb():
    content = bytearray(jpeg(SMOOTH))
    at = content.index(b'\xff\xc0')
    content[at + 5 : at + 9] = b'\xff\xff\xff\xff'
    return bytes(content)


@pytest.mark.parametrize(
    ('content', 'named'),
    [
        (b'', 'empty'),
        (b'GIF89a' + bytes(50), 'JPEG or PNG'),
        (png(RGB)[:-20], 'truncated'),
        (png(RGB)[:15], 'truncated'),
        (jpeg(SMOOTH)[: len(jpeg(SMOOTH)) // 2], 'truncated'),
        (jpeg(SMOOTH)[:10], 'truncated'),
        (bomb(), 'pixels'),
        (jpeg_bomb(), 'pixels'),
        (None, 'data'),
        (bytes(64_000_001), 'bytes'),
    ],
)
def test_an_impossible_file_is_named_and_refused(content, named):
    with pytest.raises(InvalidObservationError, match=named):
        decode_compressed_color(content)


@pytest.mark.parametrize(
    ('content', 'format', 'named'),
    [
        (compressed_depth(np.ones((2, 2), np.uint16)), 'rgb8; jpeg compressed bgr8', 'format'),
        (compressed_depth(np.ones((2, 2), np.uint8)), '16UC1; compressedDepth png', '16-bit'),
        (bytes(40), '16UC1; compressedDepth rvl', 'RVL'),
        (bytes(5), '16UC1; compressedDepth png', 'PNG'),
        (compressed_depth(np.ones((2, 2), np.uint16)), '32FC1; compressedDepth', 'depthQuantA'),
        (png(np.ones((2, 2), np.uint16)), '32FC1; compressedDepth', 'header'),
    ],
)
def test_impossible_compressed_depth_is_named_and_refused(content, format, named):  # noqa: A002
    with pytest.raises(InvalidObservationError, match=named):
        decode_compressed_depth(content, format)


@settings(max_examples=300, deadline=None)
@given(
    data=st.binary(max_size=400),
    size=st.tuples(st.integers(-1, 40), st.integers(-1, 40), st.integers(-1, 200)),
    encoding=st.sampled_from([*COLOR_ENCODINGS, *DEPTH_ENCODINGS, '', 'bayer_rggb8']),
    big=st.booleans(),
)
def test_any_fields_give_a_picture_or_a_typed_error(data, size, encoding, big):
    height, width, step = size
    image = RawImage(
        height=height, width=width, step=step, encoding=encoding, data=data, is_bigendian=big
    )
    for decode in (decode_color, decode_depth):
        with contextlib.suppress(InvalidObservationError):
            assert decode(image).shape[:2] == (height, width)


@settings(max_examples=300, deadline=None)
@given(
    start=st.sampled_from([b'', png(RGB), jpeg(SMOOTH), compressed_depth(RGB[..., 0])]),
    cut=st.integers(0, 2000),
    noise=st.binary(max_size=60),
    at=st.integers(0, 2000),
    format_=st.sampled_from(['16UC1; compressedDepth png', '32FC1; compressedDepth', '']),
)
def test_any_bytes_give_a_picture_or_a_typed_error(start, cut, noise, at, format_):
    content = bytearray(start[: max(0, len(start) - cut)])
    content[at : at + len(noise)] = noise
    for decode in (decode_compressed_color, lambda c: decode_compressed_depth(c, format_)):
        with contextlib.suppress(InvalidObservationError):
            assert decode(bytes(content)).size > 0


def test_depth_of_another_size_is_resampled_never_blended():
    depth = np.array([[1.0, 5.0], [1.0, 5.0]], np.float32).repeat(60, 0).repeat(80, 1)
    registered = register_depth(depth, 320, 240)
    assert registered.depth_m is not None
    assert registered.depth_m.shape == (240, 320)
    assert set(np.unique(registered.depth_m)) == {1.0, 5.0}
    assert registered.depth_m[120, 159] == 1.0
    assert registered.depth_m[120, 160] == 5.0


def test_depth_of_another_view_is_dropped_with_the_reason():
    registered = register_depth(np.ones((480, 640), np.float32), 1280, 720)
    assert registered.depth_m is None
    assert '640x480' in registered.reason
    assert '1280x720' in registered.reason


def test_intrinsics_follow_the_size_or_are_refused():
    camera = Intrinsics(width=1280, height=960, fx=1000, fy=1000, cx=639.5, cy=479.5)
    assert fit_intrinsics(camera, 640, 480).fx == 500
    assert fit_intrinsics(camera, 1280, 960) is camera
    with pytest.raises(InvalidObservationError, match='1280x960.*1280x720'):
        fit_intrinsics(camera, 1280, 720)


@pytest.mark.parametrize(('shape', 'expected'), [((480, 640), (240, 320)), ((40, 30), (40, 30))])
def test_a_keyframe_is_bounded_in_size(shape, expected):
    image = cv2.resize(RGB, shape[::-1], interpolation=cv2.INTER_CUBIC)
    content = encode_keyframe(image, max_side_px=320)
    assert content[:3] == b'\xff\xd8\xff'
    assert decode_compressed_color(content).shape[:2] == expected
    assert len(encode_keyframe(image, quality=20)) < len(content)
