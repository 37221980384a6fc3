"""
Conditions found in a request by rules: no model, no failure, some tens of microseconds.

Each rule takes its words away from those that follow, so "in the morning" is never an area.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
import re

from memory_node.core.constraints.conditions import Condition, Kind, Order, Reading
from memory_node.core.constraints.times import Clock, windows
from memory_node.core.lexical import STOP_WORDS
from memory_node.core.ranking.parsing import Floor, FloorKind
from memory_node.core.ranking.words import AREA_NOUNS, MOTIONS, NUMBERS, ORDINALS, stem

__all__ = ['MAX_CONDITIONS', 'OR', 'distance_m', 'read']

#: More conditions than this in one request only cost time.
MAX_CONDITIONS = 16
_TAKEN = '\x1f'
#: Between areas of which any will do.
OR = ' or '
_STOP = (
    'in|inside|within|on|onto|at|near|nearby|by|next|beside|behind|under|underneath|beneath|below|'
    'above|over|opposite|across|around|against|and|or|but|that|which|who|where|is|are|was|were|'
    'be|been|with|without|from|to|of|not|no|please|now|then|has|have|had|having|closest|nearest|'
    'farthest|furthest|for|so|if|did|do|does|you|i|we|it|there|here|this|last|adjacent|between|'
    'containing|except|other|than|when|while|how|what|outside|upstairs|downstairs|seen'
)
_WORD = rf"(?!(?:{_STOP})\b)[^\W_][\w'’-]*"
_DET = r'(?:(?:the|a|an|my|our|your|any|some|his|her|their|that|this|one of the)\s+)?'
#: A thing or an area in up to four words.
_NP = rf'{_DET}(?P<np>{_WORD}(?:\s+{_WORD}){{0,3}})'
_PLACES = rf'{_NP}(?:\s+(?:or|nor)\s+(?:in\s+|on\s+)?{_DET}(?P<or>{_WORD}(?:\s+{_WORD}){{0,3}}))?'
_NOT = (
    r'(?:(?:\b(?:that|which|who)\s+)?(?:\b(?:is|are|was|were|stands?)\s*)?'
    r"(?:\bnot\s+|(?<=[a-z])n['’]t\s+|\bnever\s+))"
)
_IS = r'(?:\b(?:that|which|who)(?:\s+(?:is|are|was|were|stands?)|[\'’]s)\s+)?'
_ME = (
    r'(?:me|us|here|my (?:current )?(?:position|place|location)'
    r'|where (?:i|we) (?:am|are|stand)(?: now| right now| standing)?|the robot|yourself|you)'
)
_METRES = {
    'm': 1.0, 'meter': 1.0, 'metre': 1.0, 'cm': 0.01, 'centimeter': 0.01, 'centimetre': 0.01,
    'km': 1e3, 'kilometer': 1e3, 'kilometre': 1e3, 'ft': 0.3048, 'foot': 0.3048, 'feet': 0.3048,
}  # fmt: skip
_LENGTH = (
    r'(?P<n>\d{1,5}(?:\.\d{1,3})?|an?|one|two|three|four|five|six|seven|eight|nine|ten)\s?'
    r'(?P<unit>m|met(?:er|re)s?|cm|centimet(?:er|re)s?|km|kilomet(?:er|re)s?|ft|foot|feet)\b'
)
_SIDES = (
    r'(?P<side>north[- ]?east|north[- ]?west|south[- ]?east|south[- ]?west|north|south|east|west)'
)
_PARTS = r'(?:side|part|end|half|wing|corner|area|section)'
#: How close a relation means [m], by its words.
_REACH = (
    (1.5, r'on(?: top of)?|under(?:neath)?|beneath|below|above|over|against'),
    (2.0, r'(?:right )?next to|beside|alongside|adjacent to|by'),
    (
        3.0,
        r'near(?:by)?(?: to)?|close(?: |-)by|close to|in front of|behind|around'
        r'|to the (?:left|right) of|left of|right of|next door to',
    ),
    (
        5.0,
        r'opposite(?: to| of| from)?|across(?: the \w+)? from|(?<!come )(?<!came )across|facing',
    ),
)
_RELATION = '|'.join(sorted((words for _, words in _REACH), key=len, reverse=True))
_FLOOR_NAMES = {
    'top': FloorKind.TOP, 'upper': FloorKind.TOP, 'highest': FloorKind.TOP,
    'uppermost': FloorKind.TOP, 'bottom': FloorKind.BOTTOM, 'lowest': FloorKind.BOTTOM,
    'lower': FloorKind.BOTTOM, 'ground': FloorKind.GROUND, 'main': FloorKind.GROUND,
    'upstairs': FloorKind.UP, 'downstairs': FloorKind.DOWN, 'basement': FloorKind.BOTTOM,
    'cellar': FloorKind.BOTTOM,
}  # fmt: skip


def _rule(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_NEGATED = rf'(?P<no>{_NOT})?'
_WITHIN = _rule(
    rf'{_NEGATED}{_IS}\b(?:within|less than|at most|no more than|up to|closer than)\s+{_LENGTH}'
    rf'(?:\s+(?:radius|away|or less))?(?:\s+(?:of|from|to)\s+(?:(?P<me>{_ME})\b|{_NP}))?'
)
_NEAR_ME = _rule(
    rf'{_NEGATED}{_IS}'
    rf'(?:\b(?:near|nearby|close to|around|beside|next to|by|in the vicinity of)\s+{_ME}\b'
    r'|\b(?:around here|nearby|close by|in (?:the|my) vicinity|in reach)\b'
    r'(?=\s*(?:$|[?.!,;]|and\b|please\b)))'
)
_FAR = _rule(rf'\bfar(?:ther|thest|\s+away)?\s+from\s+{_ME}\b')
_NEAREST_ME = _rule(
    rf'\b(?:that(?:\s+is|[\'’]s)\s+)?(?P<how>closest|nearest|farthest|furthest)\s+(?:to|from)\s+{_ME}\b'
)
_NEAREST_TO = _rule(
    rf'\b(?:that(?:\s+is|[\'’]s)\s+)?(?P<how>closest|nearest|farthest|furthest)\s+(?:to|from)\s+{_NP}'
)
_NOT_FAR = _rule(
    r'\b(?:as (?:close|near)(?:by)? as (?:possible|you can)|the (?:closer|nearer) the better'
    r"|(?:i |we )?(?:do not|don['’]?t|would rather not) (?:want to |like to |wish to )?"
    rf'(?:walk|go|drive|travel) (?:too |very |that |all that )?far(?: from {_ME})?'
    rf'|not (?:too |very )?far(?: away)?(?: from {_ME})?|close at hand'
    r'|without (?:a long walk|walking (?:too )?far|going (?:too )?far)'
    r'|(?:that (?:is|has) |by )?the shortest (?:way|walk|route|path|drive|distance|trip)'
    rf'(?: (?:away )?from {_ME})?'
    r'|(?:just )?a (?:few|couple of) (?:steps|met(?:er|re)s) away'
    rf'(?: from {_ME})?)\b(?!\s+from\b)'
)
_NEAREST = _rule(r'\b(?P<how>closest|nearest|farthest|furthest)\b')
#: "The next printer" is the nearest; "next to", "next week" and "the next day" are not.
_NEXT = _rule(
    r'(?<=\bthe )(?P<how>next)\b(?=\s+(?!(?:to|day|week|month|year|time|morning|evening|night|hour'
    rf'|minutes?|one|thing)\b){_WORD})'
)
#: What is left of "the closest printer from where I stand".
_FROM_ME = _rule(rf'\b(?:away\s+)?(?:from|to)\s+{_ME}\b')
_RECENT = _rule(
    r'\bmost recent(?:ly)?\b|\brecently\b|\blatest\b'
    r'|\b(?:currently|right now|at the moment|at present|by now|nowadays)\b'
    r'|(?<=\w )now(?=\s*[?.!]*$)'
    r'|\blast(?=\s+(?:see|saw|seen|spot|notice|observe))'
    r'|\b(?<=was )last\b|\b(?<=were )last\b|\b(?P<old>first)(?=\s+(?:see|saw|seen|spotted))'
    r'|\b(?P<oldest>earliest)\b'
)
_FLOOR = _rule(
    rf'{_NEGATED}{_IS}(?:\b(?:on|at|to|from|in)\s+)?(?:\bthe\s+)?'
    rf'\b(?:(?P<name>top|upper|highest|uppermost|bottom|lowest|lower|ground|main)\s+(?:floor|level|store?y)'
    rf'|(?P<nth>\d{{1,2}}(?:st|nd|rd|th)|{"|".join(ORDINALS)})\s+(?:floor|level|store?y)'
    rf'|(?:floor|level|store?y)\s+(?:number\s+)?(?P<n>\d{{1,2}}|{"|".join(NUMBERS)})'
    r'|(?P<alone>upstairs|downstairs|basement|cellar))\b(?!\s+lamps?\b)'
)
_BEYOND = _rule(
    rf'{_NEGATED}{_IS}(?:\b(?:to|in)\s+the\s+)?\b{_SIDES}(?:ern)?\s+(?:of|from)\s+(?:(?P<me>{_ME})\b|{_NP})'
)
_SIDE = _rule(
    rf'{_NEGATED}{_IS}\b(?:in|on|at|to)\s+the\s+(?:far\s+)?{_SIDES}(?:ern)?(?:most)?(?:\s+{_PARTS})?'
    rf'(?:\s+(?:of|in)\s+{_NP})?'
)
_EXCEPT = _rule(
    r'\b(?:(?:(?:anywhere|somewhere|any place)\s+)?(?:other than|except(?: for)?|excluding)'
    rf'(?:\s+(?:in|on|at|from|the ones? in))?|(?:but|and)\s+not\s+(?:in|on|at|inside|from)'
    rf'|(?:anywhere|somewhere)\s+(?:outside(?: of)?|but(?:\s+(?:in|on|at))?))\s+{_PLACES}'
)
_WITHOUT = _rule(
    rf'\b(?:without|with no|lacking|(?:that\s+)?(?:has|have|having)\s+no|with(?:out)? any)\s+{_NP}'
)
_COUNTED = _rule(
    r'\b(?:with|has|have|having|containing|that has|that have|there are)\s+(?:at least\s+)?'
    rf'(?P<n>\d{{1,2}}|{"|".join(n for n in NUMBERS if n != "one")})\s+'
    rf'(?P<np>{_WORD}(?:\s+{_WORD}){{0,2}})'
)
_WITH = _rule(
    r'\b(?:with|(?:that|which)\s+(?:has|have)|containing)\s+(?:a|an|the|some)\s+'
    rf'(?P<np>{_WORD}(?:\s+{_WORD}){{0,2}})'
)
_BESIDE = _rule(rf'{_NEGATED}{_IS}\b(?P<relation>{_RELATION})\s+{_NP}')
_IN = _rule(rf'{_NEGATED}{_IS}\b(?:inside(?: of)?|within|in|at|from)\s+{_PLACES}')
_OF = _rule(rf'\bof\s+{_NP}')
_GO = _rule(
    rf'^\s*(?:please\s+)?(?:{"|".join(sorted(MOTIONS))})\s+(?:back\s+|over\s+|down\s+|up\s+)?'
    rf'(?:in)?to\s+{_NP}(?:\s*,\s*|\s+)(?:and|then|and then)\s+(?=\w)'
)
_WHOLE = frozenset({
    'building', 'house', 'home', 'apartment', 'flat', 'map', 'site', 'campus', 'floor', 'place',
    'room', 'area', 'world', 'memory',
})  # fmt: skip
#: What follows "in" or "at" and is no place.
_NO_PLACE = frozenset({
    'general', 'case', 'order', 'use', 'total', 'all', 'least', 'once', 'time', 'way', 'need',
    'left', 'right', 'moment', 'end', 'middle', 'center', 'centre', 'front', 'back', 'question',
})  # fmt: skip


_LEFT = _rule(
    r'\s*(?:i|we|somebody|someone)\s+(?:have\s+|has\s+)?'
    r'(?:left|forgot|forgotten|put|placed|dropped|lost)\b'
)
#: Words of a request that name nothing.
_CARRIERS = STOP_WORDS | MOTIONS | frozenset({
    'drive', 'guide', 'kindly', 'park', 'quickly', 'robot', 'stand', 'stop', 'wait', 'way', 'stay',
    'possible', 'okay', 'ok', 'hey', 'hello', 'right', 'ask', 'might', 'may', 'lead', 'next',
})  # fmt: skip


class _Rest:
    """The text that no rule has taken yet, and what was found in it."""

    def __init__(self, text: str) -> None:
        self.whole = self.text = text
        self.found: list[tuple[tuple[int, int], Condition]] = []

    def take(self, start: int, stop: int) -> None:
        self.text = self.text[:start] + _TAKEN * (stop - start) + self.text[stop:]

    def matches(self, rule: re.Pattern[str]) -> Iterator[re.Match[str]]:
        """Yield matches one by one, each in what the ones before have left."""
        at = 0
        while match := rule.search(self.text, at):
            yield match
            at = max(match.end(), at + 1)

    def add(self, match: re.Match[str], kind: Kind, **fields: object) -> None:
        start, stop = match.span()
        phrase = re.sub(r'[\s,]+(?:and|then|and then)$', '', self.text[start:stop].strip())
        phrase = ' '.join(phrase.split())
        groups = match.groupdict()
        fields.setdefault('negated', bool(groups.get('no')))
        self.found.append(
            ((start, stop), Condition(kind=kind, phrase=phrase, **fields))  # type: ignore[arg-type]
        )
        self.take(start, stop)


def read(text: str, clock: Clock) -> Reading:
    """
    Cut a request into what is wanted and the conditions it is wanted under.

    Never fails; conditions beyond ``MAX_CONDITIONS`` are left in the words. ``clock`` gives
    phrases such as "this morning" their span.
    """
    rest = _Rest(text)
    for phrase in windows(text, clock):
        words = ' '.join(text[phrase.start : phrase.stop].split())
        rest.found.append(
            (
                (phrase.start, phrase.stop),
                Condition(kind=Kind.TIME, phrase=words, window=phrase.window),
            )
        )
        rest.take(phrase.start, phrase.stop)
    _read_distance(rest)
    order, order_from, order_spans, to_asker = _read_order(rest)
    _read_floor(rest)
    _read_sides(rest)
    _read_things(rest)
    _read_places(rest)
    found = _with_subject(rest, sorted(rest.found, key=lambda f: f[0]))[:MAX_CONDITIONS]
    return Reading(
        text=text,
        conditions=tuple(c for _, c in found),
        spans=tuple(s for s, _ in found),
        order=order,
        order_from=order_from,
        order_from_asker=to_asker,
        order_spans=order_spans,
        order_phrase=' ... '.join(' '.join(text[slice(*span)].split()) for span in order_spans),
    )


def _with_subject(
    rest: _Rest, found: list[tuple[tuple[int, int], Condition]]
) -> list[tuple[tuple[int, int], Condition]]:
    """
    Leave out the relation that holds all that is wanted.

    "Stand by the printer" asks for the printer, and for nothing that is beside it; "I left my bag
    on the sofa" asks for the sofa.
    """
    if _LEFT.match(rest.whole):
        on = next((f for f in found if f[1].kind is Kind.BESIDE), None)
        return [f for f in found if f is not on]
    words = re.findall(r'[^\W_]+', rest.text.casefold())
    if words[:1] == ['what'] or any(
        w not in _CARRIERS and stem(w) not in _CARRIERS for w in words
    ):
        return found
    beside = [f for f in found if f[1].kind is Kind.BESIDE and not f[1].negated]
    if len(beside) != 1 or any(f[1].kind is Kind.AREA for f in found):
        return found
    return [f for f in found if f is not beside[0]]


def distance_m(number: str, unit: str) -> float | None:
    """Return a length in metres, None if it is none or zero."""
    known = _METRES.get(unit.casefold()) or _METRES.get(stem(unit.casefold()))
    lowered = number.casefold()
    value = 1.0 if lowered in ('a', 'an') else float(NUMBERS.get(lowered, 0))
    if lowered[0].isdecimal():
        value = float(lowered)
    return value * known if known and value > 0.0 else None


def _read_distance(rest: _Rest) -> None:
    for match in rest.matches(_WITHIN):
        metres = distance_m(match['n'], match['unit'])
        if metres is not None and match['np'] and not match['me']:
            rest.add(match, Kind.BESIDE, about=match['np'].casefold(), distance_m=metres)
        elif metres is not None:
            rest.add(match, Kind.NEAR, distance_m=metres)
    for match in rest.matches(_NEAR_ME):
        rest.add(match, Kind.NEAR)


_Spans = tuple[tuple[int, int], ...]


def _read_order(rest: _Rest) -> tuple[Order | None, str, _Spans, bool]:
    """Return the order, what it is measured from, where it stands, and whether it names "me"."""
    for match in rest.matches(_NOT_FAR):
        rest.take(*match.span())
        return Order.NEAREST, '', (match.span(),), True
    for rule in (_NEAREST_ME, _NEAREST_TO, _NEAREST, _NEXT):
        for match in rest.matches(rule):
            far = match['how'].casefold().startswith(('far', 'fur'))
            about = match['np'].casefold() if rule is _NEAREST_TO else ''
            rest.take(*match.span())
            spans, to_asker = [match.span()], rule is _NEAREST_ME
            if not about and (tail := _FROM_ME.search(rest.text, match.end())):
                rest.take(*tail.span())
                spans.append(tail.span())
                to_asker = True
            order = Order.FARTHEST if far else Order.NEAREST
            return order, about, tuple(spans), to_asker
    for match in rest.matches(_FAR):
        rest.take(*match.span())
        return Order.FARTHEST, '', (match.span(),), True
    for match in rest.matches(_RECENT):
        rest.take(*match.span())
        old = match['old'] or match['oldest']
        return (Order.OLDEST if old else Order.NEWEST), '', (match.span(),), False
    return None, '', (), False


def _read_floor(rest: _Rest) -> None:
    for match in rest.matches(_FLOOR):
        named = match['name'] or match['alone']
        number = (match['nth'] or match['n'] or '').casefold()
        if named:
            floor = Floor(_FLOOR_NAMES[named.casefold()])
        elif digits := re.match(r'\d+', number):
            floor = Floor(FloorKind.NUMBER, int(digits[0]))
        else:
            floor = Floor(FloorKind.NUMBER, ORDINALS.get(number) or NUMBERS[number])
        rest.add(match, Kind.FLOOR, floor=floor)


def _read_sides(rest: _Rest) -> None:
    for rule, within in ((_BEYOND, False), (_SIDE, True)):
        for match in rest.matches(rule):
            side = re.sub(r'[- ]', '', match['side'].casefold())
            about = (match['np'] or '').casefold()
            of_map = about.split()[-1:] and about.split()[-1] in _WHOLE
            rest.add(
                match,
                Kind.DIRECTION,
                side=side,
                about='' if of_map else about,
                within=within or bool(of_map),
            )


def _read_things(rest: _Rest) -> None:
    for match in rest.matches(_EXCEPT):
        rest.add(match, Kind.AREA, about=_either(match), negated=True)
    for match in rest.matches(_WITHOUT):
        rest.add(match, Kind.WITH, about=match['np'].casefold(), negated=True)
    for match in rest.matches(_COUNTED):
        number = NUMBERS.get(match['n'].casefold()) or int(match['n'])
        if number > 1:
            rest.add(match, Kind.COUNT, about=_singular(match['np']), number=number)
    for match in rest.matches(_WITH):
        rest.add(match, Kind.WITH, about=match['np'].casefold())


def _read_places(rest: _Rest) -> None:
    for match in rest.matches(_GO):
        rest.add(match, Kind.AREA, about=match['np'].casefold())
    for match in rest.matches(_BESIDE):
        words = ' '.join(match['relation'].casefold().split())
        if _no_place(match['np']):
            continue
        rest.add(match, Kind.BESIDE, about=match['np'].casefold(), distance_m=_reach(words))
    for match in rest.matches(_OF):
        last = stem(match['np'].casefold().split()[-1])
        if last in AREA_NOUNS and not _no_place(match['np']):
            rest.add(match, Kind.AREA, about=match['np'].casefold())
    for match in rest.matches(_IN):
        if not _no_place(match['np']):
            rest.add(match, Kind.AREA, about=_either(match))


def _reach(relation: str) -> float:
    return next(m for m, words in _REACH if re.fullmatch(words, relation, re.IGNORECASE))


def _no_place(words: str) -> bool:
    lowered = words.casefold()
    return lowered in _WHOLE or lowered.split()[0] in _NO_PLACE


def _either(match: re.Match[str]) -> str:
    return OR.join(part.casefold() for part in (match['np'], match['or']) if part)


def _singular(words: str) -> str:
    kept: Sequence[str] = words.casefold().split()
    return ' '.join((*kept[:-1], stem(kept[-1])))
