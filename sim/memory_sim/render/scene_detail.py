"""How finely a world is drawn: homes in full, halls and campuses with larger triangles."""

from __future__ import annotations

from dataclasses import dataclass
import math

from memory_sim.world.model import World

__all__ = ['SceneDetail', 'detail_of']

#: Floor that is drawn in full detail [m2], and the coarsest scale.
_FULL_M2 = 250.0
_COARSEST = 12.0
#: From this scale on things are seen from afar.
_OUTDOORS = 5.0
#: Things up to this many keep their meshes; more share a budget of triangles.
_FEW_THINGS = 120
_TRIANGLES = 900_000
#: Sizes that meshes are kept in, so that each is simplified once and not once a world.
_BUDGETS = (500, 1_500, 4_000, 12_000)


@dataclass(frozen=True, slots=True)
class SceneDetail:
    """Resolution of a scene."""

    #: Times as long as a home's are edges of triangles and cells of light.
    scale: float
    #: Most triangles of one mesh; 0 for shapes instead of meshes.
    mesh_triangles: int

    @property
    def sides(self) -> int:
        """How many sides a cylinder has."""
        return 16 if self.scale < _OUTDOORS else 8

    @property
    def structure_edge_m(self) -> float:
        """Longest edge of floors and walls, so that light can change across it."""
        return 0.3 * self.scale

    def object_edge_m(self, size: tuple[float, float, float]) -> float:
        """Return the longest edge for an object of this size [m]."""
        if self.scale >= _OUTDOORS:
            return max(2.0, max(size) / 4.0)
        return max(0.35 * min(self.scale, 3.0), max(size) / 6.0)


def detail_of(world: World) -> SceneDetail:
    """Return the detail that keeps a world's memory and light affordable."""
    area = sum(room.area_m2 for room in world.rooms)
    scale = min(_COARSEST, max(1.0, math.sqrt(area / _FULL_M2)))
    count = len(world.objects)
    share = _BUDGETS[-1] if count <= _FEW_THINGS else _TRIANGLES // count
    budget = max((b for b in _BUDGETS if b <= share), default=_BUDGETS[0])
    return SceneDetail(scale, budget if scale < _OUTDOORS else 0)
