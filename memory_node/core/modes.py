"""How a question wants to be answered, and what part of a building it is about: by its wording."""

from __future__ import annotations

from functools import lru_cache
import re

from memory_node.core.data import QueryMode
from memory_node.core.forest.rooms import ROOM_NAMES
from memory_node.core.ranking.words import ACTIONS, AREA_NOUNS, MOTIONS

__all__ = ['guess_mode', 'is_description', 'named_part']

_IMPLICIT = re.compile(
    r'^\s*(where (can|could|should|might|do) (i|we|one|you)\b|somewhere\b|some place\b'
    r"|a place (to|where)\b|i('m| am| want| need|'d)\b|we (want|need)\b|i would\b)",
    re.IGNORECASE,
)
_NAMES = '|'.join(sorted(map(re.escape, ROOM_NAMES | AREA_NOUNS), key=lambda n: (-len(n), n)))
#: Words for everything there is, and for a part of it without a name.
_WHOLE = (
    'place|building|house|home|apartment|flat|site|map|world|environment|surroundings|'
    'neighbou?rhood|everything|campus|premises|facility|property|whole|all'
)
_UNNAMED = 'area|room|floor|space|level|store?y|part|wing'
_DETERMINER = r'(?:(?:the|this|that|your|my|our|a)\s+)?'
_PART = rf"{_DETERMINER}(?:[\w'-]+\s+){{0,2}}(?:{_NAMES}|{_WHOLE}|{_UNNAMED})"
_WHO = '(?:i|you|we|one|people)'
_END = r'\s*[?.!]*$'
_GLOBAL = re.compile(
    '|'.join(
        (
            r'\b(?:overview|overall|describe|description|summar\w+|in general|layout)\b',
            r'\bin (?:a few|few|one or two|two|three|short|brief)(?: \w+)? (?:sentences|words)\b',
            rf'\babout (?:this|the|your) (?:whole |entire )?(?:{_WHOLE})\b',
            r'\b(?:what|which) (?:kind|sort|type)s? of (?:place|building|area|room|space)s?\b',
            rf'\b(?:what|which) (?:rooms|areas|parts|spaces)\b.*\b(?:there|here|{_WHOLE})\b',
            rf'\bhow (?:is|are) {_PART} (?:laid out|organi[sz]ed|arranged|structured|divided|split'
            r'|furnished|equipped|decorated|set up)\b',
            rf"\bwhat(?: is|'s) (?:all )?(?:around|about) (?:here|us|me|you){_END}",
            rf'\b(?:what|which) (?:objects|things|items|furniture|stuff|equipment|objects?)'
            rf'(?: \w+){{0,4}} (?:in|inside) {_PART}{_END}',
            rf'\bwhat (?:stands|is kept|is stored|is located|belongs|can be (?:seen|found))'
            rf'(?: \w+){{0,2}} (?:in|inside) {_PART}{_END}',
            rf'\bshow me around\b|\bwhere (?:am i|are we){_END}',
            r'\bwhat is (?:this|the) (?:place|building|floor|area|map)\b',
            rf"\b(?:what is|what's|how is) {_PART} like\b",
            rf'\bwhat (?:does|do) {_PART} look like\b',
            rf"\bwhat(?: is|'s| are| was| were)(?: there)? in {_PART}{_END}",
            rf'\bwhat(?: \w+){{0,3}} (?:would|can|could|did|do|have|will) {_WHO}'
            r' (?:find|see|seen|found|remember|expect)(?: there)?'
            rf' (?:in|inside|about) {_PART}{_END}',
            rf'\btell me (?:all |everything |more )?about {_PART}{_END}',
            rf'\bwhat (?:have|did|do) {_WHO} (?:see|seen|learnt?|learned|know|found|find|remember)'
            rf'(?: so far| (?:about|of|in|around|from) {_PART}| here)?{_END}',
        )
    ),
    re.IGNORECASE,
)
_NAMED_PART = re.compile(rf'\b({_NAMES})\b')
#: Hardly any request is longer; captions say "overall" and "next to" without asking for it.
_SHORT_WORDS, _REQUEST_WORDS = 10, 60
# fmt: off
_ASKING = frozenset({
    'bring', 'fetch', 'find', 'guide', 'i', 'locate', 'me', 'my', 'navigate', 'need', 'our',
    'please', 'show', 'us', 'want', 'we', 'you', 'your',
})
_OPENING = frozenset({
    'are', 'can', 'could', 'did', 'do', 'does', 'get', 'has', 'have', 'how', 'is', 'look', 'take',
    'was', 'were', 'what', 'when', 'where', 'which', 'who',
})
# fmt: on
#: Nouns that name no part by themselves.
_GENERIC = frozenset({'area', 'bar', 'dining', 'floor', 'living', 'room', 'stairs', 'store'})


@lru_cache(maxsize=1024)
def is_description(text: str) -> bool:
    """
    Tell whether a text describes a view, as captions do, and asks for nothing.

    Very long texts do, and longer ones that neither open as a request nor have a word that asks,
    such as "find" or "please".
    """
    words = re.findall(r"[\w']+", text.casefold())
    if len(words) <= _SHORT_WORDS:
        return False
    opens = words[0] in ACTIONS | MOTIONS | _OPENING
    asks = opens or '?' in text or not _ASKING.isdisjoint(words)
    return len(words) > _REQUEST_WORDS or not asks


def guess_mode(text: str) -> QueryMode:
    """Tell from its wording how a question wants to be answered."""
    if is_description(text):
        return QueryMode.EXPLICIT
    if _GLOBAL.search(text):
        return QueryMode.GLOBAL
    if _IMPLICIT.search(text):
        return QueryMode.IMPLICIT
    return QueryMode.EXPLICIT


@lru_cache(maxsize=1024)
def named_part(text: str) -> str:
    """Return the room or area that a question names, '' if it is about everything."""
    named = [name for name in _NAMED_PART.findall(text.casefold()) if name not in _GENERIC]
    return named[-1] if named else ''
