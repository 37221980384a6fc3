"""Depth packed as compressed_depth_image_transport packs it by run lengths (RVL)."""

from __future__ import annotations

import struct

import numpy as np


def rvl(pixels):
    """Encode as compressed_depth_image_transport's rvl_codec.cpp does, nibble by nibble."""
    nibbles = []

    def put(value):
        while True:
            nibble, value = value & 7, value >> 3
            nibbles.append(nibble | 8 if value else nibble)
            if not value:
                return

    previous, at = 0, 0
    edges = np.flatnonzero(np.diff(np.concatenate([[0], pixels.ravel() != 0, [0]]).astype(int)))
    flat = pixels.ravel().tolist()
    for start, stop in edges.reshape(-1, 2).tolist():
        put(start - at)
        put(stop - start)
        for value in flat[start:stop]:
            delta, previous = value - previous, value
            put(2 * delta if delta >= 0 else -2 * delta - 1)
        at = stop
    if at < len(flat):
        put(len(flat) - at)
        put(0)
    nibbles += [0] * (-len(nibbles) % 8)
    words = [
        sum(nibble << (28 - 4 * i) for i, nibble in enumerate(nibbles[at : at + 8]))
        for at in range(0, len(nibbles), 8)
    ]
    size = struct.pack('<II', pixels.shape[1], pixels.shape[0])
    return struct.pack('<iff', 0, 0.0, 0.0) + size + struct.pack(f'<{len(words)}I', *words)
