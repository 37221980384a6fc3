"""Hangs signs in a world that was generated without; nothing else in it changes."""

from __future__ import annotations

from dataclasses import replace
import zlib

import numpy as np

from memory_sim.world.door_plates import hang_plates
from memory_sim.world.errors import WorldError
from memory_sim.world.model import World
from memory_sim.world.overhead_signs import hang_aisles, hang_exits, hang_wards

__all__ = ['SIGNED_KINDS', 'with_signs']

#: Kinds of world that have signs when asked for: nobody labels the rooms of a home.
SIGNED_KINDS = ('hospital', 'museum', 'office', 'school', 'supermarket', 'warehouse')


def with_signs(world: World) -> World:
    """
    Return a world with plates beside its doors, and signs overhead; equal worlds get equal ones.

    Raises
    ------
    WorldError
        If worlds of this kind have no signs.

    """
    if world.kind not in SIGNED_KINDS:
        raise WorldError(
            f'signs: expected a world of kind {", ".join(SIGNED_KINDS)}, got {world.kind!r}'
        )
    rng = np.random.default_rng([zlib.crc32(b'signs'), zlib.crc32(world.name.encode())])
    signs = hang_plates(world, rng) + hang_aisles(world) + hang_exits(world)
    if world.kind == 'hospital':
        signs += hang_wards(world)
    return replace(world, signs=tuple(signs))
