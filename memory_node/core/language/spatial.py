"""Relations of things in space: the words for each, and what captions say of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
import re

from memory_node.core.language.mentions import Mention
from memory_node.core.language.relations import alternatives, entry, values, words
from memory_node.core.language.wordings import Phrase, phrases

__all__ = ['Relation', 'Stated', 'named_relation', 'relation_pattern', 'relations', 'stated']


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """What words for one relation mean."""

    name: str
    words: tuple[str, ...]
    #: How close the hulls of both are [m].
    reach_m: float
    #: ``around``, or ``above`` or ``below``: within the outline, and higher or lower.
    where: str = 'around'
    #: Whether verbs take it as well: "lift it onto a shelf".
    support: bool = False
    #: Relation of the landmark to the thing; '' where nothing follows for it.
    inverse: str = ''


@cache
def relations() -> dict[str, Relation]:
    """Return the relations of ``data/relations.yaml`` by name."""
    made = [Relation(**{**row, 'words': tuple(row['words'])}) for row in entry('relations')]
    return {relation.name: relation for relation in made}


@cache
def named_relation(said: str) -> Relation:
    """Return the relation that words mean."""
    for relation in relations().values():
        if any(re.fullmatch(word, said) for word in relation.words):
            return relation
    return relations()['near']


def relation_pattern(some: Iterable[str]) -> str:
    """
    Return a pattern of words of relations, but not of verbs with a particle: "turn on".

    After an article it is no verb: "the sign in the hall".
    """
    verbs = entry('particle_verbs')
    return '|'.join(
        ''.join(
            rf'(?:(?<!\b{verb} )|(?<=\bthe {verb} )|(?<=\ba {verb} ))'
            for verb in verbs.get(relation, ())
        )
        + relation
        for relation in sorted(some, key=lambda r: (-len(r), r))
    )


_ALL = relation_pattern(word for relation in relations().values() for word in relation.words)
_DETERMINER = (
    rf'(?: (?:{alternatives((*words("definite"), *words("indefinite"), *values("numbers")))}))?'
)
_SOME = r"(?: [\w'-]+){0,3}?"
#: Between two noun phrases: "(a kettle) sits on the (stove)", "(a rack); below it stands a (bin)".
_OF_NEXT = re.compile(rf'{_SOME} (?P<relation>{_ALL}){_DETERMINER} ?', re.IGNORECASE)
_OF_LAST = re.compile(
    rf'[,;.]?(?: and)? (?P<relation>{_ALL}) (?:it|them){_SOME}{_DETERMINER} ?', re.IGNORECASE
)
#: Around the second: "(a stove) with a (pot) on it".
_HOLDING = re.compile(rf'{_SOME} (?:with|holds|carries|has){_DETERMINER} ?', re.IGNORECASE)
_ON_IT = re.compile(
    rf'(?: of [\w-]+)?(?: [a-z]+ing)? (?P<relation>{_ALL}) (?:it|them|top)\b', re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Stated:
    """That a caption says where a thing is: "a kettle on the stove"."""

    thing: Mention
    relation: str
    landmark: Mention


@lru_cache(maxsize=1 << 12)
def stated(caption: str) -> tuple[Stated, ...]:
    """Return what a caption says of how things stand to each other, in order."""
    named = phrases(caption)
    found: list[Stated] = []
    for first, second in zip(named, named[1:], strict=False):
        on_wall = bool(found) and found[-1].landmark is first.mention
        subject = found[-1].thing if on_wall else first.mention
        if one := _between(caption, first, second, subject):
            found.append(one)
    return tuple(found)


def _between(caption: str, first: Phrase, second: Phrase, subject: Mention) -> Stated | None:
    """
    Return how two neighbouring noun phrases stand to each other, None where nothing says.

    ``subject`` is what the sentence before is about: "an otoscope on the wall; below it a bin".
    """
    one, other = first.mention, second.mention
    words_between = caption[first.span[1] : second.span[0]]
    after = _ON_IT.match(caption, second.span[1])
    if after and _HOLDING.fullmatch(words_between):
        return Stated(other, named_relation(after['relation'].casefold()).name, one)
    if match := _OF_LAST.fullmatch(words_between):
        return Stated(other, named_relation(match['relation'].casefold()).name, subject)
    if match := _OF_NEXT.fullmatch(words_between):
        return Stated(one, named_relation(match['relation'].casefold()).name, other)
    return None
