"""Relations of things in space: the words for each, and what captions say of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import islice
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
#: After a thing, of what the clause before is about: "a (box) on the floor below it".
_OF_CLAUSE = re.compile(rf'\b(?P<relation>{_ALL}) (?:it|them)\b', re.IGNORECASE)
_CLAUSE_END = re.compile(r'[,;:.]')
#: Clauses of a caption that are read so.
_MOST_CLAUSES = 8
#: What a thing does that stands before what it has: "a (saw) with a (blade) hangs on a (hook)".
_DOES = re.compile(r' [a-z]+s ', re.IGNORECASE)


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
    held_by: Phrase | None = None
    for first, second in zip(named, named[1:], strict=False):
        on_wall = bool(found) and found[-1].landmark is first.mention
        subject = found[-1].thing if on_wall else first.mention
        between = caption[first.span[1] : second.span[0]]
        owner = held_by if held_by is not None and _DOES.match(between) else first
        if one := _between(caption, owner, second, subject, between):
            found.append(one)
        held_by = first if _HOLDING.fullmatch(between) else None
    return (*found, *_of_clauses(caption, named))


def _of_clauses(caption: str, named: Sequence[Phrase]) -> Iterator[Stated]:
    """Yield how what clauses are about stands to what the clauses before them are about."""
    for match in islice(_OF_CLAUSE.finditer(caption), _MOST_CLAUSES):
        ends = [0, *(m.end() for m in _CLAUSE_END.finditer(caption, 0, match.start()))]
        clauses = [
            [n for n in named if start <= n.span[0] and n.span[1] <= stop]
            for start, stop in zip(ends, [*ends[1:], match.start()], strict=True)
        ]
        about = [clause[0].mention for clause in clauses[:-1] if clause]
        if about and clauses[-1]:
            relation = named_relation(match['relation'].casefold()).name
            yield Stated(clauses[-1][0].mention, relation, about[-1])


def _between(
    caption: str, first: Phrase, second: Phrase, subject: Mention, words_between: str
) -> Stated | None:
    """
    Return how two noun phrases with some words between stand to each other, None if none says.

    ``subject`` is what the sentence before is about: "an otoscope on the wall; below it a bin".
    """
    one, other = first.mention, second.mention
    after = _ON_IT.match(caption, second.span[1])
    if after and _HOLDING.fullmatch(words_between):
        return Stated(other, named_relation(after['relation'].casefold()).name, one)
    if match := _OF_LAST.fullmatch(words_between):
        return Stated(other, named_relation(match['relation'].casefold()).name, subject)
    if match := _OF_NEXT.fullmatch(words_between):
        return Stated(one, named_relation(match['relation'].casefold()).name, other)
    return None
