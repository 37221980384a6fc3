"""Names of colours, as people say them, and their sRGB values."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ['COLORS', 'rgb']

_HEX = {
    'beige': 'd9c7a3',
    'black': '2b2b2e',
    'blue': '3f6fb5',
    'brown': '7a5230',
    'cherry': '8c4a2f',
    'chrome': 'b9bec4',
    'cold white': 'eaf2ff',
    'cream': 'efe6d0',
    'dark blue': '27406b',
    'dark gray': '55585c',
    'dark green': '2f5a3c',
    'glass': '9fc4cc',
    'gold': 'c9a040',
    'gray': '9a9c9e',
    'green': '5c9a52',
    'leaf': '3f7a35',
    'light blue': 'b5cfe2',
    'light gray': 'cbccca',
    'light green': 'c6d8b8',
    'oak': 'b98d5b',
    'orange': 'd97f34',
    'pine': 'd6b27a',
    'pink': 'dfa3ae',
    'purple': '7b579c',
    'red': 'b23a32',
    'skin': 'e0b590',
    'soil': '4a3524',
    'teal': '3b8786',
    'terracotta': 'b4623f',
    'turquoise': '63b8b0',
    'walnut': '5d3f28',
    'warm white': 'fff1dc',
    'water': '8fc3d6',
    'white': 'f2f1ee',
    'yellow': 'e3bd46',
}

#: sRGB in 0-1 by name.
COLORS: Mapping[str, tuple[float, float, float]] = MappingProxyType(
    {
        name: (int(h[:2], 16) / 255.0, int(h[2:4], 16) / 255.0, int(h[4:], 16) / 255.0)
        for name, h in _HEX.items()
    }
)


def rgb(name: str) -> tuple[float, float, float]:
    """Return the sRGB value of a colour name, in 0-1."""
    return COLORS[name]
