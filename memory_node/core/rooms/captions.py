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

from memory_node.core.language.noun_phrases import split_name
from memory_node.core.language.text import english, singular_phrase
from memory_node.core.language.wordnet import wordnet
from memory_node.core.rooms.vocabulary import plain, Vocabulary

__all__ = ['CaptionReader', 'PlaceName']

#: How sure the three kinds of wording are; a vote in this size.
LISTED, PLACE_NOUN, POSITION = 1.0, 0.8, 0.4

# fmt: off
_LOOKS = frozenset(
    """
    a an the this that my our your its his her their some another other one same whole entire
    beautiful beige big black blue bright brown clean clear cluttered cosy cozy dark different dim
    dirty empty furnished gray green grey huge large light little long messy modern narrow neat new
    nice old open orange pink plain purple quiet red simple small spacious stylish sunny tall tidy
    tiny typical unfurnished unknown warm white wide wooden yellow well lit dimly brightly very
    fully partly partially rather quite indoor interior residential domestic high low ceilinged
    carpeted tiled painted decorated sparsely plan
    """.split()  # noqa: SIM905  a list of words is read as one
)
#: Words that end a noun phrase.
_ENDS = frozenset(
    """
    and as at behind beside beyond by can contains containing contain featuring features filled for
    from has have having in inside is are was were near next of on opens or seen setting shows
    showing that there through to under viewed where which while with without into onto along
    against between around above below across lit leading leads full equipped furnished it over
    but looking located situated up down
    """.split()  # noqa: SIM905  a list of words is read as one
)
#: Nouns that hold the place of a place: parts of a picture or of any room.
_NO_PLACE = frozenset(
    """
    background foreground middle center centre distance picture photo image scene view front back
    left right side corner wall floor ceiling top bottom row line way camera frame end edge air
    stretch spot part nothing particular something anything everything thing things lot bunch pile
    couple number group kind sort type piece place area room space section one day night morning
    dark light daylight sun shade use progress action order addition total case fact robot house
    home building apartment flat interior other rest same here
    """.split()  # noqa: SIM905  a list of words is read as one
)
# fmt: on
_WORD = r"[^\W\d_][\w'-]*"
#: Wording before a place: the view is of or in it.
_POSITION = re.compile(
    r"\b(?:this is|here is|it is|it's|that is|we are in|i am in|i'm in|you are in|inside|"
    r'(?:standing|located|situated|sitting) in|(?:view|photo|picture|image|part|corner|end|side|'
    r'middle|interior|inside|shot) of|welcome to|in|at) (?:a|an|the|this|our|my|his|her|their) '
    rf'(?P<rest>{_WORD}(?: (?:{_WORD}|\d+)){{0,4}})'
)
#: A caption that opens with what holds all the rest: "a brewhouse with a mash tun".
_OPENING = re.compile(
    rf'(?:a|an|the|this|our) ({_WORD})(?= (?:with|containing|full of|where|that has|which has)\b)'
)
#: Wording before a place that lies elsewhere.
_ELSEWHERE = re.compile(
    r'(?:\b(?:to|into|towards?|near|beyond|past|outside|behind|beside|onto|from|next to|'
    r'adjacent to|opposite|overlooking|through|facing|before|leaving|not|no|toward) '
    r"(?:(?:a|an|the|this|another|that|what looks like) )?(?:[\w'-]+ ){0,2}?)$"
)
_NUMBER = re.compile(r'^(?:[a-z]?\d+[a-z]?|[a-z])$')


@dataclass(frozen=True, slots=True)
class PlaceName:
    """A place that a caption says it shows, and how much that wording is worth."""

    name: str
    weight: float


def _is_of(name: str, labels: frozenset[str]) -> bool:
    """Return whether a name is a label, whatever is said of it: "chrome mirrors"."""
    return not labels.isdisjoint((name, singular_phrase(name), split_name(name)[1]))


def _ends_name(word: str) -> bool:
    """Return whether a word after a name is no part of it: "in the kitchen a kettle boils"."""
    return word in _ENDS or word in english().determiners or word in english().numbers


class CaptionReader:
    """Finds the places that captions name; immutable and thread-safe."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        """Compile the names of ``vocabulary``."""
        self._vocabulary = vocabulary
        names = sorted(vocabulary.phrases | vocabulary.heads, key=lambda n: (-len(n), n))
        self._listed = re.compile(rf"(?<![\w'-])(?:{'|'.join(map(re.escape, names))})(?![\w'-])")
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
        text = plain(caption)
        found: dict[str, float] = {}
        for match in self._listed.finditer(text):
            if name := self._standing_alone(text, match):
                weight = LISTED if self._vocabulary.index(name) >= 0 else PLACE_NOUN
                found[name] = max(found.get(name, 0.0), weight)
        if not found and (opening := _OPENING.match(text)) and self._may_be_place(opening[1]):
            found[singular_phrase(opening[1])] = PLACE_NOUN
        if not found:
            for match in _POSITION.finditer(text):
                if name := self._unlisted(match['rest']):
                    found.setdefault(name, POSITION)
        return tuple(PlaceName(name, weight) for name, weight in found.items())

    def _standing_alone(self, text: str, match: re.Match[str]) -> str:
        """Return the place that a listed name or place noun is the end of, or ''."""
        before, after = text[: match.start()], text[match.end() :]
        following = re.match(r"\s+([\w'-]+)", after)
        number = ''
        if re.match(r' of (?!(?:a|an|the|this|our|my)\b)', after):  # a bar of soap
            return ''
        if following:
            if _NUMBER.match(following[1]) and following[1] != 'a':
                number = ' ' + following[1]
            elif not _ends_name(following[1]) and not self._is_area(following[1]):
                return ''
        if _ELSEWHERE.search(before):
            return ''
        name = match[0]
        words = re.findall(r"[\w'-]+(?=[\w' -]*$)", before)[-3:]
        kept: list[str] = []
        for word in reversed(words):
            if word in _LOOKS or word in _ENDS or not re.match(_WORD + '$', word):
                break
            kept.insert(0, word)
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

    def _may_be_place(self, word: str) -> bool:
        """Tell whether an unlisted noun is a place: by the dictionary, else by its last part."""
        if word in _NO_PLACE:
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
        while words and words[0] in _LOOKS:
            words.pop(0)
        for i, word in enumerate(words):
            if word in _ENDS:
                words = words[:i]
                break
        if not words or words[-1] in _NO_PLACE or len(words) > 3:
            return ''
        return singular_phrase(' '.join(words))
