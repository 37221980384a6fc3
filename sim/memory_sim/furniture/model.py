"""What the catalogue says of one kind of furniture, and the colours that many kinds share."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ['OWN', 'SOFT', 'STEEL', 'WHITE', 'WOODS', 'Model', 'model']

WOODS = ('oak', 'walnut', 'pine', 'white', 'cherry')
SOFT = ('red', 'blue', 'gray', 'green', 'beige', 'teal', 'dark blue', 'brown', 'orange')
WHITE = ('white',)
#: Things of many colours, of which none is named.
OWN: tuple[str, ...] = ()
STEEL = ('white', 'gray', 'black')


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One kind of furniture."""

    name: str
    #: What people and detectors call it.
    label: str
    #: Entry of ``memory_sim.furniture.shapes.build``.
    shape: str
    #: Usual depth (front is +x), width and height [m].
    size: tuple[float, float, float]
    #: Colours it may have; none where no single one would be true.
    colors: tuple[str, ...]
    material: str
    #: Meshes in Debian's sweethome3d-furniture as ``library/model``, any of which fits.
    meshes: tuple[str, ...] = ()
    #: Hangs on a wall, its underside at this height [m].
    mount_m: float | None = None
    #: Flat enough for the robot to drive over.
    flat: bool = False


def model(
    name: str,
    size: tuple[float, float, float],
    colors: tuple[str, ...],
    material: str,
    *meshes: str,
    **more: object,
) -> Model:
    """Return a model whose label is its name, and whose shape is its label, unless said."""
    label = str(more.pop('label', name))
    shape = str(more.pop('shape', label))
    return Model(
        name=name, label=label, shape=shape, size=size, colors=colors, material=material,
        meshes=meshes, **more,  # type: ignore[arg-type]
    )  # fmt: skip
