"""One question of an episode, with everything that makes an answer to it right."""

from __future__ import annotations

from dataclasses import dataclass

from memory_bench.datasets.types import Question
from memory_node.core.data import Vector3
from memory_sim.engines.base import Instance

__all__ = ['FORMS', 'KINDS', 'Case']

#: Kinds of questions, and the forms of each.
FORMS = {
    'explicit': ('name', 'attribute', 'relation'),
    'implicit': ('need',),
    'global': ('room', 'area_use', 'whole'),
    'spatial': ('near', 'area', 'floor', 'near_need'),
    'temporal': ('now', 'yesterday', 'morning'),
    'negative': ('label', 'color', 'absent_need'),
}
KINDS = tuple(FORMS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A question, where the robot stands when it is asked, and what is right."""

    question: Question
    form: str
    #: Where the robot stands [m].
    start: Vector3
    #: Any of these is right, as it was or is at the time that is asked about.
    targets: tuple[Instance, ...] = ()
    #: Of what is asked for near the robot: everything that the nearest are taken from.
    choices: tuple[Instance, ...] = ()
    #: Any of these areas is right, by id.
    areas: frozenset[int] = frozenset()
    #: Where it is positive, this close to one of the question's goals is right instead [m].
    radius_m: float = 0.0
    #: Shortest way from ``start`` to a right place [m]; 0 where no place is asked for.
    shortest_m: float = 0.0
    #: What is right, for people.
    expected: str = ''

    @property
    def worded(self) -> bool:
        """Whether the answer is a text, not a place."""
        return self.form in ('whole', 'room')
