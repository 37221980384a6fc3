"""Draw a whole world from a kind and a seed, the same one each time."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args, Literal
import zlib

import numpy as np

from memory_sim.world.build import build
from memory_sim.world.errors import WorldError
from memory_sim.world.kinds import kind_module, kind_names
from memory_sim.world.model import World

__all__ = ['WORLD_KINDS', 'WorldSize', 'generate_world']

#: Kinds of world that can be generated.
WORLD_KINDS = kind_names()

#: How large a world of a kind is; every kind has its own idea of it.
WorldSize = Literal['small', 'medium', 'large']


def generate_world(kind: str, seed: int, size: WorldSize = 'medium') -> World:
    """
    Return the furnished world of this kind and seed.

    Parameters
    ----------
    kind
        One of ``WORLD_KINDS``.
    seed
        At least 0. Equal arguments give equal worlds, down to the byte of their file.
    size
        ``'small'``, ``'medium'`` or ``'large'``: how many rooms, aisles or blocks.

    Raises
    ------
    WorldError
        If the kind or the size is unknown or the seed negative.

    """
    if kind not in WORLD_KINDS:
        raise WorldError(f'kind: expected one of {", ".join(WORLD_KINDS)}, got {kind!r}')
    if seed < 0:
        raise WorldError(f'seed: expected at least 0, got {seed!r}')
    if size not in get_args(WorldSize):
        raise WorldError(f'size: expected one of {", ".join(get_args(WorldSize))}, got {size!r}')
    words = [zlib.crc32(kind.encode()), seed]
    if size != 'medium':
        words.append(zlib.crc32(size.encode()))
    rng = np.random.default_rng(words)
    suffix = '' if size == 'medium' else f' {size}'
    module = kind_module(kind)
    if hasattr(module, 'plan'):
        world = build(kind, module.plan, size, rng)
    else:
        world = module.generate(kind, size, rng)
    return replace(world, name=f'{kind} {seed}{suffix}', seed=seed)
