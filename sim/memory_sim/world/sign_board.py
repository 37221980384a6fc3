"""How large a plate is for what it says, in the typeface that signs are drawn with."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from PIL import ImageFont

__all__ = ['CAPITAL_SIZE', 'board_size', 'text_width', 'typeface']

#: Size of the typeface in which widths are measured [pixels].
_MEASURED = 200


@cache
def typeface(size: int) -> ImageFont.FreeTypeFont:
    """Return Aileron (CC0) in a size, which Pillow carries: equal on every machine."""
    font = ImageFont.load_default(size)
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise RuntimeError('Pillow was built without FreeType: signs cannot be drawn')
    return font


@cache
def _capital_share() -> float:
    top, bottom = typeface(_MEASURED).getbbox('H')[1::2]
    return float(bottom - top) / _MEASURED


#: Height of a capital as part of the size of the typeface.
CAPITAL_SIZE = _capital_share()


def text_width(text: str) -> float:
    """Return how wide a line is, in heights of its capitals."""
    return typeface(_MEASURED).getlength(text) / (CAPITAL_SIZE * _MEASURED)


def board_size(lines: Sequence[str], letters_m: Sequence[float]) -> tuple[float, float]:
    """Return width and height of a board with a margin of a letter, in whole centimetres [m]."""
    margin = max(letters_m)
    width = max(text_width(t) * h for t, h in zip(lines, letters_m, strict=True))
    height = sum(letters_m) + 0.8 * sum(letters_m[1:])
    return round(width + 2 * margin, 2), round(height + 2 * margin, 2)
