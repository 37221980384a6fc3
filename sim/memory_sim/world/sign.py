"""What a sign of a world is: lines of text on a plate or board that hangs somewhere."""

from __future__ import annotations

from dataclasses import dataclass

from memory_sim.world.errors import require, require_color, require_finite

__all__ = ['AISLE', 'DOOR_PLATE', 'EXIT', 'KINDS', 'WARD', 'Sign']

DOOR_PLATE = 'door plate'
AISLE = 'aisle'
WARD = 'ward'
EXIT = 'exit'
KINDS = (DOOR_PLATE, AISLE, WARD, EXIT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """A flat upright sign. Its text is ground truth: the judge's, never the memory's."""

    kind: str
    #: From top to bottom, and how high the capitals of each are [m].
    lines: tuple[str, ...]
    letters_m: tuple[float, ...]
    #: Middle of its front [m], and heading of the front's normal about z [rad].
    position: tuple[float, float, float]
    yaw_rad: float
    width_m: float
    height_m: float
    color: str = 'white'
    text_color: str = 'black'
    #: Whether both sides show the text, as where it hangs from the ceiling.
    two_sided: bool = False
    #: Shines by itself.
    lit: bool = False
    #: The room it names; 0 for none.
    room_id: int = 0
    floor: int = 0

    def __post_init__(self) -> None:
        require(self.kind in KINDS, 'sign kind', self.kind, f'one of {", ".join(KINDS)}')
        require(bool(self.lines) and all(self.lines), 'lines', self.lines, 'lines of text')
        require(len(self.letters_m) == len(self.lines), 'letters_m', self.letters_m,
                'one height for each line')  # fmt: skip
        require_finite('sign', (*self.position, self.yaw_rad, self.width_m, *self.letters_m))
        require(min(self.letters_m) > 0.0, 'letters_m', self.letters_m, 'positive heights')
        require(self.width_m > 0.0, 'width_m', self.width_m, 'a positive width')
        require(self.height_m > sum(self.letters_m), 'height_m', self.height_m,
                'more than the lines are high')  # fmt: skip
        require_color('color', self.color)
        require_color('text_color', self.text_color)

    @property
    def text(self) -> str:
        """All lines in one, as people read it out."""
        return ' '.join(self.lines)
