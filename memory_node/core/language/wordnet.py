"""What words mean: read-only look-ups in the part of WordNet 3.0 that names visible things."""

from __future__ import annotations

from contextlib import suppress
from enum import IntFlag
from functools import lru_cache
from pathlib import Path
import sqlite3
import threading
from typing import Any, NamedTuple

__all__ = ['DATA', 'Flag', 'Part', 'Sense', 'Uses', 'WordNet', 'wordnet']

#: Folder of the package's language data.
DATA = Path(__file__).resolve().parents[2] / 'data'

_CACHE = 1 << 16
#: A sense is likely where its weight is at least this share of the likeliest one's.
_LIKELY = 0.21
#: The same for what lives: a 'printer' is not counted among people, nor a 'monitor' as a lizard.
_LIKELY_ALIVE = 0.5
#: A word is visible where at least this share of its uses as a noun is.
_VISIBLE_SHARE = 0.15


class Flag(IntFlag):
    """What a synset is; ``GENERAL`` ones are too wide to be asked for ('device')."""

    VISIBLE = 1
    ARTIFACT = 2
    PERSON = 4
    ANIMAL = 8
    PLANT = 16
    FOOD = 32
    CONTAINER = 64
    SUBSTANCE = 128
    PLACE = 256
    GENERAL = 512


#: How many times likelier than others a sense is meant by who speaks of things around a robot.
_PRIOR = (
    (Flag.ARTIFACT, 8.0),
    (Flag.FOOD, 4.0),
    (Flag.PLANT, 2.0),
    (Flag.ANIMAL, 2.0),
    (Flag.SUBSTANCE, 4.0),
)


_ALIVE = Flag.PERSON | Flag.ANIMAL


class Part:
    """Names of the parts of speech."""

    NOUN = 'noun'
    VERB = 'verb'
    ADJECTIVE = 'adjective'
    ADVERB = 'adverb'
    UNKNOWN = ''


class Sense(NamedTuple):
    """One visible sense of a noun: its synset, tag count in a corpus, and flags."""

    synset: int
    tags: int
    flags: Flag

    @property
    def weight(self) -> float:
        """Return how likely this sense is meant, against others of the same word."""
        if self.flags & Flag.PLACE:
            return 1.0 + self.tags
        return (1.0 + self.tags) * next((p for flag, p in _PRIOR if flag & self.flags), 1.0)


class Uses(NamedTuple):
    """Uses of a word: tag count plus one for each part of speech it can be, else 0."""

    noun: int
    verb: int
    adjective: int
    adverb: int
    #: The adjective tells a kind ('dental', 'hydraulic') instead of a look ('red', 'wooden').
    relational: bool


