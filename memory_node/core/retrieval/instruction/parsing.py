"""
What an instruction asks for, found by rules: the thing, what it is beside, the area, the floor.

"Go to the bathroom on level 2 with the striped towel and wipe the mirror" has the area
*bathroom*, the floor 2, the landmark *striped towel*, the action *wipe* and the target *mirror*.
The rules need no model and never fail: a text they can't cut is one target phrase.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
import re

from memory_node.core.retrieval.instruction.words import (
    ACTIONS,
    AREA_NOUNS,
    DETERMINERS,
    MAX_WORDS,
    MOTIONS,
    NEGATIONS,
    NUMBERS,
    ORDINALS,
    RELATIONS,
    stem,
    tokenize,
)

__all__ = ['Floor', 'FloorKind', 'ParsedQuery', 'Role', 'TimeSpan', 'parse_query']

_MARKS = frozenset('.,;:!?')
_FILLERS = frozenset({'please', 'then', 'now', 'also', 'just', 'robot', 'hey', 'kindly'})
_FLOOR_NOUNS = frozenset({'level', 'floor', 'story', 'storey'})
_SIDES = frozenset({'north', 'south', 'east', 'west'})


class Role(IntEnum):
    """What a word of the query does."""

    OTHER = 0
    ACTION = 1
    AREA = 2
    TARGET = 3
    LANDMARK = 4
    FLOOR = 5
    NEGATED = 6


class FloorKind(IntEnum):
    """How a floor is named."""

    NUMBER = 0
    BOTTOM = 1
    TOP = 2
    GROUND = 3
    UP = 4
    DOWN = 5


@dataclass(frozen=True, slots=True)
class Floor:
    """A floor: ``number`` counts from the lowest, which is 1, and is 0 for the other kinds."""

    kind: FloorKind
    number: int = 0


@dataclass(frozen=True, slots=True)
class TimeSpan:
    """A span before now: from ``oldest_s`` to ``newest_s`` seconds ago."""

    oldest_s: float
    newest_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedQuery:
    """A request by its parts; every part may be empty except ``words``."""

    text: str
    #: Words in lower case, at most ``MAX_WORDS``, and what each does.
    words: tuple[str, ...]
    roles: tuple[Role, ...]
    action: str = ''
    target: str = ''
    areas: tuple[str, ...] = ()
    landmarks: tuple[str, ...] = ()
    negated: tuple[str, ...] = ()
    floor: Floor | None = None
    #: How many of a thing are named, as (singular noun, number).
    counts: tuple[tuple[str, int], ...] = ()
    #: Cardinal direction from a landmark, or empty.
    direction: str = ''
    #: The request is about what is close to the asker, within ``radius_m`` if that is given.
    near_me: bool = False
    radius_m: float | None = None
    span: TimeSpan | None = None


_FLOOR_WORDS = {
    'lower': FloorKind.BOTTOM,
    'bottom': FloorKind.BOTTOM,
    'lowest': FloorKind.BOTTOM,
    'basement': FloorKind.BOTTOM,
    'upper': FloorKind.TOP,
    'top': FloorKind.TOP,
    'highest': FloorKind.TOP,
    'uppermost': FloorKind.TOP,
    'ground': FloorKind.GROUND,
    'main': FloorKind.GROUND,
}
_FLOOR_ALONE = {
    'upstairs': FloorKind.UP,
    'downstairs': FloorKind.DOWN,
    'basement': FloorKind.BOTTOM,
    'cellar': FloorKind.BOTTOM,
}
_UNITS_S = {'second': 1.0, 'minute': 60.0, 'hour': 3600.0, 'day': 86400.0, 'week': 604800.0}
_AGO = re.compile(r'\b(\d+|an?|one|two|three|four|five|ten) (second|minute|hour|day|week)s? ago\b')
_LAST = re.compile(
    r'\b(?:in|within|during|over) the (?:last|past) (?:(\d+|one|two|three|four|five|ten) )?'
    r'(second|minute|hour|day|week)s?\b'
)
_NEAR_ME = re.compile(r'\b(?:near|close to|closest to|nearest to|around|beside|next to) me\b')
_WITHIN = re.compile(r'\bwithin (\d+(?:\.\d+)?) ?(?:m|meters?|metres?)\b')


def _number(word: str) -> int | None:
    if word.isdecimal() and len(word) < 4:
        return int(word)
    return NUMBERS.get(word, ORDINALS.get(word))


def _floor_at(words: list[str], i: int) -> tuple[Floor, range] | None:
    """Return the floor named around a floor noun or floor adverb at ``i``, and its words."""
    word = words[i]
    before = words[i - 1] if i else ''
    after = words[i + 1] if i + 1 < len(words) else ''
    if word in _FLOOR_NOUNS:
        if before in _FLOOR_WORDS:
            return Floor(_FLOOR_WORDS[before]), range(i - 1, i + 1)
        number = _number(before)
        if number is not None and (before in ORDINALS or word != 'floor' or before.isdecimal()):
            return Floor(FloorKind.NUMBER, number), range(i - 1, i + 1)
        number = _number(after)
        if number is not None:
            return Floor(FloorKind.NUMBER, number), range(i, i + 2)
    elif word in _FLOOR_ALONE:
        return Floor(_FLOOR_ALONE[word]), range(i, i + 1)
    elif word == 'stairs':
        back = words[max(0, i - 2) : i]
        for kind, adverb in ((FloorKind.UP, 'up'), (FloorKind.DOWN, 'down')):
            if adverb in back:
                return Floor(kind), range(i - len(back) + back.index(adverb), i + 1)
    return None


def _find_floor(words: list[str]) -> tuple[Floor | None, set[int]]:
    found: Floor | None = None
    taken: set[int] = set()
    for i in range(len(words)):
        named = _floor_at(words, i)
        if named is not None:
            taken.update(named[1])
            # A number says more than "upstairs", and the first one is about the destination.
            if found is None or (
                found.kind is not FloorKind.NUMBER and named[0].kind is FloorKind.NUMBER
            ):
                found = named[0]
    return found, taken


def _span(text: str) -> TimeSpan | None:
    if match := _AGO.search(text):
        count = 1 if match[1] in ('a', 'an') else _number(match[1]) or 1
        seconds = count * _UNITS_S[match[2]]
        return TimeSpan(oldest_s=1.5 * seconds, newest_s=0.5 * seconds)
    if match := _LAST.search(text):
        count = _number(match[1]) or 1 if match[1] else 1
        return TimeSpan(oldest_s=count * _UNITS_S[match[2]])
    return None


@dataclass(slots=True)
class _Phrase:
    """Words ``start:stop`` behind a relation word or a verb."""

    relation: str
    start: int
    stop: int
    clause: int
    motion: bool
    first: bool


def _clause_starts(tokens: list[str]) -> set[int]:
    """Return where clauses begin: after a mark, and where 'and' or 'then' is before a verb."""
    starts = {0}
    for i, token in enumerate(tokens):
        follows = tokens[i + 1] if i + 1 < len(tokens) else ''
        if token in _MARKS or (
            token in ('and', 'then', 'to') and follows in ACTIONS | MOTIONS | _FILLERS
        ):
            starts.add(i + 1)
    return starts


def _is_verb(tokens: list[str], i: int, clause_open: bool) -> bool:
    """Tell whether a word is the verb of its clause; 'light' and 'water' are also things."""
    word = tokens[i]
    if not clause_open or word not in ACTIONS | MOTIONS:
        return False
    before = tokens[i - 1] if i else ''
    return before not in DETERMINERS - {'i', 'we', 'you', 'they', 'me', 'us'}


def _phrases(tokens: list[str], skip: set[int]) -> tuple[list[_Phrase], list[Role], str]:
    """Cut tokens into phrases; also return first roles (verbs) and the last action."""
    starts = _clause_starts(tokens)
    roles = [Role.OTHER] * len(tokens)
    phrases: list[_Phrase] = []
    clause, motion, waiting, relation, action = 0, False, True, '', ''
    current: _Phrase | None = None
    fresh = True
    for i, token in enumerate(tokens):
        if i in starts:
            clause, waiting, relation, current, motion, fresh = i, True, '', None, False, True
        if token in _MARKS or i in skip:
            current = None
        elif _is_verb(tokens, i, waiting):
            roles[i] = Role.ACTION
            motion, waiting, current, relation = token in MOTIONS, False, None, ''
            action = action if motion else token
        elif token in RELATIONS or token in ('and', 'or', 'then') or token in NEGATIONS:
            current = None
            relation = token if token not in ('and', 'or', 'then') else relation
        elif token not in DETERMINERS and token not in _FILLERS:
            if current is None:
                current = _Phrase(relation, i, i, clause, motion, fresh and not waiting)
                phrases.append(current)
                fresh = fresh and waiting
            current.stop = i + 1
    return phrases, roles, action


def _role_of(phrase: _Phrase, tokens: list[str], acts: bool) -> Role:
    nouns = tokens[phrase.start : phrase.stop]
    if phrase.relation in NEGATIONS:
        return Role.NEGATED
    named_area = any(stem(w) in AREA_NOUNS or w in AREA_NOUNS for w in nouns[-2:])
    if phrase.first and not phrase.motion:
        return Role.TARGET
    if phrase.first:
        return Role.AREA if acts or named_area else Role.TARGET
    if named_area and (RELATIONS.get(phrase.relation, False) or phrase.relation == ''):
        return Role.AREA
    return Role.LANDMARK


def _negate(tokens: list[str], roles: list[Role]) -> None:
    """Mark what follows a negation up to the next relation as not wanted."""
    for i, token in enumerate(tokens):
        if token not in NEGATIONS:
            continue
        for j in range(i + 1, min(i + 6, len(tokens))):
            if tokens[j] in _MARKS or tokens[j] in ('and', 'but') or roles[j] is Role.ACTION:
                break
            if tokens[j] in RELATIONS and roles[j - 1] is Role.NEGATED:
                break
            if roles[j] in (Role.AREA, Role.TARGET, Role.LANDMARK, Role.NEGATED):
                roles[j] = Role.NEGATED


def _counts(tokens: list[str], roles: list[Role]) -> tuple[tuple[str, int], ...]:
    found: dict[str, int] = {}
    for i, token in enumerate(tokens[:-1]):
        number = NUMBERS.get(token, int(token) if token.isdecimal() and len(token) < 3 else 0)
        if not 1 < number <= 20 or roles[i] is Role.FLOOR:
            continue
        for noun in tokens[i + 1 : i + 4]:
            if noun in RELATIONS or noun in _MARKS or noun in DETERMINERS:
                break
            if noun != stem(noun):
                found.setdefault(stem(noun), number)
                break
    return tuple(found.items())


def _spelled(tokens: list[str], roles: list[Role], role: Role) -> tuple[str, ...]:
    """Return the runs of words with a role, joined, in order and each once."""
    runs: list[list[str]] = []
    for i, token in enumerate(tokens):
        if roles[i] is role:
            if i and roles[i - 1] is role and runs:
                runs[-1].append(token)
            else:
                runs.append([token])
    return tuple(dict.fromkeys(' '.join(run) for run in runs))


def parse_query(text: str) -> ParsedQuery:
    """
    Cut a request into its parts by rules.

    Never fails; costs some tens of microseconds. Words beyond ``MAX_WORDS`` are left out.
    """
    tokens = tokenize(text)[: 2 * MAX_WORDS]
    floor, floor_words = _find_floor(tokens)
    phrases, roles, action = _phrases(tokens, floor_words)
    for i in floor_words:
        roles[i] = Role.FLOOR
    acts = bool(action)
    for phrase in phrases:
        role = _role_of(phrase, tokens, acts)
        for i in range(phrase.start, phrase.stop):
            roles[i] = role
    if phrases and Role.TARGET not in roles:
        heads = [p for p in phrases if roles[p.start] is Role.AREA] or phrases
        wanted = heads[0] if not acts else heads[-1]
        if roles[wanted.start] is not Role.AREA:
            roles[wanted.start : wanted.stop] = [Role.TARGET] * (wanted.stop - wanted.start)
    _negate(tokens, roles)
    kept = [i for i, t in enumerate(tokens) if t not in _MARKS][:MAX_WORDS]
    lowered = ' '.join(tokens[i] for i in kept)
    targets = _spelled(tokens, roles, Role.TARGET)
    within = _WITHIN.search(text.casefold())
    return ParsedQuery(
        text=text,
        words=tuple(tokens[i] for i in kept),
        roles=tuple(roles[i] for i in kept),
        action=action,
        target=targets[-1] if targets else '',
        areas=_spelled(tokens, roles, Role.AREA),
        landmarks=_spelled(tokens, roles, Role.LANDMARK) + targets[:-1],
        negated=_spelled(tokens, roles, Role.NEGATED),
        floor=floor,
        counts=_counts(tokens, roles),
        direction=next(
            (a for a, b in zip(tokens, tokens[1:], strict=False) if a in _SIDES and b == 'of'), ''
        ),
        near_me=bool(_NEAR_ME.search(lowered)),
        radius_m=float(within[1]) if within else None,
        span=_span(lowered),
    )
