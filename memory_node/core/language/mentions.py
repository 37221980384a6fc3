"""The things that a caption says are there, or are not, in any vocabulary."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache
import re

from memory_node.core.language.noun_phrases import split_name
from memory_node.core.language.text import english, singular
from memory_node.core.language.wordnet import Part, wordnet

__all__ = ['MAX_MENTIONS', 'Mention', 'every_mention', 'is_noun_phrase', 'mentions']

#: Mentions read from one caption, characters of it, and words of one name; the rest is cut.
MAX_MENTIONS = 64
MAX_CHARS = 4000
MAX_NAME_WORDS = 4
_MAX_WORD_CHARS = 40

_TOKEN = re.compile(r"[^\W_]+(?:['\u2019-][^\W_]+)*|[^\w\s]")
#: Writing on a sign names nothing that stands there.
_QUOTED = re.compile(r'"[^"]*"|\u201c[^\u201d]*\u201d')

# What a word does in a noun phrase.
_DETERMINER, _NUMBER, _NEGATION, _BOUNDARY, _PUNCTUATION = range(5)
_NOUN, _PLURAL, _ADJECTIVE, _VERB, _ADVERB, _UNKNOWN = range(5, 11)
_NOUNS = (_NOUN, _PLURAL, _UNKNOWN)
#: What follows a verb that follows a noun ("a man rides a horse").
_AFTER_VERB = (_DETERMINER, _NUMBER, _BOUNDARY, _ADJECTIVE)
#: What may stand around a noun phrase and is no part of it.
_MARKS, _JOINING = (_PUNCTUATION, _NEGATION), frozenset({'and', 'or'})
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


@lru_cache(maxsize=1 << 16)
def _role(word: str) -> int:
    grammar = english()
    if not (word[0].isalnum()):
        return _PUNCTUATION
    if word in grammar.negations or word.endswith("n't"):
        return _NEGATION
    if word in grammar.numbers or word.isdecimal():
        return _NUMBER
    base = word.partition("'")[0]  # "that's", "they've"
    if {word, base} & (grammar.boundaries | grammar.auxiliaries):
        return _BOUNDARY
    if word in grammar.determiners:
        return _DETERMINER
    if '-' in word:
        return _hyphenated_role(word)
    if word.endswith("'s") and wordnet().is_noun(word[:-2]):
        return _NOUN  # "the captain's chair" is a chair, and no captain
    if word in grammar.colours or word in grammar.materials:
        return _ADJECTIVE
    part = wordnet().dominant_pos(word)
    if part == Part.NOUN:
        return _NOUN if singular(word) == word else _PLURAL
    if part == Part.VERB:
        uses = wordnet().uses(singular(word))
        if uses is not None and 2 * uses.noun > uses.verb and wordnet().is_physical(word):
            return _NOUN if singular(word) == word else _PLURAL  # 'sign'
        looks = word.endswith(('ed', 'en')) or (uses is not None and uses.adjective > 0)
        return _ADJECTIVE if looks and not word.endswith('ing') else _VERB
    return _ROLES[part]


_ROLES = {Part.ADJECTIVE: _ADJECTIVE, Part.ADVERB: _ADVERB, Part.UNKNOWN: _UNKNOWN}


def _hyphenated_role(word: str) -> int:
    first, last = word.split('-', 1)[0], word.rsplit('-', 1)[-1]
    noun = _NOUN if singular(last) == last else _PLURAL
    if wordnet().senses(word.replace('-', ' ')):
        return noun
    is_look = first in english().numbers or not wordnet().is_noun(first)
    return _ADJECTIVE if is_look or _role(last) not in _NOUNS else noun


@lru_cache(maxsize=1 << 14)
def is_noun_phrase(text: str) -> bool:
    """
    Return whether a text is a noun phrase, with at most nouns after "of".

    "The gray filing cabinet" is one; "the leftovers will spoil" and "nature calls, ..." are not.
    """
    words = _TOKEN.findall(text.casefold().replace('\u2019', "'"))
    for end in (-1, 0):  # "lamp?", "(a lamp", "lamp AND": syntax of searches says nothing
        while words and (_role(words[end]) in _MARKS or words[end] in _JOINING):
            words.pop(end)
    roles = [
        _NOUN if word == 'can' and wordnet().senses(f'{before} can') else _role(word)
        for before, word in zip(['', *words], words, strict=False)
    ]
    plain = bool(words) and all(
        role in (_DETERMINER, _NUMBER, *_NOUNS, _ADJECTIVE)
        or word == 'of'
        or (role == _VERB and (word.endswith(('ing', 'ed', 'en')) or wordnet().senses(word)))
        for word, role in zip(words, roles, strict=True)
    )
    # A last word in -s is a plural: "pillar drills".
    clauses = zip(words[:-1], words[1:-1], strict=False)
    return plain and not any(_is_finite(one, other) for one, other in clauses)


def _is_finite(subject: str, verb: str) -> bool:
    """Return whether a noun and the verb that follows it are a clause ('my son loves')."""
    return (
        verb.endswith('s')
        and _role(subject) in (_NOUN, _UNKNOWN)
        and wordnet().dominant_pos(verb.removesuffix('s')) == Part.VERB
        and not wordnet().senses(f'{subject} {singular(verb)}')
    )


@lru_cache(maxsize=1 << 16)
def _is_participle(word: str) -> bool:
    """Return whether a word in '-ing' is rather a verb than a thing ('riding'; not 'ceiling')."""
    return (
        word.endswith('ing')
        and not wordnet().is_physical(word)
        and bool(wordnet().verb_base(word))
    )


@lru_cache(maxsize=1 << 16)
def _is_verb(word: str, role: int, after_plural: bool) -> bool:
    """Return whether a word right after a noun is its verb ('a lamp stands', 'cars line')."""
    if not after_plural and role != _PLURAL:
        return False
    uses = wordnet().uses(wordnet().verb_base(word) or word)
    return uses is not None and uses.verb > (0 if after_plural else uses.noun)


@lru_cache(maxsize=1 << 16)
def _goes_on(word: str) -> bool:
    """
    Return whether a verb right after a singular noun is the noun that the name goes on with.

    The verb of one thing ends in -s, so that of 'a cash register' is none.
    """
    return not wordnet().verb_base(word) and wordnet().is_physical(word)


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

    def read(self, words: list[str]) -> None:
        """Take in the words of a caption, in lower case."""
        roles = [_role(word) for word in words]
        roles.append(_PUNCTUATION)
        for i, word in enumerate(words):
            if word == 'can' and self._is_can():
                self._content(word, _NOUN, roles[i + 1])
            elif roles[i] >= _NOUN:
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
        return bool(wordnet().senses(f'{phrase.words[-1]} can'))

    def _function(self, word: str, role: int) -> None:
        """Take a word of grammar, which ends the phrase before it."""
        named = self._close(before_of=word == 'of')
        if role == _NEGATION:
            self._negated = self._phrase.opened = True
        elif role == _NUMBER:
            self._phrase.count = english().numbers.get(word) or int(word[:4])
            self._phrase.opened = True
            self._phrase.single = self._phrase.count == 1
        elif role == _DETERMINER:
            self._phrase.opened = True
            self._phrase.single = word in _SINGLE
        elif (
            role == _PUNCTUATION or word in _DENIAL_ENDS or (named and word not in _DENIAL_GOES_ON)
        ):
            self._negated = False
        if self._phrase.opened or word in ('of', 'with'):
            self._phrase.noun_next = True

    def _content(self, word: str, role: int, following: int) -> None:
        """Take a word that a noun phrase may be made of."""
        phrase = self._phrase
        if phrase.roles and phrase.roles[-1] in _NOUNS:
            if role == _VERB and phrase.roles[-1] == _NOUN and _goes_on(word):
                role = _NOUN
            after_plural = phrase.roles[-1] == _PLURAL
            if (
                role not in _NOUNS
                or (following < _NOUN and _is_participle(word))
                or (following in _AFTER_VERB and _is_verb(word, role, after_plural))
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
            and (role in (_VERB, _ADVERB) or _is_participle(word))
        ):
            return
        if (
            role == _VERB
            and phrase.noun_next
            and not word.endswith('ing')
            and wordnet().senses(word)
        ):
            role = _NOUN if singular(word) == word else _PLURAL  # 'a sink', 'two drills'
        phrase.words.append(word)
        phrase.roles.append(role)

    def _close(self, *, before_of: bool = False) -> bool:
        """End the phrase; return whether it named a thing."""
        phrase = self._phrase
        if not phrase.words and not phrase.noun_next:
            return False
        self._phrase = _Phrase()
        words, roles = phrase.words, phrase.roles
        while roles and roles[-1] not in _NOUNS:
            roles.pop()
            words.pop()
        if not words:
            return False
        mention = _mention(tuple(words), phrase.opened, before_of)
        if mention is None:
            return False
        is_plural = roles[-1] == _PLURAL or (
            roles[-1] == _UNKNOWN and singular(words[-1]) != words[-1]
        )
        self._add(mention, 0 if is_plural and phrase.count == 1 else phrase.count)
        return True

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
    looks = [w for w in words[:-1] if '-' in w and _role(w) == _ADJECTIVE]
    rest = ' '.join(word for word in words if word not in looks)
    attributes, name = split_name(rest.replace('-', ' '))
    parts = name.split()[-MAX_NAME_WORDS:]
    if not parts:
        return None
    head = singular(parts[-1])
    compound = ' '.join([*parts[:-1], head])
    ends = [' '.join([*parts[i:-1], head]) for i in range(len(parts) - 1)]
    known = any(wordnet().senses(end) for end in ends)
    if not known and not _is_thing(head, opened, before_of):
        return None
    return Mention(
        name=compound,
        attributes=(*looks, *attributes)[-MAX_NAME_WORDS:],
        is_place=wordnet().is_place(compound if wordnet().senses(compound) else head),
        said=' '.join(words),
    )


def _is_thing(head: str, opened: bool, before_of: bool) -> bool:
    """Return whether a noun phrase with this head names something to be seen."""
    grammar = english()
    if head in grammar.caption_frame or (before_of and head in grammar.quantities):
        return False
    if wordnet().is_noun(head):
        return wordnet().is_physical(head)
    return opened and len(head) > 1 and not head.isdecimal()


def mentions(caption: str) -> tuple[Mention, ...]:
    """
    Return the things that a caption names, each name once, in order.

    A thing is a noun that WordNet calls visible, or, after a determiner or number, any word
    that no dictionary knows: 'a K7 gripper'.
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