class WordNet:
    """
    Look-ups in ``memory_node/data/wordnet.sqlite``.

    Words and phrases are lower case with single blanks between words.
    A plural is looked up as it is, and then without its ending.
    Thread-safe: one connection behind a lock, and caches in front of it.
    """

    def __init__(self, path: Path = DATA / 'wordnet.sqlite') -> None:
        """Open the file; raises ``sqlite3.OperationalError`` where there is none."""
        self._lock = threading.Lock()
        self._db = sqlite3.connect(
            f'{path.as_uri()}?mode=ro&immutable=1', uri=True, check_same_thread=False
        )
        cached = lru_cache(maxsize=_CACHE)
        self.senses = cached(self._senses)
        self.likely = cached(self._likely)
        self.uses = cached(self._uses)
        self.dominant_pos = cached(self._dominant_pos)
        self.singular = cached(self._singular)
        self.is_physical = cached(self._is_physical)
        self.is_place = cached(self._is_place)
        self._parents = cached(self._read_parents)
        self._closure = cached(self._read_closure)
        self.kinds_of = cached(self._kinds_of)

    def _rows(self, query: str, *values: str | int) -> list[tuple[Any, ...]]:
        with self._lock, suppress(UnicodeEncodeError):  # half a character is no word
            return self._db.execute(query, values).fetchall()
        return []

    def _text(self, query: str, *values: str) -> str:
        return next((str(row[0]) for row in self._rows(query, *values)), '')

    def _lemma_senses(self, lemma: str) -> tuple[Sense, ...]:
        rows = self._rows(
            'SELECT synset, tags, flags FROM sense JOIN synset USING (synset)'
            ' WHERE lemma = ? ORDER BY rank',
            lemma,
        )
        return tuple(Sense(synset, tags, Flag(flags)) for synset, tags, flags in rows)

    def _senses(self, phrase: str) -> tuple[Sense, ...]:
        """Return the visible senses of a noun or compound, first the most frequent one."""
        if found := self._lemma_senses(phrase):
            return found
        *rest, last = phrase.split(' ')
        single = self.singular(last)
        return self._lemma_senses(' '.join([*rest, single])) if single != last else ()

    def _likely(self, phrase: str) -> tuple[Sense, ...]:
        """Return the senses of a phrase that are likely meant around a robot."""
        senses = self.senses(phrase)
        most = max((sense.weight for sense in senses), default=0.0)
        return tuple(
            sense
            for sense in senses
            if sense.weight >= most * (_LIKELY_ALIVE if sense.flags & _ALIVE else _LIKELY)
        )

    def synsets(self, phrase: str) -> tuple[int, ...]:
        """Return the synsets of the likely senses of a phrase."""
        return tuple(sense.synset for sense in self.likely(phrase))

    def flags(self, phrase: str) -> Flag:
        """Return the flags of the likeliest sense of a phrase, 0 where it has none."""
        best = self.best(phrase)
        return Flag(0) if best is None else best.flags

    def best(self, phrase: str) -> Sense | None:
        """Return the likeliest sense of a phrase, None where it names nothing visible."""
        return max(self.likely(phrase), key=lambda sense: sense.weight, default=None)

    def is_noun(self, phrase: str) -> bool:
        """Return whether WordNet lists a word or compound as a noun, visible or not."""
        uses = self.uses(phrase)
        return (uses is not None and uses.noun > 0) or bool(self.senses(phrase))

    def _is_physical(self, phrase: str) -> bool:
        """Return whether a phrase mostly names something that can be seen."""
        senses = self.senses(phrase)
        uses = self.uses(phrase) if senses else None
        if uses is None:
            return bool(senses)
        return sum(s.tags + 1 for s in senses) >= _VISIBLE_SHARE * (uses.noun + len(senses))

    def _is_place(self, phrase: str) -> bool:
        """Return whether a phrase mostly names a place that one can be in ('kitchen', 'yard')."""
        likely = self.likely(phrase)
        place = sum(sense.weight for sense in likely if Flag.PLACE in sense.flags)
        return bool(likely) and 2.0 * place >= sum(sense.weight for sense in likely)

    def is_person(self, phrase: str) -> bool:
        """Return whether a phrase likely names a person or people."""
        return any(Flag.PERSON in sense.flags for sense in self.likely(phrase))

    def _uses(self, word: str) -> Uses | None:
        """Return the parts of speech of a single word, None where no dictionary knows it."""
        rows = self._rows(
            'SELECT noun, verb, adjective, adverb, relational FROM word WHERE word = ?', word
        )
        if not rows:
            return None
        noun, verb, adjective, adverb, relational = rows[0]
        return Uses(noun, verb, adjective, adverb, bool(relational))

    def _dominant_pos(self, word: str) -> str:
        """Return the part of speech a word is mostly used as, '' where it is unknown."""
        uses = self.uses(word) or self.uses(self.singular(word))
        if uses is not None:
            counts = {
                Part.NOUN: uses.noun,
                Part.VERB: uses.verb,
                Part.ADJECTIVE: uses.adjective,
                Part.ADVERB: uses.adverb,
            }
            return max(counts, key=lambda part: counts[part])
        return Part.VERB if self.verb_base(word) else Part.UNKNOWN

    def verb_base(self, word: str) -> str:
        """Return the base form of an inflected verb ('parked' -> 'park'), '' for other words."""
        if base := self._text(
            'SELECT base FROM irregular WHERE form = ? AND part = ?', word, 'verb'
        ):
            return base
        for ending, bases in (
            ('ies', ['y']),
            ('es', ['', 'e']),
            ('s', ['']),
            ('ed', ['', 'e']),
            ('ing', ['', 'e']),
        ):
            if not word.endswith(ending) or len(word) < len(ending) + 2:
                continue
            stem = word.removesuffix(ending)
            for base in (
                *(stem + b for b in bases),
                stem[:-1] if stem[-1:] == stem[-2:-1] else '',
            ):
                uses = self.uses(base) if base else None
                if uses is not None and uses.verb:
                    return base
        return ''

    def _singular(self, word: str) -> str:
        """Return the singular of a noun; a word that is one already comes back as it is."""
        if base := self._text(
            'SELECT base FROM irregular WHERE form = ? AND part = ?', word, 'noun'
        ):
            return base
        if word.endswith('men') and self.uses(word[:-3] + 'man') is not None:
            return word[:-3] + 'man'
        if len(word) < 3 or not word.endswith('s') or word.endswith('ss'):
            return word
        known = self._is_noun(word)
        if word.endswith(('us', 'is')):  # skis and menus, but a bus and a basis
            one = word.removesuffix('s')
            return word if known or len(one) < 3 or not self._is_noun(one) else one
        for ending, base in (('s', ''), ('es', ''), ('ies', 'y')):
            if ending == 'es' and not word.endswith(('ses', 'xes', 'zes', 'ches', 'shes', 'oes')):
                continue
            one = word.removesuffix(ending) + base
            if word.endswith(ending) and self._is_noun(one):
                # 'gas' and 'lens' are no plurals, whatever 'ga' and 'len' may mean.
                return one if not known or (len(one) > 2 and self.senses(one)) else word
        if known or len(word) == 3:
            return word
        return _regular_singular(word)

    def _is_noun(self, word: str) -> bool:
        uses = self.uses(word)
        return uses is not None and uses.noun > 0

    def _read_parents(self, synset: int) -> tuple[tuple[int, Flag], ...]:
        rows = self._rows(
            'SELECT parent, flags FROM hypernym JOIN synset ON synset.synset = parent'
            ' WHERE hypernym.synset = ?',
            synset,
        )
        return tuple((parent, Flag(flags)) for parent, flags in rows)

    def _read_closure(self, synset: int) -> frozenset[int]:
        found: set[int] = set()
        for parent, flags in self._parents(synset):
            found |= self._closure(parent)
            if Flag.GENERAL not in flags:
                found.add(parent)
        return frozenset(found)

    def parents(self, synset: int) -> tuple[int, ...]:
        """Return the kinds that a synset directly is, without those too wide to be asked for."""
        return tuple(p for p, flags in self._parents(synset) if Flag.GENERAL not in flags)

    def shares(self, name: str) -> dict[int, float]:
        """Return how likely each sense of a name is meant, by its synset, and each kind of it."""
        total = sum(sense.weight for sense in self.senses(name))
        shares: dict[int, float] = {}
        for sense in self.likely(name):
            share = sense.weight / total
            for synset in (sense.synset, *self._closure(sense.synset)):
                shares[synset] = shares.get(synset, 0.0) + share
        return shares

    def _kinds_of(self, name: str) -> frozenset[int]:
        """Return the synsets of the likely senses of a name and of all kinds that they are."""
        return frozenset(self.shares(name))


def _regular_singular(word: str) -> str:
    """Return the singular that spelling suggests, for words that no dictionary knows."""
    if word.endswith('ies') and len(word) > 4:
        return word[:-3] + 'y'
    if word.endswith(('sses', 'xes', 'zzes', 'ches', 'shes')):
        return word[:-2]
    return word[:-1]


@lru_cache(maxsize=1)
def wordnet() -> WordNet:
    """Return the WordNet that comes with the package, opened at first use."""
    return WordNet()
