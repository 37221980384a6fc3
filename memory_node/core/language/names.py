"""How a name that is asked for relates to the names that things go by."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from memory_node.core.language.noun_phrases import head_position, KNOWN_ONE, split_name
from memory_node.core.language.sign_labels import sign_text
from memory_node.core.language.signs import Fit, is_sign_name, SignTexts
from memory_node.core.language.text import (
    english,
    lemmas,
)
from memory_node.core.language.wordnet import Flag, wordnet

__all__ = ['Name', 'NameMatcher', 'Relation', 'parse_name', 'relate']

_CACHE = 1 << 16


class Relation(IntEnum):
    """How the name of a thing relates to a requested name; a smaller value is closer."""

    #: One name, up to spelling, number and attributes, or two names of one first meaning.
    SAME = 0
    #: They share a meaning that both may have.
    SYNONYM = 1
    #: The thing is a kind of the requested ('fork' for 'cutlery').
    KIND = 2
    #: The thing goes by a shorter or next wider name ('table' for 'bedside table').
    PART_NAME = 3
    #: The same head noun told apart by other words ('dining table' for 'bedside table').
    CONFLICT = 4
    OTHER = 5


#: Probability from which on two names that share a sense mean it both: one of three senses does.
_MEANT = 0.32
#: Probability from which on a thing of a name is of a kind.
_IS = 0.38
#: Relations of two names of which neither tells more than the other.
_ONE_THING = (Relation.SAME, Relation.SYNONYM)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Name:
    """A name as it is compared with others; ``parse_name`` makes each once."""

    #: Joined spellings that are the same name ('nightstand'), attributes kept and left out.
    spellings: frozenset[str]
    #: Head noun in the singular, and the noun modifiers before it.
    head: str
    modifiers: tuple[str, ...]
    #: Words after 'of' ('water' in 'bottle of water').
    content: tuple[str, ...]
    #: Likeliest synset of the whole name and of its head, 0 where there is none.
    first: int
    head_first: int
    #: Likely synsets of the whole name and of its head alone, and all that the head is.
    own: frozenset[int]
    head_own: frozenset[int]
    head_kinds: frozenset[int]
    #: Synsets that a thing of this name is, and those directly above ``own``.
    kinds: frozenset[int]
    wider: frozenset[int]
    #: How likely the name means each synset of ``own`` and ``kinds``.
    shares: Mapping[int, float]
    is_animal: bool


@lru_cache(maxsize=1)
def _listed_kinds() -> dict[int, frozenset[int]]:
    """Return the kinds that ``english.yaml`` adds to those that WordNet gives a synset."""
    added: defaultdict[int, set[int]] = defaultdict(set)
    for kind, members in english().kinds.items():
        for member in members:
            added[_first(member)].update(wordnet().kinds_of(kind))
    return {synset: frozenset(kinds) for synset, kinds in added.items() if synset}


def _with_listed(kinds: frozenset[int]) -> frozenset[int]:
    listed = _listed_kinds()
    return kinds.union(*(listed[kind] for kind in kinds if kind in listed))


def _first(phrase: str) -> int:
    best = wordnet().best(phrase)
    return 0 if best is None else best.synset


def _meaning(words: Sequence[str]) -> tuple[str, str]:
    """Return the whole name as WordNet lists it or '', and the longest end that it lists."""
    for start in range(len(words)):
        end = words[start:]
        for phrase in (' '.join(end), ''.join(end)):
            if wordnet().senses(phrase):
                return (phrase if start == 0 else ''), phrase
    return '', ''


@lru_cache(maxsize=_CACHE)
def parse_name(phrase: str) -> Name:
    """Return a name ready for comparison; any text is accepted, and signs are signs."""
    if sign_text(phrase):
        return parse_name('sign')
    attributes, name = split_name(phrase)
    words = name.split()
    head = head_position(words) if words else 0
    first = max((i + 1 for i, word in enumerate(words[:head]) if word == 'of'), default=0)
    core = lemmas(' '.join(words[first : head + 1]))
    rest = words[head + 1 :]
    contains = (
        rest[:1] == ['of'] and rest[1:2] and rest[1] not in KNOWN_ONE
    )  # not "sofa of the boss"
    content = lemmas(' '.join(rest[1:])) if contains else ()
    spellings = {''.join((*content, *core))}
    if not content:
        spellings.add(''.join((*lemmas(' '.join(attributes)), *core)))
    raw = tuple(words[first : head + 1])
    whole, end = _meaning(core)
    own = frozenset(wordnet().synsets(whole)) if whole else frozenset()
    kinds = wordnet().kinds_of(end) if end else frozenset()
    shares = wordnet().shares(end) if end else {}
    if raw != core:  # 'glasses' and 'stairs' mean more than the singular does
        own |= frozenset(wordnet().synsets(' '.join(raw)))
        kinds |= wordnet().kinds_of(' '.join(raw))
        shares = wordnet().shares(' '.join(raw)) | shares
    last = core[-1] if core else ''
    return Name(
        spellings=frozenset(spellings - {''}),
        head=last,
        modifiers=core[:-1],
        content=content,
        first=_first(whole) if whole else 0,
        head_first=_first(last),
        own=own,
        head_own=frozenset(wordnet().synsets(last)),
        head_kinds=_with_listed(wordnet().kinds_of(last)),
        kinds=_with_listed(kinds),
        wider=frozenset(p for synset in own for p in wordnet().parents(synset)),
        shares=shares,
        is_animal=Flag.ANIMAL in wordnet().flags(end),
    )


@lru_cache(maxsize=_CACHE)
def relate(wanted: Name, thing: Name) -> Relation:
    """Return how the name of a thing relates to the name that is wanted."""
    if wanted.spellings & thing.spellings:
        return Relation.SAME
    if wanted.content == thing.content:
        return _relate_core(wanted, thing)
    # 'a mug' may hold the coffee of 'cup of coffee'; a 'cup of coffee' is a kind of 'cup'.
    furthest = Relation.PART_NAME if wanted.content else Relation.KIND
    return max(_relate_core(wanted, thing), furthest)


def _relate_core(wanted: Name, thing: Name) -> Relation:
    if wanted.first and wanted.first == thing.first:
        return Relation.SAME
    if _may_both_mean(wanted, thing, wanted.own & thing.own):
        return Relation.SYNONYM
    if wanted.head == thing.head or (wanted.head_first and wanted.head_first == thing.head_first):
        return _relate_modifiers(wanted, thing)
    if any(thing.shares.get(synset, 1.0) >= _IS for synset in wanted.own & thing.kinds):
        return Relation.KIND
    return Relation.PART_NAME if wanted.wider & thing.own else Relation.OTHER


def _may_both_mean(wanted: Name, thing: Name, synsets: frozenset[int]) -> bool:
    """Return whether two names may well mean the same: a toilet is a pot, and few pots are one."""
    return any(
        wanted.shares.get(synset, 1.0) * thing.shares.get(synset, 1.0) >= _MEANT
        for synset in synsets
    )


def _relate_modifiers(wanted: Name, thing: Name) -> Relation:
    """Return the relation of two names with one head noun, or heads of one meaning."""
    if wanted.modifiers == thing.modifiers:
        return Relation.SAME if wanted.head == thing.head else Relation.SYNONYM
    if wanted.own & thing.kinds:
        return Relation.KIND
    if set(wanted.modifiers) <= set(thing.modifiers):
        return Relation.KIND if _is_kind_of_head(wanted, thing) else Relation.PART_NAME
    kept = len(wanted.modifiers) - len(thing.modifiers)
    if kept > 0 and wanted.modifiers[kept:] == thing.modifiers:
        return Relation.PART_NAME
    return Relation.CONFLICT


def _is_kind_of_head(wanted: Name, thing: Name) -> bool:
    """Return whether a compound is what its head says; a teddy bear is a toy, no bear."""
    if not thing.own or not wanted.head_own:
        return True
    return bool((wanted.head_own if thing.is_animal else wanted.head_kinds) & thing.kinds)


class NameMatcher:
    """
    Compares a requested name with a growing list of distinct names.

    One thread may call ``extend`` while others ask: they see the names that were complete.
    A request costs look-ups of a few dictionaries and one comparison for each name that shares
    a spelling, a head noun or a meaning with it.
    """

    def __init__(self, synonyms: Mapping[str, str] | None = None) -> None:
        """Hold no names; ``synonyms`` maps phrases to the names that stand for them."""
        merged = {**english().synonyms, **(synonyms or {})}
        self._canonical = {lemmas(a): lemmas(b) for a, b in merged.items() if lemmas(a)}
        self._names: list[Name] = []
        self._stand_ins: list[Name] = []
        self._index: defaultdict[str | int, list[int]] = defaultdict(list)
        self._qualifiers: set[str] = set()
        self._signs = SignTexts()

    def __len__(self) -> int:
        """Return the number of names."""
        return len(self._names)

    def extend(self, names: Sequence[str]) -> None:
        """Take in more names; the first of them gets the next free index."""
        for text in names:
            name, stand_in = parse_name(text), self._stand_in(text)
            number = len(self._names)
            if said := sign_text(text):
                self._signs.add(number, said)
            self._stand_ins.append(stand_in)
            for key in _keys(name, name.kinds | name.own) | _keys(
                stand_in, stand_in.kinds | stand_in.own
            ):
                self._index[key].append(number)
            self._qualifiers.update(name.modifiers)
            self._names.append(name)

    def _stand_in(self, phrase: str) -> Name:
        """Return the name that synonyms put in place of a phrase, or its own."""
        _, text = split_name(phrase)
        canonical = self._canonical.get(lemmas(text))
        return parse_name(phrase if canonical is None else ' '.join(canonical))

    def relations(self, phrase: str) -> NDArray[np.int8]:
        """Return the (L,) values of ``Relation`` of every name held to a requested phrase."""
        count = len(self._names)
        relations = np.full(count, Relation.OTHER, np.int8)
        wanted, stand_in = parse_name(phrase), self._stand_in(phrase)
        numbers: set[int] = set()
        for key in _keys(wanted, wanted.own | wanted.wider) | _keys(
            stand_in, stand_in.own | stand_in.wider
        ):
            numbers.update(self._index.get(key, ()))
        for number in numbers:
            if number < count:
                relations[number] = self._relation(wanted, stand_in, number)
        self._relate_signs(phrase, relations)
        return relations

    def _relate_signs(self, phrase: str, relations: NDArray[np.int8]) -> None:
        """Put in how signs relate to a phrase: by what they say."""
        signs = [number for number in tuple(self._signs.texts) if number < len(relations)]
        if sign_text(phrase):  # a sign that nobody read may say anything
            unread = relations < Relation.PART_NAME
            relations[unread] = Relation.PART_NAME
        if not signs:
            return
        if is_sign_name(phrase):
            relations[signs] = Relation.SAME
            return
        outright, fitting = self._signs.fits(phrase)
        by_fit = _OUTRIGHT if outright else _BY_TEXT
        relations[signs] = by_fit[Fit.NONE]
        for number, how in fitting.items():
            if number < len(relations):
                relations[number] = by_fit[how]

    @property
    def signs(self) -> Mapping[int, str]:
        """What each name of a sign says, by its number."""
        return self._signs.texts

    def _relation(self, wanted: Name, stand_in: Name, number: int) -> Relation:
        relation = relate(wanted, self._names[number])
        other = self._stand_ins[number]
        if stand_in is wanted and other is self._names[number]:
            return relation
        given = relate(stand_in, other)
        return min(relation, max(given, Relation.SYNONYM))

    def qualifies(self, phrase: str) -> bool:
        """Return whether the head of a phrase only qualifies a name, as in "captain's chair"."""
        return parse_name(phrase).head in self._qualifiers

    def tells_more(self, number: int, other: int) -> bool:
        """Return whether a name is another one with words before it ('dentist chair')."""
        fuller, plain = self._names[number], self._names[other]
        more = len(fuller.modifiers) - len(plain.modifiers)
        return (
            more > 0
            and fuller.head == plain.head
            and fuller.content == plain.content
            and fuller.modifiers[more:] == plain.modifiers
        )

    def same_thing(self, number: int, others: Iterable[int]) -> bool:
        """Return whether one thing can go by name ``number`` and by one of ``others``."""
        name, stand_in = self._names[number], self._stand_ins[number]
        return any(
            self._relation(name, stand_in, other) in _ONE_THING
            or self._relation(self._names[other], self._stand_ins[other], number) in _ONE_THING
            for other in others
        )


#: How a sign relates to a phrase that asks for one, and to one that may ask for a thing.
_OUTRIGHT = {
    Fit.WHOLE: Relation.SAME,
    Fit.NEARLY: Relation.SYNONYM,
    Fit.PART: Relation.KIND,
    Fit.NONE: Relation.CONFLICT,
}
_BY_TEXT = {
    Fit.WHOLE: Relation.SYNONYM,
    Fit.NEARLY: Relation.KIND,
    Fit.PART: Relation.KIND,
    Fit.NONE: Relation.OTHER,
}


def _keys(name: Name, synsets: frozenset[int]) -> set[str | int]:
    """Return what two names must share to relate: a spelling, a head ('-sofa'), a meaning."""
    keys: set[str | int] = {*name.spellings, '-' + name.head, -name.head_first, *synsets}
    return keys - {0}
