"""Depth packed as compressed_depth_image_transport packs it by run lengths (RVL)."""

from __future__ import annotations

import struct


def rvl(pixels):
    """Encode as compressed_depth_image_transport's rvl_codec.cpp does, nibble by nibble."""
    nibbles = []

    def put(value):
        while True:
            nibble, value = value & 7, value >> 3
            nibbles.append(nibble | 8 if value else nibble)
            if not value:
                return

    flat, at, previous = [int(v) for v in pixels.ravel()], 0, 0
    while at < len(flat):
        zeros = next((i for i, v in enumerate(flat[at:]) if v), len(flat) - at)
        rest = flat[at + zeros :]
        others = next((i for i, v in enumerate(rest) if not v), len(rest))
        put(zeros)
        put(others)
        for value in rest[:others]:
            delta, previous = value - previous, value
            put(2 * delta if delta >= 0 else -2 * delta - 1)
        at += zeros + others
    nibbles += [0] * (-len(nibbles) % 8)
    words = [
        sum(nibble << (28 - 4 * i) for i, nibble in enumerate(nibbles[at : at + 8]))
        for at in range(0, len(nibbles), 8)
    ]
    size = struct.pack('<II', pixels.shape[1], pixels.shape[0])
    return struct.pack('<iff', 0, 0.0, 0.0) + size + struct.pack(f'<{len(words)}I', *words)
