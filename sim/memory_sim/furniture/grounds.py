"""Put things on a piece of open ground, where nothing else stands yet."""

from __future__ import annotations

from dataclasses import dataclass, field
import math

import numpy as np

from memory_sim.furniture.catalogue.home import CATALOGUE
from memory_sim.world.model import Room, WorldObject

__all__ = ['Grounds']

Rect = tuple[float, float, float, float]
Vector3 = tuple[float, float, float]

#: Room that a robot keeps between two things [m].
_GAP_M = 0.6


@dataclass(slots=True)
class Grounds:
    """One region under the open sky while things are put on it."""

    room: Room
    rng: np.random.Generator
    #: All things of the world; new ones are appended.
    objects: list[WorldObject]
    _taken: list[Rect] = field(default_factory=list)

    def put(
        self,
        name: str,
        x: float,
        y: float,
        yaw: float = 0.0,
        *,
        size: Vector3 | None = None,
        color: str = '',
        touching: bool = False,
        z: float = 0.0,
    ) -> WorldObject | None:
        """
        Stand a thing on the ground, or return None if it would stand in another or outside.

        Parameters
        ----------
        name
            Entry of the catalogue.
        x, y, yaw
            Where, and heading of its front [m, rad].
        size, color
            Its own, or drawn from the catalogue's.
        touching
            Whether it may stand close to others, as chairs do at a table.
        z
            Height of its underside above the ground [m].

        """
        model = CATALOGUE[name]
        if size is None:
            # Few sizes, so that equal trees are built once.
            scale = float(self.rng.choice((0.94, 1.0, 1.08))) if not model.flat else 1.0
            d, w, h = (round(v * scale, 2) for v in model.size)
            size = (d, w, h)
        if not color and model.colors:
            color = str(self.rng.choice(model.colors))
        rect = _footprint(x, y, yaw, size)
        x0, y0, x1, y1 = self.room.bounds
        if rect[0] < x0 or rect[1] < y0 or rect[2] > x1 or rect[3] > y1:
            return None
        gap = 0.02 if touching else _GAP_M
        if not model.flat and any(_near(rect, other, gap) for other in self._taken):
            return None
        thing = WorldObject(
            id=len(self.objects) + 1, label=model.label, model=name,
            position=(round(x, 2), round(y, 2), z if not model.flat else 0.002),
            yaw_rad=round(math.remainder(yaw, 2 * math.pi), 6), size=size, color=color,
            material=model.material, region_id=self.room.id,
        )  # fmt: skip
        self.objects.append(thing)
        if not model.flat:
            self._taken.append(rect)
        return thing

    def scatter(self, names: tuple[str, ...], count: int, margin_m: float = 2.0) -> None:
        """Stand things at random places of the ground."""
        x0, y0, x1, y1 = self.room.bounds
        if x1 - x0 <= 2 * margin_m or y1 - y0 <= 2 * margin_m:
            return
        for i in range(count):
            for _ in range(6):
                x = float(self.rng.uniform(x0 + margin_m, x1 - margin_m))
                y = float(self.rng.uniform(y0 + margin_m, y1 - margin_m))
                turn = float(self.rng.choice([0.0, 0.5, 1.0, 1.5])) * math.pi
                if self.put(names[i % len(names)], x, y, turn) is not None:
                    break

    def keep(self, rect: Rect) -> None:
        """Let nothing stand on a part of the ground."""
        self._taken.append(rect)


def _footprint(x: float, y: float, yaw: float, size: Vector3) -> Rect:
    c, s = abs(math.cos(yaw)), abs(math.sin(yaw))
    half_x = 0.5 * (c * size[0] + s * size[1])
    half_y = 0.5 * (s * size[0] + c * size[1])
    return x - half_x, y - half_y, x + half_x, y + half_y


def _near(a: Rect, b: Rect, gap: float) -> bool:
    return a[0] < b[2] + gap and b[0] < a[2] + gap and a[1] < b[3] + gap and b[1] < a[3] + gap
