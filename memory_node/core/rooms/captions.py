"""
Which place a caption says it shows, in any words.

Three kinds of wording name a place: a listed name that stands by itself ("a kitchen with a
stove"; "a kitchen sink" names none), a word before a place noun ("the milking parlour", "bay 4"),
and whatever stands where captions put the place ("this is the whelping box", "a view of the ...").
A place that lies elsewhere ("a door to the garage") is not what the view shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
import re

from memory_node.core.language.affordances import things
from memory_node.core.language.noun_phrases import split_name
from memory_node.core.language.roles import (
    ADJECTIVE,
    is_adjective,
    is_participle,
    NOUNS,
    role_of,
    VERB,
)
from memory_node.core.language.sign_labels import without_texts
from memory_node.core.language.text import english, singular_phrase
from memory_node.core.language.wordnet import wordnet
from memory_node.core.rooms.vocabulary import plain, Vocabulary

__all__ = ['CaptionReader', 'PlaceName']

#: How sure the three kinds of wording are; a vote in this size.
LISTED, PLACE_NOUN, POSITION = 1.0, 0.8, 0.4

_WORD = r"[^\W\d_][\w'-]*"
_DETERMINER = r'(?:a|an|the|this|our|my|his|her|their)'
_PHRASE = rf'(?P<rest>{_WORD}(?: (?:{_WORD}|\d+)){{0,4}})'
#: Wording before a place that the view is of: whatever stands here is one.
_HERE = re.compile(
    r"\b(?:this is|here is|it is|it's|that is|we are in|i am in|i'm in|you are in|"
    r'(?:standing|located|situated|sitting) in|'
    r'(?P<shown>view|photo|picture|image|interior|shot) of|'
    rf'welcome to) (?P<determiner>{_DETERMINER}) {_PHRASE}'
)
#: Wording before a place, or before any thing: "at the foot", "in a pot".
_WITHIN = re.compile(
    r'\b(?:inside|(?:part|corner|end|side|middle|inside) of|in|at) '
    rf'{_DETERMINER} {_PHRASE}'
)
#: A caption that opens with what holds all the rest: "a brewhouse with a mash tun".
_OPENING = re.compile(
    rf'(?:a|an|the|this|our) ({_WORD})(?= (?:with|containing|full of|where|that has|which has)\b)'
)
#: What stands before a place that the view shows, its looks left out: nothing, a sentence or
#: one of these words.
_BEFORE = re.compile(
    r'(?:^|[.;:!?] ?|\b(?:in|at|inside|of|is|be|like|shows|to|into|enter|entering) ?)$'
)
#: What follows a place that opens a caption.
_AFTER = re.compile(
    r' (?:with|containing|full of|where|(?:that|which) (?:has|holds)|is|has|there)\b|[:.,;]|$'
)
#: What a sign says where no list knows it: "Exam 1", "B12".
_NUMBERED = r'(?:(?:[A-Z][\w-]*[ -]){1,2}|[A-Z]{1,3}-?)\d{1,4}[A-Za-z]?'
#: Wording before a place that lies elsewhere.
_ELSEWHERE = re.compile(
    r'(?:\b(?:to|into|towards?|by|near|beyond|past|outside|behind|beside|onto|from|next to|'
    r'adjacent to|opposite|overlooking|through|facing|before|leaving|not|no|toward) '
    r"(?:(?:a|an|the|this|another|that|what looks like) )?(?:[\w'-]+ ){0,2}?)$"
)
#: Characters about a name that are looked at: a caption of a thousand rooms is read in one go.
_AROUND = 160
#: What follows the "a" of "room a", and no article.
_LONE = re.compile(r'\s*(?:[^\w\s]|$)')
_NUMBER = re.compile(r'^(?:[a-z]?\d+[a-z]?|[a-z])$')


@dataclass(frozen=True, slots=True)
class PlaceName:
    """A place that a caption says it shows, and how much that wording is worth."""

    name: str
    weight: float


def _is_of(name: str, labels: frozenset[str]) -> bool:
    """Return whether a name is a label, whatever is said of it: "chrome mirrors"."""
    return not labels.isdisjoint((name, singular_phrase(name), split_name(name)[1]))


def _is_compound_look(word: str) -> bool:
    """Return whether a word with hyphens tells how a place looks: "high-ceilinged"."""
    first, _, last = word.rpartition('-')
    return bool(first) and role_of(last) in (ADJECTIVE, VERB) and is_adjective(word)


def _is_thing(name: str) -> bool:
    """Return whether packs or the dictionary know a name as one of a thing, and of no place."""
    last = name.rpartition(' ')[2]
    known = not things().isdisjoint((name, last)) or wordnet().is_physical(last)
    return known and not wordnet().is_place(last)


def _holds_thing(before: str) -> bool:
    """Return whether the verb before "in a ..." puts a thing there: "hangs", "standing"."""
    last = before.rstrip().rpartition(' ')[2]
    return role_of(last) == VERB or (last.endswith('ing') and bool(wordnet().verb_base(last)))


class CaptionReader:
    """Finds the places that captions name; immutable and thread-safe."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        """Compile the names of ``vocabulary``."""
        self._vocabulary, self._words = vocabulary, vocabulary.captions
        signs = rf'\b(?:{"|".join(vocabulary.captions.signs)})'
        self._sign = re.compile(rf'{signs}[:,]? ["\u201c\u2018\']?$', re.IGNORECASE)
        self._signed = re.compile(rf'(?i:{signs})[:,]? ["\u201c\u2018\']?({_NUMBERED})\b(?! ?%)')
        names = sorted(vocabulary.phrases | vocabulary.heads, key=lambda n: (-len(n), n))
        self._listed = re.compile(
            rf"(?<![\w'-])(?:{'|'.join(map(re.escape, names))})(?![\w-]|'(?!s\b))"
        )
        self.read = lru_cache(maxsize=1 << 17)(self._read)

    def names(
        self, captions: Sequence[str], labels: frozenset[str]
    ) -> list[tuple[PlaceName, ...]]:
        """Return the places of each caption; what detectors call a thing ("toilet") is none."""
        return [
            tuple(p for p in self.read(caption) if not _is_of(p.name, labels))
            for caption in captions
        ]

    def _read(self, caption: str) -> tuple[PlaceName, ...]:
        caption = without_texts(caption)  # read from far; ``plates.py`` says what they name
        text = plain(caption)
        found: dict[str, float] = {}
        for match in self._listed.finditer(text):
            if name := self._standing_alone(text, match):
                weight = LISTED if self._vocabulary.index(name) >= 0 else PLACE_NOUN
                found[name] = max(found.get(name, 0.0), weight)
        if not found:
            for match in self._signed.finditer(caption):
                found[plain(match[1])] = PLACE_NOUN
        if not found and (opening := _OPENING.match(text)) and self._may_be_place(opening[1]):
            found[singular_phrase(opening[1])] = PLACE_NOUN
        if not found:
            for match in _HERE.finditer(text):
                name = self._unlisted(match['rest'])
                any_thing = match['shown'] and match['determiner'] in ('a', 'an')
                if name and not (any_thing and _is_thing(name)):
                    found.setdefault(name, POSITION)
            for match in _WITHIN.finditer(text):
                if _holds_thing(text[: match.start()]):
                    continue
                name = self._unlisted(match['rest'])
                last = name.rpartition(' ')[2]
                listed = wordnet().is_place(name) and name not in things()
                known = last in self._vocabulary.heads or listed
                if name and (known or self._may_be_place(last)):
                    found.setdefault(name, POSITION)
        return tuple(PlaceName(name, weight) for name, weight in found.items())

    def _standing_alone(self, text: str, match: re.Match[str]) -> str:
        """Return the place that a listed name or place noun is the end of, or ''."""
        before = text[max(0, match.start() - _AROUND) : match.start()]
        after = text[match.end() : match.end() + _AROUND]
        following = re.match(r"\s+([\w'-]+)", after)
        number = ''
        if re.match(r' of (?!(?:a|an|the|this|our|my)\b)', after):  # a bar of soap
            return ''
        if following:
            letter = following[1] != 'a' or _LONE.match(after[following.end() :])
            if _NUMBER.match(following[1]) and letter:
                number = ' ' + following[1]
            elif not self._ends_name(following[1]) and not self._is_area(following[1]):
                return ''
        if _ELSEWHERE.search(before):
            return ''
        name = match[0]
        words = re.findall(r"[\w'-]+(?=[\w' -]*$)", before)[-3:]
        kept: list[str] = []
        for word in reversed(words):
            if word in self._words.looks | self._words.ends or not re.match(_WORD + '$', word):
                break
            if _is_compound_look(word):
                break
            kept.insert(0, word)
        compound = any(role_of(word) in NOUNS for word in kept)
        if (compound or singular_phrase(name) in things()) and not self._in_place(
            before, name, after, len(' '.join(kept))
        ):
            return ''  # "with a blue light bar"
        known = self._vocabulary.index(name)
        longer = ' '.join([*kept[-2:], name])
        if known >= 0 and self._vocabulary.index(longer) < 0:
            if not kept or name.split()[-1] not in self._vocabulary.heads:
                longer = name
        elif known < 0 and not kept and not number and name in self._vocabulary.bare:
            return ''
        if self._vocabulary.index(' '.join(kept)) >= 0 and not wordnet().is_place(name):
            return ''  # a kitchen counter
        return longer + number

    def _in_place(self, before: str, name: str, after: str, kept: int) -> bool:
        """Tell whether a name with ``kept`` characters before it is where captions put places."""
        lead = before.rstrip()[: len(before.rstrip()) - kept].rstrip()
        while self._is_before_name(word := lead.rpartition(' ')[2]):
            lead = lead[: len(lead) - len(word)].rstrip()
        if self._sign.search(f'{lead} '):
            return True
        at = _BEFORE.search(lead)
        if at is None:
            return False
        opens = not at[0].strip(' .;:!?')
        return not opens or wordnet().is_place(name) or _AFTER.match(after) is not None

    def _is_before_name(self, word: str) -> bool:
        """Return whether a word before the name of a place is no part of it: "a cold, small"."""
        bare = word.removesuffix(',')
        is_look = is_adjective(bare) if bare != word else _is_compound_look(bare)
        return bare in self._words.looks or is_look

    def _ends_name(self, word: str) -> bool:
        """Return whether a word after a name is no part of it: "in the kitchen a kettle boils"."""
        return (
            word in self._words.ends or word in english().determiners or word in english().numbers
        )

    def _may_be_place(self, word: str) -> bool:
        """Tell whether an unlisted noun is a place: by the dictionary, else by its last part."""
        if word in self._words.no_place or word in things():
            return False
        if wordnet().is_noun(word):
            return wordnet().is_place(word)
        return any(word.endswith(head) for head in self._vocabulary.heads)

    def _is_area(self, word: str) -> bool:
        """Tell whether a word after a place goes on naming it: "kitchen area", no "counter"."""
        return word in self._vocabulary.bare and wordnet().is_place(word)

    def _unlisted(self, rest: str) -> str:
        """Return the noun phrase that ``rest`` begins with, or '' where it names no place."""
        words = rest.split()
        while words and self._is_before_name(words[0]):
            words.pop(0)
        for i, word in enumerate(words):
            if word in self._words.ends or (i and is_participle(word)):  # "a herbarium smelling"
                words = words[:i]
                break
        if not words or words[-1] in self._words.no_place or len(words) > 3:
            return ''
        if len(words) == 1 and words[0] in self._vocabulary.bare:
            return ''
        return singular_phrase(' '.join(words))
