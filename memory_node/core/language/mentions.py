"""The things that a caption says are there, or are not, in any vocabulary."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache
import re

from memory_node.core.language.noun_phrases import split_name
from memory_node.core.language.roles import (
    ADJECTIVE,
    ADVERB,
    BOUNDARY,
    DETERMINER,
    goes_on,
    is_participle,
    is_verb_of,
    NEGATION,
    NOUN,
    NOUNS,
    NUMBER,
    PLURAL,
    PUNCTUATION,
    role_of,
    UNKNOWN,
    VERB,
)
from memory_node.core.language.text import english, singular
from memory_node.core.language.visible import is_listed, is_thing, may_be_noun, shows
from memory_node.core.language.wordnet import Part, wordnet

__all__ = ['MAX_MENTIONS', 'READING', 'Mention', 'every_mention', 'is_noun_phrase', 'mentions']

#: Counts up where the same caption names other things than before: objects are then made anew.
READING = 3
#: Mentions read from one caption, characters of it, and words of one name; the rest is cut.
MAX_MENTIONS = 64
MAX_CHARS = 4000
MAX_NAME_WORDS = 4
_MAX_WORD_CHARS = 40

_TOKEN = re.compile(
    r"[^\W_]+(?:['\u2019-][^\W_]+)*(?:(?<=[^\W\d_]s)['\u2019](?= [^\W_]))?|[^\w\s]"
)
#: Writing on a sign names nothing that stands there.
_QUOTED = re.compile(r'"[^"]*"|\u201c[^\u201d]*\u201d')

#: What follows a verb that follows a noun ("a man rides a horse").
_AFTER_VERB = (DETERMINER, NUMBER, BOUNDARY, ADJECTIVE)
#: What may stand around a noun phrase and is no part of it.
_MARKS, _JOINING = (PUNCTUATION, NEGATION), frozenset({'and', 'or'})
#: Words after which a denial goes on ("no visible signs or labels"), and where it ends.
_DENIAL_GOES_ON = frozenset({'or', 'nor'})
_DENIAL_ENDS = frozenset({'but', 'and'})
#: Determiners of one thing: a plural after them is part of its name ('a sports hall').
_SINGLE = frozenset({'a', 'an', 'this', 'that', 'another', 'each', 'every'})


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """One kind of thing in a caption: its name in the singular, and what is said of it."""

    name: str
    attributes: tuple[str, ...] = ()
    #: How many; 0 where there are several and the caption does not say how many.
    count: int = 1
    #: The caption says that there is none.
    negated: bool = False
    #: The name is of a place that one can be in ('kitchen').
    is_place: bool = False
    #: As it was said, without determiners and numbers.
    said: str = field(default='', compare=False)


@lru_cache(maxsize=1 << 14)
def is_noun_phrase(text: str) -> bool:
    """
    Return whether a text is a noun phrase, with at most nouns after "of".

    "The gray filing cabinet" is one; "the leftovers will spoil" and "nature calls, ..." are not.
    """
    words = _TOKEN.findall(text.casefold().replace('\u2019', "'"))
    for end in (-1, 0):  # "lamp?", "(a lamp", "lamp AND": syntax of searches says nothing
        while words and (role_of(words[end]) in _MARKS or words[end] in _JOINING):
            words.pop(end)
    roles = [
        NOUN
        if word == 'can' and is_listed(f'{before} can')
        else DETERMINER
        if (before, word) == ('of', 'that')
        else role_of(word)
        for before, word in zip(['', *words], words, strict=False)
    ]
    compound = _in_compounds(words)
    plain = bool(words) and all(
        role in (DETERMINER, NUMBER, *NOUNS, ADJECTIVE)
        or word == 'of'
        or (role == VERB and (word.endswith(('ing', 'ed', 'en')) or wordnet().senses(word)))
        or i in compound
        or _modifies(words, roles, i)
        for i, (word, role) in enumerate(zip(words, roles, strict=True))
    )
    # A last word in -s is a plural: "pillar drills".
    clauses = zip(words[:-1], words[1:-1], strict=False)
    return plain and not any(_is_finite(one, other) for one, other in clauses)


def _in_compounds(words: list[str]) -> set[int]:
    """Return which words belong to a name that is listed whole ("first aid kit")."""
    return {
        i
        for start in range(len(words))
        for end in range(start + 2, min(start + 3, len(words)) + 1)
        if is_listed(' '.join(words[start:end]))
        for i in range(start, end)
    }


def _modifies(words: list[str], roles: list[int], i: int) -> bool:
    """Return whether a verb stands where only a modifier can: "the scissor lift"."""
    opened = 0 < i < len(words) - 1 and roles[i - 1] == DETERMINER
    return opened and roles[i] == VERB and not words[i].endswith('s')


def _is_finite(subject: str, verb: str) -> bool:
    """Return whether a noun and the verb that follows it are a clause ('my son loves')."""
    return (
        verb.endswith('s')
        and role_of(subject) in (NOUN, UNKNOWN)
        and wordnet().dominant_pos(verb.removesuffix('s')) == Part.VERB
        and not wordnet().senses(f'{subject} {singular(verb)}')
    )


class _Phrase:
    """The noun phrase that is being read."""

    __slots__ = ('count', 'noun_next', 'opened', 'roles', 'single', 'words')

    def __init__(self) -> None:
        self.words: list[str] = []
        self.roles: list[int] = []
        self.count = 1
        #: A determiner, number or negation stands before it; 'a' or 'one' does.
        self.opened = False
        self.single = False
        #: No verb can come next ("a can of paint").
        self.noun_next = False


class _Reader:
    """Reads one caption from left to right."""

    def __init__(self) -> None:
        self.found: dict[tuple[str, bool], Mention] = {}
        #: Each mention by itself: "a red chair and a blue chair" are two.
        self.every: list[Mention] = []
        self._phrase = _Phrase()
        self._negated = False
        #: What comes next may be said of the last mention: "the walls are ...".
        self._predicates = False
        #: What comes next is only shown: "a bust of ...".
        self._shown = False

    def read(self, words: list[str]) -> None:
        """Take in the words of a caption, in lower case."""
        roles = [role_of(word) for word in words]
        roles.append(PUNCTUATION)
        for i, word in enumerate(words):
            if word == 'can' and self._is_can():
                self._content(word, NOUN, roles[i + 1])
            elif roles[i] >= NOUN:
                self._content(word, roles[i], roles[i + 1])
            else:
                self._function(word, roles[i])
                if len(self.found) >= MAX_MENTIONS:
                    return
        self._close()

    def _is_can(self) -> bool:
        """Return whether a 'can' right here is a vessel ('a can', 'trash can'), not a verb."""
        phrase = self._phrase
        if not phrase.words:
            return phrase.opened
        return is_listed(f'{phrase.words[-1]} can')

    def _function(self, word: str, role: int) -> None:
        """Take a word of grammar, which ends the phrase before it."""
        named = self._close(before=word)
        self._shown = self._shown and role != PUNCTUATION
        if role == NEGATION:
            self._negated = self._phrase.opened = True
        elif role == NUMBER:
            self._phrase.count = english().numbers.get(word) or int(word[:4])
            self._phrase.opened = True
            self._phrase.single = self._phrase.count == 1
        elif role == DETERMINER:
            self._phrase.opened = True
            self._phrase.single = word in _SINGLE
        elif (
            role == PUNCTUATION or word in _DENIAL_ENDS or (named and word not in _DENIAL_GOES_ON)
        ):
            self._negated = False
        if self._phrase.opened or word in ('of', 'with'):
            self._phrase.noun_next = True
        goes_on_saying = word == 'and' and not named and self._predicates
        self._predicates = goes_on_saying or (named and word in english().auxiliaries)

    def _content(self, word: str, role: int, following: int) -> None:
        """Take a word that a noun phrase may be made of."""
        phrase = self._phrase
        if phrase.words and self._ends_name(word):
            role = NOUN if singular(word) == word else PLURAL
        elif phrase.roles and phrase.roles[-1] in NOUNS:
            owned = phrase.words[-1].endswith(("'s", "s'"))  # "the poet's bust"
            named = owned and role not in NOUNS and wordnet().is_noun(word)
            # The name of one thing goes on in "a steam iron on it".
            named = named or (phrase.single and following < NOUN and word in english().materials)
            if named or (role == VERB and phrase.roles[-1] == NOUN and goes_on(word)):
                role = NOUN
            after_plural = phrase.roles[-1] == PLURAL
            if (
                role not in NOUNS
                or (following < NOUN and is_participle(word))
                or (following in _AFTER_VERB and is_verb_of(word, role, after_plural))
            ):
                self._close()
                self._negated = False
                return
            if after_plural and not phrase.single:
                self._close()
                phrase = self._phrase
        if (
            not phrase.roles
            and not phrase.noun_next
            and (role in (VERB, ADVERB) or is_participle(word))
        ):
            return
        if (
            role == VERB
            and phrase.noun_next
            and not word.endswith('ing')
            and wordnet().senses(word)
        ):
            role = NOUN if singular(word) == word else PLURAL  # 'a sink', 'two drills'
        phrase.words.append(word)
        phrase.roles.append(role)

    def _ends_name(self, word: str) -> bool:
        """Return whether a word ends a name that is listed; "a mirror stands" is no such name."""
        phrase = self._phrase
        if phrase.single and singular(word) != word:
            return False
        return any(is_listed(' '.join([*phrase.words[-n:], word])) for n in (1, 2))

    def _close(self, *, before: str = '') -> bool:
        """End the phrase; return whether it named a thing."""
        phrase = self._phrase
        if not phrase.words and not phrase.noun_next:
            return False
        self._phrase = _Phrase()
        words, roles, said = phrase.words, phrase.roles, list[str]()
        if phrase.opened and words and may_be_noun(words[-1], single=phrase.single):
            roles[-1] = NOUN  # "a hot iron", "a glass", "the small safe"
        while roles and roles[-1] not in NOUNS:
            roles.pop()
            said.append(words.pop())
        if not words:
            if before != 'to':  # "the sofa is next to the lamp"
                self._say_of_last(said[::-1])
            return False
        shown, self._shown = self._shown, before == 'of' and shows(singular(words[-1]))
        mention = _mention(tuple(words), phrase.opened, before == 'of')
        if mention is None or shown:
            return False
        is_plural = roles[-1] == PLURAL or (
            roles[-1] == UNKNOWN and singular(words[-1]) != words[-1]
        )
        self._add(mention, 0 if is_plural and phrase.count == 1 else phrase.count)
        return True

    def _say_of_last(self, looks: list[str]) -> None:
        """Give the last mention adjectives that a verb ascribes to it."""
        looks = [word for word in looks if role_of(word) == ADJECTIVE]
        if looks and self._predicates and self.every:
            last = self.every[-1]
            said = (*last.attributes, *looks)[-MAX_NAME_WORDS:]
            self.every[-1] = self.found[last.name, last.negated] = replace(last, attributes=said)

    def _add(self, mention: Mention, count: int) -> None:
        if count != 1 or self._negated:
            mention = replace(mention, count=count, negated=self._negated)
        self.every.append(mention)
        key = (mention.name, self._negated)
        known = self.found.get(key)
        if known is None or 0 < known.count < count or (known.count and not count):
            self.found[key] = mention


@lru_cache(maxsize=1 << 16)
def _mention(words: tuple[str, ...], opened: bool, before_of: bool) -> Mention | None:
    """Return what a noun phrase names, None where it names nothing to be seen."""
    looks = [w for w in words[:-1] if '-' in w and role_of(w) == ADJECTIVE]
    rest = ' '.join(word for word in words if word not in looks)
    attributes, name = split_name(rest.replace('-', ' '))
    parts = name.split()[-MAX_NAME_WORDS:]
    if not parts:
        return None
    head = singular(parts[-1])
    compound = ' '.join([*parts[:-1], head])
    ends = [' '.join([*parts[i:-1], head]) for i in range(len(parts) - 1)]
    known = any(map(is_listed, ends))
    if not known and not is_thing(head, opened, before_of):
        return None
    return Mention(
        name=compound,
        attributes=(*looks, *attributes)[-MAX_NAME_WORDS:],
        is_place=wordnet().is_place(compound if wordnet().senses(compound) else head),
        said=' '.join(words),
    )


def mentions(caption: str) -> tuple[Mention, ...]:
    """
    Return the things that a caption names, each name once, in order.

    A thing is a noun that WordNet calls visible or a pack knows, or, after a determiner or
    number, any word that no dictionary knows: 'a K7 gripper'.
    Captions are untrusted: length and number are bounded.
    """
    return tuple(_read(caption).found.values())


def every_mention(caption: str) -> tuple[Mention, ...]:
    """Return each mention of a caption by itself, so that all attributes of a name are there."""
    return tuple(_read(caption).every)


@lru_cache(maxsize=1 << 14)
def _read(caption: str) -> _Reader:
    text = _QUOTED.sub(' , ', caption[:MAX_CHARS].casefold().replace('\u2019', "'"))
    text = english().viewer.sub(' , ', text)
    words = [word for word in _TOKEN.findall(text) if len(word) <= _MAX_WORD_CHARS]
    reader = _Reader()
    reader.read(words)
    return reader
