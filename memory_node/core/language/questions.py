"""Questions about a thing that is known: how it looks, how far it is, whether a room has it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
import re

from memory_node.core.language.cues import Cues
from memory_node.core.language.history import read_history
from memory_node.core.language.relations import alternatives, entry, patterns, words
from memory_node.core.language.request import AnswerKind, Look
from memory_node.core.language.roles import is_adjective
from memory_node.core.language.subjects import without_courtesy
from memory_node.core.language.text import is_plural

__all__ = ['QUESTIONS', 'Question', 'read_question']

#: Longer texts ask for something else as well.
_MOST_WORDS = 24
_WORDS = r"(?:[\w'-]+ ){0,9}?[\w'-]+"
_ADJECTIVES = r'[a-z-]+(?:(?:,|,? or|,? and) [a-z-]+)*'
_SLOTS = {'thing': _WORDS, 'other': _WORDS, 'room': _WORDS, 'look': _ADJECTIVES}
#: Before what another thing has, or stands by.
_BESIDE = rf'(?:{alternatives(words("beside_one"))})\b'
_JOINT = re.compile(r',? or |,? and |, ')
_PRONOUN = re.compile(rf'(?:{alternatives(words("pronouns"))})(?![\w-])', re.IGNORECASE)
_ASKER = re.compile(patterns('asker'), re.IGNORECASE)
_HOW_MANY = re.compile(r'\bhow many\b', re.IGNORECASE)
#: "Does room 201 have a minibar?"
_NUMBER = re.compile(r' \w?\d+\w?$')
_DEFINITE = re.compile(rf'(?:{alternatives(words("definite"))}) ', re.IGNORECASE)


def _compiled(kind: str) -> tuple[re.Pattern[str], ...]:
    found = []
    for pattern in words('questions', kind):
        said = pattern.replace('{it}', str(entry('it'))).replace('{beside}', _BESIDE)
        for slot, form in _SLOTS.items():
            said = said.replace(f'{{{slot}}}', f'(?P<{slot}>{form})')
        found.append(re.compile(rf'\A(?:{said})[ ?.!]*\Z', re.IGNORECASE))
    return tuple(found)


_KINDS = {str(kind): _compiled(str(kind)) for kind in entry('questions')}
#: One of these matches all of such a question.
QUESTIONS = Cues(*chain.from_iterable(_KINDS.values()))
_ANSWERS = {
    'colour': AnswerKind.LOOK,
    'material': AnswerKind.LOOK,
    'look': AnswerKind.LOOK,
    'which': AnswerKind.WHERE,
    'closest': AnswerKind.WHERE,
    'distance': AnswerKind.DISTANCE,
    'between': AnswerKind.DISTANCE,
    'pair': AnswerKind.DISTANCE,
    'closer': AnswerKind.CLOSER,
    'elsewhere': AnswerKind.WHERE,
    'instead': AnswerKind.WHERE,
    'another': AnswerKind.WHERE,
    'having': AnswerKind.EXISTS,
    'counted': AnswerKind.COUNT,
    'number': AnswerKind.COUNT,
    'most': AnswerKind.MOST,
    'whereabouts': AnswerKind.WHERE,
    'holder': AnswerKind.WHERE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked about a thing, and the request that asks for the thing alone."""

    thing: str
    answer: AnswerKind
    look: Look = Look()
    #: The request for what it is compared with, '' for who asks.
    other: str = ''


def read_question(text: str) -> Question | None:
    """Return the question that a text asks about a known thing; None where it asks another."""
    text = without_courtesy(text)
    if text.count(' ') >= _MOST_WORDS or read_history(text):
        return None
    for kind, compiled in _KINDS.items():
        for pattern in compiled:
            match = pattern.fullmatch(text)
            question = _question(kind, match.groupdict()) if match else None
            if question is not None:
                return question
    return None


def _question(kind: str, said: dict[str, str]) -> Question | None:
    """Return a question of a kind; None where its words are of another sort than it wants."""
    thing, other, looks = said['thing'], said.get('other', ''), _looks(said.get('look', ''))
    if looks is None or _PRONOUN.match(thing) or (kind == 'look' and not _DEFINITE.match(thing)):
        return None
    if kind in ('having', 'counted'):
        room, asked = said['room'], 'is there' if kind == 'having' else 'how many'
        if not (_DEFINITE.match(room) or _NUMBER.search(room)):
            return None
        return Question(thing=f'{asked} {thing} in {room}', answer=_ANSWERS[kind])
    if kind == 'most' and not is_plural(thing):
        return None  # "the most comfortable chair"
    if kind in ('number', 'most'):
        if _HOW_MANY.search(thing):
            return None  # what it would ask is this question again
        thing = f'how many {thing}'
    if kind == 'whereabouts':
        if not _DEFINITE.match(thing):
            return None
        thing, other = f'where is {thing} {other or ""}'.strip(), ''
    if kind == 'instead':
        thing, other = f'{thing} {other}', ''
    if kind == 'elsewhere':
        thing = f'{thing} that is not {said["room"]}'
    if kind == 'another':
        denied = f'that is not {other or " ".join(looks)}'.replace('that is not with ', 'without ')
        thing, other, looks = f'{thing} {denied}', '', ()
    if kind == 'closest':
        thing, other = f'the {_DEFINITE.sub("", thing, count=1)} closest to {other}', ''
    if kind == 'pair':
        thing = other = f'the {thing}'
    if kind == 'which':
        thing, looks = f'the {" ".join(looks)} {_DEFINITE.sub("", thing, count=1)}', ()
    other = '' if _ASKER.fullmatch(other) else other
    aspect = kind if kind in ('colour', 'material') else ''
    return Question(
        thing=thing, answer=_ANSWERS[kind], look=Look(aspect=aspect, asked=looks), other=other
    )


def _looks(said: str) -> tuple[str, ...] | None:
    """Return the adjectives in some words; None where one is no adjective."""
    found = tuple(_JOINT.split(said.casefold())) if said else ()
    return found if all(map(is_adjective, found)) else None
