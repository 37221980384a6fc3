"""What a request says: what is wanted, under which constraints, in which order, as what answer."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from memory_node.core.constraints.base import Constraint
    from memory_node.core.constraints.order import Order

__all__ = ['HISTORY', 'AnswerKind', 'Look', 'Request', 'Sort', 'Subject', 'SubjectKind']


class SubjectKind(str, Enum):
    """How a request says what is wanted."""

    #: By name: "the red sofa", "people".
    NAME = 'name'
    #: By what it is for: "somewhere to wash my hands", "I am thirsty".
    NEED = 'need'
    #: By a description of the view, as captions have it.
    VIEW = 'view'
    #: Not at all: "what is on the table?", "anything in the kitchen".
    ANYTHING = 'anything'


class Sort(str, Enum):
    """What sort of thing serves a need."""

    THING = 'thing'
    #: A thing or a room: "a place to relax".
    PLACE = 'place'
    #: A room: "an area to relax in".
    ROOM = 'room'


class AnswerKind(str, Enum):
    """What a question wants to hear."""

    WHERE = 'where'
    EXISTS = 'exists'
    COUNT = 'count'
    #: Which room has the most of them.
    MOST = 'most'
    WHEN = 'when'
    #: What has changed.
    CHANGES = 'changes'
    #: What of it left, and what came.
    GONE = 'gone'
    NEW = 'new'
    #: Whether a thing has been moved, or has stayed.
    MOVED = 'moved'
    STAYED = 'stayed'
    #: How often a thing was seen, where it mostly was, and since when it is there.
    OFTEN = 'often'
    USUAL = 'usual'
    SINCE = 'since'
    #: What a thing looks like: its colour, its material, or whether it is red.
    LOOK = 'look'
    #: How far a thing is from another one, or from who asks.
    DISTANCE = 'distance'
    #: Which of two things is closer to who asks.
    CLOSER = 'closer'
    #: What a sign says.
    SAYS = 'says'
    #: Which things: "what is on the table?".
    WHAT = 'what'
    #: What a place or everything is like.
    DESCRIBE = 'describe'


#: What is told of the past of things, whether they still are there or not.
HISTORY = frozenset(
    (
        AnswerKind.CHANGES,
        AnswerKind.GONE,
        AnswerKind.NEW,
        AnswerKind.MOVED,
        AnswerKind.STAYED,
        AnswerKind.OFTEN,
        AnswerKind.USUAL,
        AnswerKind.SINCE,
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is wanted, without the words of constraints and courtesy."""

    kind: SubjectKind
    #: The words that say it: "red sofa", "wash my hands", the whole description.
    text: str
    #: The name of the thing without its attributes, '' unless ``kind`` is NAME.
    name: str = ''
    #: Names of what is as good: "a chair or a bench".
    others: tuple[str, ...] = ()
    #: Adjectives in front of the name: colour, material, size.
    attributes: tuple[str, ...] = ()
    #: What a named thing is for: "for hot drinks" of "a cup for hot drinks".
    purpose: str = ''
    #: Whether the request speaks of one known thing ("the sofa", "my keys").
    definite: bool = False
    #: Whether the wording asks to go somewhere, so that a room of that name comes before a thing.
    motion: bool = False
    #: Whether it is wished for rather than looked for ("I need a seat"), so that what serves as
    #: well may be meant where nothing goes by the name.
    wished: bool = False
    #: Whether the request says where it was put, so that it is there although never seen.
    put: bool = False
    #: Whether everything is meant: "this building", "the place".
    whole: bool = False
    #: What may serve the need.
    sort: Sort = Sort.THING
    #: Whether it is taken for a need only because no wording says what else it is.
    guessed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What is asked about the look of a thing."""

    #: ``colour`` or ``material``; '' for any.
    aspect: str = ''
    #: Whether it is one of these: "is the sofa red or blue?".
    asked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A text request, read."""

    text: str
    subject: Subject
    constraints: tuple[Constraint, ...] = ()
    order: Order | None = None
    answer: AnswerKind = AnswerKind.WHERE
    #: The sentences around the request, with it: "this coat stinks, where can I wash it?";
    #: '' where there are none.
    around: str = ''
    #: What was assumed to read it: "'sythesizer' is read as 'synthesizer'".
    assumed: tuple[str, ...] = ()
    #: What is asked about the subject, where the answer is ``LOOK``.
    look: Look = Look()
    #: The thing that the subject is compared with, as a request of its own; '' for who asks.
    other: str = ''
