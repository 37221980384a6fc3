"""
Messages between a simulator and its process: a JSON header, then plain arrays.

Both sides import this file, the far one under the Python that habitat-sim was built for: it needs
nothing but NumPy, and what it reads is checked, never executed.
"""

from __future__ import annotations

from collections.abc import Mapping
import json
import math
import socket
import struct
from typing import Any

import numpy as np

__all__ = ['Fields', 'WireError', 'receive', 'send']

_PREFIX = struct.Struct('<4sI')
_MAGIC = b'MSH1'
_LONGEST_HEADER = 64 * 1024 * 1024
_LARGEST_ARRAY = 1 << 30
_DTYPES = ('|u1', '<i4', '<i8', '<u4', '<f4', '<f8')

Fields = dict[str, Any]
Arrays = dict[str, Any]


class WireError(Exception):
    """The other side sent something that is no message."""


def send(channel: socket.socket, fields: Mapping[str, Any], **arrays: Any) -> None:
    """
    Send one message.

    Raises
    ------
    ValueError
        If a field is not JSON, or an array is of a type that cannot be sent.
    OSError
        If the other side is gone.

    """
    parts = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    for name, array in parts.items():
        if array.dtype.str not in _DTYPES:
            raise ValueError(f'{name}: cannot send {array.dtype}')
    layout = [[name, array.dtype.str, list(array.shape)] for name, array in parts.items()]
    header = json.dumps({'fields': dict(fields), 'arrays': layout}, allow_nan=False).encode()
    channel.sendall(_PREFIX.pack(_MAGIC, len(header)) + header)
    for array in parts.values():
        channel.sendall(array.reshape(-1).view(np.uint8).data)


def receive(channel: socket.socket) -> tuple[Fields, Arrays]:
    """
    Receive one message: its fields, and its arrays by name.

    Raises
    ------
    EOFError
        If the other side has closed.
    WireError
        If what came is no message.
    OSError
        If the other side is gone or too slow.

    """
    magic, length = _PREFIX.unpack(_read(channel, _PREFIX.size))
    if magic != _MAGIC or length > _LONGEST_HEADER:
        raise WireError(f'expected a message, got {magic!r} and a length of {length}')
    try:
        header = json.loads(bytes(_read(channel, length)))
        fields = header['fields']
        layout = [
            (str(name), str(dtype), tuple(map(int, shape)))
            for name, dtype, shape in header['arrays']
        ]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise WireError(f'not a header: {error!r}') from error
    if not isinstance(fields, dict):
        raise WireError(f'expected fields, got {fields!r:.80}')
    return fields, {name: _array(channel, dtype, shape) for name, dtype, shape in layout}


def _array(channel: socket.socket, dtype: str, shape: tuple[int, ...]) -> Any:
    if dtype not in _DTYPES or any(n < 0 for n in shape):
        raise WireError(f'expected an array, got {dtype!r} of shape {shape}')
    kind = np.dtype(dtype)
    size = math.prod(shape) * kind.itemsize
    if size > _LARGEST_ARRAY:
        raise WireError(f'expected an array of at most {_LARGEST_ARRAY} bytes, got {size}')
    return np.frombuffer(_read(channel, size), dtype=kind).reshape(shape)


def _read(channel: socket.socket, size: int) -> bytearray:
    data = bytearray(size)
    view, done = memoryview(data), 0
    while done < size:
        count = channel.recv_into(view[done:])
        if count == 0:
            raise EOFError('the other side has closed')
        done += count
    return data
