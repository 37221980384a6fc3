"""Which place is asked for by nothing but what it is for, and the words that say nothing."""

from __future__ import annotations

import re

from memory_node.core.language.relations import entry, patterns, words
from memory_node.core.language.request import Sort
from memory_node.core.language.text import english
from memory_node.core.language.wordnet import Part, wordnet

__all__ = ['EMPTY', 'UNSAYING', 'WHOLE', 'served_by_place']

WHOLE = frozenset((*words('whole'), *words('unnamed')))
#: Words that name nothing.
EMPTY = frozenset(
    w
    for key in ('phrase_ends', 'definite', 'indefinite', 'pronouns', 'courtesy_after', 'motions')
    for w in words(key)
)
#: Words of phrases that name no thing at all: "the most suitable place (for paperwork)".
UNSAYING = EMPTY | WHOLE | frozenset(words('superlatives')) | {'of'}
#: Such wordings are looked for in the first characters only.
_HEAD = 400
_IT = str(entry('it'))
#: A part of a building, said by nothing but what it is for, and how that goes on.
_PLACE_ASKED = re.compile(
    rf"(?P<before>(?:[\w'-]+ ){{0,5}})"
    rf'(?:(?P<room>{patterns("rooms_asked")})|{patterns("places_asked")})'
    rf"(?: (?P<after>[\w'-]+)(?: [\w'-]+){{0,6}}?)?? "
    rf'(?:{entry("rooms_serve")}) (?P<need>[^.;!?]+)'.replace('{it}', _IT),
    re.IGNORECASE,
)
_PLACE_SOUGHT = re.compile(
    rf'(?:{entry("rooms_sought")}) (?P<need>[^.;!?]+)'.replace('{it}', _IT), re.IGNORECASE
)


def served_by_place(text: str) -> tuple[str, Sort]:
    """
    Return what a place is asked for that is named by nothing else; '' where none is.

    "An area for paperwork" is; "the waiting area for visitors" and "a space heater" are names.
    """
    nothing, text = ('', Sort.THING), text[:_HEAD]
    if sought := _PLACE_SOUGHT.search(text):
        return sought['need'], Sort.PLACE
    asked = _PLACE_ASKED.search(text)
    if asked is None:
        return nothing
    before = re.findall(r"[\w'-]+", asked['before'].casefold())
    looks: list[str] = []
    while before and wordnet().dominant_pos(before[-1]) == Part.ADJECTIVE:
        looks.insert(0, before.pop())
    if before and before[-1] not in UNSAYING and before[-1] not in english().determiners:
        return nothing  # "the waiting area for visitors"
    after = (asked['after'] or 'here').casefold()
    if after not in english().boundaries and after not in english().auxiliaries:
        return nothing  # "a space heater for the office"
    # "A private room to talk" is more than a room to talk.
    looks = [look for look in looks if look not in UNSAYING]
    need = text[text.casefold().index(looks[0]) : asked.end()] if looks else asked['need']
    return need, Sort.ROOM if asked['room'] else Sort.PLACE
