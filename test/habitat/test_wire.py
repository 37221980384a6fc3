from __future__ import annotations

from collections.abc import Iterator
import json
import socket
import struct

from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

from memory_sim.engines.habitat import wire

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    near, far = socket.socketpair()
    near.settimeout(5.0)
    far.settimeout(5.0)
    with near, far:
        yield near, far


def header(**content: object) -> bytes:
    data = json.dumps(content).encode()
    return struct.pack('<4sI', b'MSH1', len(data)) + data


def test_fields_and_arrays_arrive_as_they_were_sent(pair: Pair) -> None:
    near, far = pair
    depth = np.arange(12, dtype=np.float32).reshape(3, 4)
    flipped = depth[::-1]  # not contiguous
    wire.send(near, {'request': 'render', 'n': 3}, depth=flipped, ids=np.array([[7]], np.int32))
    fields, arrays = wire.receive(far)
    assert fields == {'request': 'render', 'n': 3}
    np.testing.assert_array_equal(arrays['depth'], flipped)
    assert arrays['depth'].dtype == np.float32
    assert arrays['ids'].tolist() == [[7]]


def test_empty_arrays_keep_their_shape(pair: Pair) -> None:
    near, far = pair
    wire.send(near, {}, boxes=np.empty((0, 6)))
    assert wire.receive(far)[1]['boxes'].shape == (0, 6)


def test_what_cannot_be_sent_is_refused_before_anything_is(pair: Pair) -> None:
    near, far = pair
    with pytest.raises(ValueError, match='names: cannot send'):
        wire.send(near, {}, names=np.array(['a']))
    with pytest.raises(ValueError, match='not JSON compliant'):
        wire.send(near, {'x': float('nan')})
    wire.send(near, {'after': 1})
    assert wire.receive(far)[0] == {'after': 1}


def test_a_closed_channel_is_the_end(pair: Pair) -> None:
    near, far = pair
    near.close()
    with pytest.raises(EOFError):
        wire.receive(far)


@pytest.mark.parametrize(
    'data',
    [
        b'GET / HTTP/1.1\r\n',
        struct.pack('<4sI', b'MSH1', 2**31),
        struct.pack('<4sI', b'MSH1', 4) + b'none',
        header(fields=[], arrays=[]),
        header(fields={}),
        header(fields={}, arrays=[['a', '|O', [1]]]),
        header(fields={}, arrays=[['a', '<f8', [-1]]]),
        header(fields={}, arrays=[['a', '<f8', [2**20, 2**20]]]),
        header(fields={}, arrays=[['a', '<f8', ['x']]]),
        header(fields={}, arrays=[['a', '<f8']]),
    ],
)
def test_what_is_no_message_is_refused(pair: Pair, data: bytes) -> None:
    near, far = pair
    near.sendall(data)
    near.shutdown(socket.SHUT_WR)
    with pytest.raises((wire.WireError, EOFError)):
        wire.receive(far)


@settings(deadline=None, max_examples=100)
@given(data=st.binary(max_size=200), start=st.booleans())
def test_any_bytes_are_a_message_or_an_error(data: bytes, start: bool) -> None:
    near, far = socket.socketpair()
    with near, far:
        far.settimeout(5.0)
        near.sendall((struct.pack('<4sI', b'MSH1', len(data)) if start else b'') + data)
        near.shutdown(socket.SHUT_WR)
        try:
            fields, arrays = wire.receive(far)
        except (wire.WireError, EOFError):
            return
        assert isinstance(fields, dict)
        assert isinstance(arrays, dict)
