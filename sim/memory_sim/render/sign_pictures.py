"""Signs as textures and triangles: the text drawn on a board, the board put in its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
import math

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from memory_sim.render.mesh import Finish, Patch
from memory_sim.render.primitives import picture, quad
from memory_sim.world.colors import rgb
from memory_sim.world.sign import Sign
from memory_sim.world.sign_board import CAPITAL_SIZE, typeface

__all__ = ['build_signs', 'draw_sign', 'is_sign', 'sign_textures']

_PREFIX = 'sign '
#: How thick a board is; behind it is the wall, or its other side [m].
_THICK_M = 0.012
#: Texture pixels along a metre, within limits: a pixel of a camera 0.4 m away is about as large.
_TEXELS_PER_M = 900
_SMALLEST, _LARGEST = 128, 1024
#: Drawn so many times larger, then averaged.
_OVERSAMPLED = 4
_RIM = Finish(color=rgb('light gray'))


def is_sign(texture: str) -> bool:
    """Whether a texture is the front of a sign."""
    return texture.startswith(_PREFIX)


def sign_textures(signs: Sequence[Sign]) -> Mapping[str, NDArray[np.uint8]]:
    """Return the square (S, S, 3) pictures of signs by the name of their texture."""
    return {name: _squared(sign) for name, sign in {_name(s): s for s in signs}.items()}


def build_signs(signs: Sequence[Sign]) -> list[Patch]:
    """Return the boards, in the frame ``map``."""
    return [patch for sign in signs for patch in _board(sign)]


def draw_sign(sign: Sign, pixels_per_m: float) -> NDArray[np.uint8]:
    """Return the (H, W, 3) sRGB picture of a sign's front."""
    scale = _OVERSAMPLED * pixels_per_m
    size = max(1, round(scale * sign.width_m)), max(1, round(scale * sign.height_m))
    board = Image.new('RGB', size, _color(sign.color))
    draw = ImageDraw.Draw(board)
    rim = max(1, round(0.004 * scale))
    draw.rectangle((0, 0, size[0] - 1, size[1] - 1), outline=_color('gray'), width=rim)
    letters = sign.letters_m
    down = 0.5 * (sign.height_m - sum(letters) - 0.8 * sum(letters[1:]))
    for i, (line, letter_m) in enumerate(zip(sign.lines, letters, strict=True)):
        down += (1.8 if i else 1.0) * letter_m
        font = typeface(max(1, round(scale * letter_m / CAPITAL_SIZE)))
        where = (0.5 * size[0], scale * down)
        draw.text(where, line, font=font, fill=_color(sign.text_color), anchor='ms')
    wanted = (max(1, size[0] // _OVERSAMPLED), max(1, size[1] // _OVERSAMPLED))
    drawn: NDArray[np.uint8] = cv2.resize(
        np.asarray(board), wanted, interpolation=cv2.INTER_AREA
    ).astype(np.uint8)
    return drawn


def _squared(sign: Sign) -> NDArray[np.uint8]:
    longest = max(sign.width_m, sign.height_m)
    side = _SMALLEST
    while side < min(_LARGEST, longest * _TEXELS_PER_M):
        side *= 2
    front = draw_sign(sign, side / longest)
    squared: NDArray[np.uint8] = cv2.resize(
        front, (side, side), interpolation=cv2.INTER_LINEAR
    ).astype(np.uint8)
    return squared


def _board(sign: Sign) -> list[Patch]:
    nx, ny = math.cos(sign.yaw_rad), math.sin(sign.yaw_rad)
    finish = Finish(color=(1.0, 1.0, 1.0), texture=_name(sign), emission=0.8 if sign.lit else 0.0)
    half_w, half_h = 0.5 * sign.width_m, 0.5 * sign.height_m

    def corner(right: float, up: float, back: float) -> list[float]:
        # Who looks at the front has (-ny, nx) on the right.
        x, y, z = sign.position
        side = half_w * right
        return [x - ny * side - nx * back, y + nx * side - ny * back, z + half_h * up]

    around = ((-1, -1), (1, -1), (1, 1), (-1, 1))
    front = [corner(right, up, 0.0) for right, up in around]
    back = [corner(right, up, _THICK_M) for right, up in around]
    patches = [picture(front, finish)]
    for i in range(4):
        j = (i + 1) % 4
        patches.append(quad([back[i], back[j], front[j], front[i]], _RIM))
    if sign.two_sided:
        patches.append(picture([back[1], back[0], back[3], back[2]], finish))
    return patches


def _name(sign: Sign) -> str:
    look = (sign.color, sign.text_color, sign.width_m, sign.height_m, *sign.letters_m)
    return f'{_PREFIX}{" / ".join(sign.lines)} {" ".join(map(str, look))}'


def _color(name: str) -> tuple[int, int, int]:
    r, g, b = (round(255 * value) for value in rgb(name))
    return r, g, b
