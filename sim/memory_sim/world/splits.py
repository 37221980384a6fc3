"""
The official worlds: what is compared on, and the seeds that nobody tunes on.

Seeds from ``HELD_OUT`` are for final numbers. Nothing refuses them; who reports a figure says
whether the worlds behind it were held out.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import get_args, NamedTuple

from memory_sim.world.errors import WorldError
from memory_sim.world.generate import generate_world, WORLD_KINDS, WorldSize
from memory_sim.world.model import World
from memory_sim.world.signs import with_signs

__all__ = ['HELD_OUT', 'OFFICIAL', 'OfficialWorld', 'is_held_out', 'parse_world_name']

#: Seeds of worlds that nobody tunes on.
HELD_OUT = range(9000, 10_000)
#: How the name of a world with signs ends.
_SIGNS = ':signs'


class OfficialWorld(NamedTuple):
    """One world by kind, seed and size, with or without signs."""

    kind: str
    seed: int
    size: WorldSize = 'medium'
    signs: bool = False

    @property
    def name(self) -> str:
        """``kind:seed``, ``:size`` unless it is medium, ``:signs`` where it has some."""
        size = '' if self.size == 'medium' else f':{self.size}'
        return f'{self.kind}:{self.seed}{size}{_SIGNS if self.signs else ""}'

    def generate(self) -> World:
        """Return the world; ``WorldError`` where its kind has no signs and some are wanted."""
        world = generate_world(self.kind, self.seed, self.size)
        return with_signs(world) if self.signs else world


def _three_of(kinds: Iterable[str]) -> tuple[OfficialWorld, ...]:
    sizes: tuple[WorldSize, ...] = get_args(WorldSize)
    return tuple(
        OfficialWorld(kind, 101 + k, size) for kind in kinds for k, size in enumerate(sizes)
    )


#: Three of every kind: about 10 topological nodes in the smallest apartment, if they stand some
#: metres apart, and about 3,000 on the largest campus.
OFFICIAL: tuple[OfficialWorld, ...] = _three_of(WORLD_KINDS)


def is_held_out(seed: int) -> bool:
    """Whether nobody tunes on worlds of this seed."""
    return seed in HELD_OUT


def parse_world_name(name: str) -> OfficialWorld | None:
    """
    Return the world of ``kind:seed`` or ``kind:seed:size``, or None for a name of another form.

    Either may end in ``:signs``.

    Raises
    ------
    WorldError
        If the form is right, and the kind, the seed or the size is not.

    """
    signs = name.endswith(_SIGNS)
    kind, *rest = name.removesuffix(_SIGNS).split(':')
    if not rest or len(rest) > 2 or kind not in WORLD_KINDS:
        if rest and '/' not in name and '.' not in name:
            raise WorldError(f'world: expected kind:seed with a kind of '
                             f'{", ".join(WORLD_KINDS)}, got {name!r}')  # fmt: skip
        return None
    if not (rest[0].isascii() and rest[0].isdigit()):
        raise WorldError(f'seed: expected a whole number of at least 0, got {rest[0]!r}')
    size = rest[1] if len(rest) == 2 else 'medium'
    if size not in get_args(WorldSize):
        raise WorldError(f'size: expected one of {", ".join(get_args(WorldSize))}, got {size!r}')
    return OfficialWorld(kind, int(rest[0]), size, signs)  # type: ignore[arg-type]
