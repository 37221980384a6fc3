"""Build furniture from boxes, cylinders and ellipsoids, where no mesh library is installed."""

from __future__ import annotations

from dataclasses import replace

from memory_sim.furniture.shapes.home import Part, SHAPES
from memory_sim.render.mesh import Finish, fit, Patch
from memory_sim.render.primitives import box, cylinder, ellipsoid, picture
from memory_sim.render.textures import VARIANTS
from memory_sim.render.textures_public import PUBLIC_REPEAT_M
from memory_sim.world.colors import rgb

__all__ = ['build_shape']

Vector3 = tuple[float, float, float]


def build_shape(name: str, size: Vector3, variant: int = 0, *, sides: int = 16) -> list[Patch]:
    """
    Return the patches of a shape, filling ``size`` (depth, width, height) [m] over the origin.

    ``variant`` picks the picture of a shape that shows one, ``sides`` makes cylinders rounder.

    Raises
    ------
    KeyError
        If no shape has this name.

    """
    return fit([_build_part(part, size, variant, sides) for part in SHAPES[name]], size)


def _build_part(part: Part, size: Vector3, variant: int, sides: int) -> Patch:
    low = [f * s for f, s in zip(part.span[:3], size, strict=True)]
    high = [f * s for f, s in zip(part.span[3:], size, strict=True)]
    tinted = part.color == '*'
    texture = part.texture
    if texture in VARIANTS:
        texture = f'{texture} {1 + variant % VARIANTS[texture]}'
    color = (1.0, 1.0, 1.0) if tinted else rgb(part.color)
    finish = Finish(color=color, texture=texture, tinted=tinted)
    if part.kind == 'box':
        return box(low, high, finish, repeat_m=PUBLIC_REPEAT_M.get(texture, 1.0))
    if part.kind == 'cylinder':
        return cylinder(low, high, finish, top=part.top, sides=sides)
    if part.kind == 'ellipsoid':
        return ellipsoid(low, high, finish, sides=3 * sides // 4)
    (x0, y0, z0), (x1, y1, z1) = low, high
    if part.kind == 'pane':  # a lit picture of the outside
        finish = replace(finish, emission=1.0)
    if part.kind in ('picture', 'pane'):
        return picture([(x1, y0, z0), (x1, y1, z0), (x1, y1, z1), (x1, y0, z1)], finish)
    return picture([(x0, y0, z1), (x1, y0, z1), (x1, y1, z1), (x0, y1, z1)], finish)
