"""What a request names, and the sentences that are left of it without these names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product
import re

from memory_node.core.constraints.base import Constraint
from memory_node.core.language.affordances import things
from memory_node.core.language.noun_phrases import split_name
from memory_node.core.language.places_asked import UNSAYING
from memory_node.core.language.relations import alternatives, patterns, words
from memory_node.core.language.request import Request
from memory_node.core.language.roles import is_adjective
from memory_node.core.language.text import english, is_plural, tokenize
from memory_node.core.language.wordings import BLANKS, Phrase, phrases
from memory_node.core.retrieval.rooms import names_in

__all__ = ['Known', 'Named', 'Sentence', 'in_clauses', 'named_in', 'overlap', 'sentences']

Span = tuple[int, int]

#: Sentences that are tried of one request, and names of it that no thing and no room here has.
_TRIED, _UNKNOWN = 24, 3
#: Things and rooms that a sentence has blanks for; all that are here must stand in one.
_THINGS, _ROOMS = 3, 1
#: Constraints that say nothing of another thing or room.
_OF_ASKER = frozenset(('time', 'near', 'count', 'attribute'))
#: What ends a clause: "where is it hiding, Marge says we have one".
_CLAUSE_END = re.compile(r'(?:[,;.!?]|\s-+)\s+')
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
#: "The whole theatre" is no room of it.
_ALL_OF = re.compile(rf'(?:{alternatives(words("all_of"))}) $', re.IGNORECASE)
#: Before a name that begins so: "the no smoking sign".
_NO = re.compile(rf'(?:{alternatives(words("definite"))}) no $', re.IGNORECASE)
#: After a name that ends in a number: "cabin 14" is no cabin 12.
_NUMBER_AFTER = re.compile(r" \d{1,4}(?=[,.?!;:'’]|$)")
#: Before a time.
_LEADING = re.compile(rf'(?:\W*(?:{patterns("times", "leading")})\b)+\W*', re.IGNORECASE)
#: Before what somebody or something has, and words of its name.
_OWNED, _OWNER_WORDS = re.compile(r"(?<=[^\W_])'s(?= )"), 3
#: What stands between two names: "the counter at gate 1".
_BETWEEN_NAMES = frozenset(words('phrase_ends')) - {'and', 'of', 'for', 'with'}
#: "The closest desk" is no other desk.
_ORDER = frozenset((*words('order', 'nearest'), *words('order', 'farthest')))


@dataclass(frozen=True, slots=True)
class Known:
    """What a memory knows names of."""

    thing: Callable[[str], bool]
    room: Callable[[str], bool]
    #: Whether a thing is called just so.
    exact: Callable[[str], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What a request names, where it stands, and whether a thing or a room here goes by it."""

    span: Span
    name: str
    attributes: tuple[str, ...] = ()
    thing: bool = False
    room: bool = False

    @property
    def text(self) -> str:
        """The name with what is said of it."""
        return ' '.join((*self.attributes, self.name))

    @property
    def here(self) -> bool:
        """Whether a thing or a room here goes by the name."""
        return self.thing or self.room


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A request with blanks for some of its names."""

    text: str
    #: What stood in the blanks.
    names: Mapping[str, Named]
    #: The colour that it has beside its names, and its time, '' where none.
    colour: str = ''
    time: str = ''
    #: Constraints whose words are left out.
    kept: tuple[Constraint, ...] = ()
    #: How many of the names nothing here goes by.
    unknown: int = 0

    @property
    def entered(self) -> int:
        """How many rooms stand where a thing should."""
        return sum(role != 'room' and n.room for role, n in self.names.items())

    @property
    def here(self) -> bool:
        """Whether it has names, and something here goes by each."""
        return bool(self.names) and not self.unknown


def overlap(one: Span, other: Span) -> bool:
    """Tell whether two spans share a character."""
    return one[0] < other[1] and other[0] < one[1]


def named_in(request: Request, known: Known) -> list[Named]:
    """Return the rooms and things that a request names, in order; a longer name comes first."""
    text = request.text
    order = request.order.phrase if request.order is not None else ''
    taken = {*tokenize(order), *_ORDER}
    found = [
        Named(span=span, name=name, thing=True, room=known.room(name))
        for span, name in names_in(text, lambda name: ' ' in name and known.exact(name))
    ]
    said_things = phrases(text)
    whole = [*(n.span for n in found), *(phrase.span for phrase in said_things)]
    found += [n for n in _owners(text, known) if not any(overlap(n.span, s) for s in whole)]
    for phrase in said_things:
        said, name = tokenize(phrase.mention.said), phrase.mention.name
        if set(said) <= UNSAYING or any(overlap(phrase.span, n.span) for n in found):
            continue
        attributes = _looks(phrase, taken)
        span = _last_words(text, phrase.span, len(attributes) + len(name.split()))
        if _NO.search(text[: span[0]]):
            span, name = (span[0] - 3, span[1]), f'no {name}'
        here = known.thing(name) or known.thing(' '.join((*attributes, name)))
        if not here and (inside := _of_room(name, known)):
            name, attributes, here = inside, (), True
            span = _last_words(text, span, len(name.split()))
        found.append(Named(span=span, name=name, attributes=attributes, thing=here))
    found += _asked_for(request, found, known)
    held = [n.span for n in found]
    rooms = [
        Named(span=span, name=name, thing=known.thing(name), room=True)
        for span, name in names_in(text, lambda name: _is_whole(name) and known.room(name))
        if not is_plural(name)  # "I have been wandering the corridors for ages"
        and not any(start <= span[0] and span[1] < stop for start, stop in held)  # "lawn mower"
        and not any(  # "courtyard hall"
            n.span[1] == span[1] and n.name.endswith(f' {name}') for n in found
        )
        and not _ALL_OF.search(text[: span[0]])
    ]
    free = [n for n in found if not any(overlap(n.span, r.span) for r in rooms)]
    kept = (n for n in (*rooms, *free) if not _NUMBER_AFTER.match(text, n.span[1]))
    return sorted(kept, key=lambda n: n.span)


def _of_room(name: str, known: Known) -> str:
    """Return the thing of a name that begins with its room: "workshop sink"; '' where none."""
    words = name.split()
    for end in range(len(words) - 1, 0, -1) if name not in things() else ():  # "pool table"
        thing = ' '.join(words[end:])
        if known.room(' '.join(words[:end])) and known.thing(thing):
            return thing
    return ''


def _is_whole(name: str) -> bool:
    """Tell whether a name has no words at its edges that are none: "the kitchen 's"."""
    words = name.split()
    edges = {words[0], words[-1]} & english().stop_words
    return not edges and _BETWEEN_NAMES.isdisjoint(words) and not {*words} <= UNSAYING


def _asked_for(request: Request, found: Sequence[Named], known: Known) -> Iterator[Named]:
    """Yield what the grammar takes for the name where no phrase has it: "cameras"."""
    name = request.subject.name
    owned = any(word.endswith("'s") for word in request.subject.attributes)
    if name and not owned and known.thing(name):
        for span, said in names_in(request.text, lambda words: words == name.casefold()):
            if not any(overlap(span, n.span) for n in found):
                yield Named(span=span, name=said, thing=True)


def _owners(text: str, known: Known) -> Iterator[Named]:
    """Yield the things here of which a text names what is no thing: "the lamp's colour"."""
    for end in _OWNED.finditer(text):
        words = [*_WORD.finditer(text, 0, end.start())][-_OWNER_WORDS:]
        for first in words:
            name = text[first.start() : end.start()].casefold()
            alone = first is words[-1] and known.thing(name)  # "the sofa's" of a couch
            if alone or known.exact(name):
                yield Named(span=(first.start(), end.start()), name=name, thing=True)
                break


def _looks(phrase: Phrase, taken: set[str]) -> tuple[str, ...]:
    """Return the adjectives right before the name in a phrase, but for words that are taken."""
    words = phrase.mention.said.split()[: -len(phrase.mention.name.split())]
    looks: list[str] = []
    while words and is_adjective(words[-1]) and words[-1] not in taken:
        looks.insert(0, words.pop())
    return tuple(looks)


def _last_words(text: str, span: Span, count: int) -> Span:
    """Return the span of the last words of a span."""
    starts = [m.start() for m in _WORD.finditer(text, *span)]
    return (starts[-count] if count <= len(starts) else span[0], span[1])


def sentences(request: Request, named: Sequence[Named]) -> list[Sentence]:
    """
    Return the sentences that a request may be, with blanks for names, the likeliest first.

    Once with the words of its constraints and once without, as the grammar may have read these
    rightly or not.
    """
    text = request.text
    timed = {c.span: BLANKS['time'] for c in request.constraints if c.NAME == 'time' and c.span}
    stated = tuple(c for c in request.constraints if c.NAME not in _OF_ASKER and c.span)
    named = [n for n in named if not any(overlap(n.span, span) for span in timed)]
    found = list(islice(_filled(text, named, timed, ()), _TRIED))
    if stated:
        cut = timed | {c.span: ' ' for c in stated if c.span}
        left = [n for n in named if not any(overlap(n.span, span) for span in cut)]
        found += islice(_filled(text, left, cut, stated), _TRIED)
    return found


def in_clauses(text: str, named: Sequence[Named]) -> Iterator[Sentence]:
    """Yield runs of the clauses of a text, fewer than all, with a blank for one of its names."""
    ends = [m.end() for m in _CLAUSE_END.finditer(text)]
    starts, ends = [0, *ends], [*ends, len(text)]
    for name in named:
        first = sum(start <= name.span[0] for start in starts) - 1
        for last in range(first, len(ends)):
            run = slice(starts[first], ends[last])
            if name.span[1] <= run.stop and (first or last < len(ends) - 1):
                at = (name.span[0] - run.start, name.span[1] - run.start)
                said = _with_words(text[run], {at: BLANKS['thing']}).rstrip(' ,;')
                yield Sentence(text=said, names={'thing': name}, unknown=int(not name.here))


def _filled(
    text: str, named: Sequence[Named], other: Mapping[Span, str], kept: tuple[Constraint, ...]
) -> Iterator[Sentence]:
    """Yield a text with blanks for its names in every role that they may have."""
    if sum(n.here for n in named) > _THINGS + _ROOMS:
        return  # and the roles that so many could have would never end
    colour, colours = _colour(text, named)
    unknown = [n for n in named if not n.here][:_UNKNOWN]
    choices = [_blanks_of(n, n in unknown) for n in named]
    ranked = sorted(product(*choices), key=lambda roles: _strangers(named, roles))
    for roles in ranked:
        things = [n for n, role in zip(named, roles, strict=True) if role == 'thing']
        rooms = [n for n, role in zip(named, roles, strict=True) if role == 'room']
        strangers = _strangers(named, roles)
        if len(things) > _THINGS or len(rooms) > _ROOMS or strangers > 1:
            continue
        for names in _in_roles(things):
            names |= {'room': rooms[0]} if rooms else {}
            blanks = {n.span: BLANKS[role] for role, n in names.items()}
            yield Sentence(
                text=_with_words(text, {**other, **colours, **blanks}),
                names=names,
                colour=colour,
                time=_time(text, other),
                kept=kept,
                unknown=strangers,
            )


def _blanks_of(named: Named, unknown: bool) -> tuple[str, ...]:
    if named.here:
        return ('room', 'thing') if named.room else ('thing',)
    return ('', 'thing') if unknown else ('',)


def _strangers(named: Sequence[Named], roles: Sequence[str]) -> int:
    return sum(bool(role) and not n.here for n, role in zip(named, roles, strict=True))


def _in_roles(things: Sequence[Named]) -> Iterator[dict[str, Named]]:
    """Yield which of some things is asked for, and which are the others."""
    if not things:
        yield {}
    for asked in things:
        others = [n for n in things if n is not asked]
        yield {'thing': asked, **dict(zip(('other', 'second'), others, strict=False))}


def _time(text: str, other: Mapping[Span, str]) -> str:
    """Return the words of the first time of a text without what leads to it: "since"."""
    said = [text[slice(*span)] for span, word in other.items() if word == BLANKS['time']]
    return _LEADING.sub('', said[0]) if said else ''


def _colour(text: str, named: Sequence[Named]) -> tuple[str, dict[Span, str]]:
    """Return the colour that a text tells beside its names, and where it stands."""
    for span, word in names_in(text, lambda word: word in english().colours):
        if not any(overlap(span, n.span) for n in named) and split_name(f'{word} x')[0]:
            return word, {span: BLANKS['colour']}
    return '', {}


def _with_words(text: str, blanks: Mapping[Span, str]) -> str:
    """Return a text in which other words stand for some spans."""
    end = len(text)
    for (start, stop), word in sorted(blanks.items(), reverse=True):
        if stop <= end:
            text, end = text[:start] + word + text[stop:], start
    return ' '.join(text.split())
