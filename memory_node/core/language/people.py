"""Which labels mean people, and what a caption says without them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property, lru_cache
import re
from typing import Any

import yaml

from memory_node.core.language.mentions import every_mention, MAX_CHARS, MAX_MENTIONS
from memory_node.core.language.noun_phrases import head_noun
from memory_node.core.language.sign_labels import sign_text
from memory_node.core.language.text import clean_label, lemmas, tokenize
from memory_node.core.language.wordnet import DATA, Flag, wordnet

__all__ = ['People']

#: Where one sentence ends and the next begins.
_SENTENCES = re.compile(r'(?<=[.!?])\s+|[\r\n]+')
#: What joins the words of a label: "coffee#maker".
_JOINED = re.compile(r'(?<=\w)[#_](?=\w)')


@lru_cache(maxsize=1)
def _data() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((DATA / 'people.yaml').read_text(encoding='utf-8'))
    return read


def _synsets(names: Iterable[str]) -> frozenset[int]:
    return frozenset(sense.synset for name in names for sense in wordnet().senses(name))


class People:
    """
    Tells people from things by WordNet, ``data/people.yaml`` and the packs in use.

    What a pack lists is a thing ("order picker") unless ``people.yaml`` says otherwise.
    In doubt a name is taken for people.
    """

    def __init__(self, things: Iterable[str]) -> None:
        """Take these names for things."""
        self._things = frozenset(clean_label(name) for name in (*things, *_data()['things']))
        self._surely = frozenset(_data()['people'])
        self._pronouns = frozenset(_data()['pronouns'])

    @cached_property
    def _kinds(self) -> frozenset[int]:
        return _synsets(_data()['kinds'])

    @cached_property
    def _parts(self) -> frozenset[int]:
        return _synsets(_data()['parts'])

    def means_person(self, label: str) -> bool:
        """
        Return whether a label of a detector names a person, people, or a part of one.

        What a sign says does not: "WOMEN" is a door plate.
        """
        if sign_text(label):
            return False
        name = clean_label(label)
        if self._names_person(name):
            return True
        words = tokenize(name)
        best = wordnet().best(words[-1]) if words else None
        if best is None or name in self._things:
            return False
        if not self._parts & ({best.synset} | wordnet().kinds_of(words[-1])):
            return False
        return len(words) == 1 or any(map(self._names_person, words[:-1]))

    def _names_person(self, name: str) -> bool:
        words = [word for word in lemmas(name) if not word.isdecimal()]  # "person 2"
        if not words:
            return False
        whole = ' '.join(words)
        if whole in self._surely:
            return True
        if name in self._things or whole in self._things:
            return False
        best = wordnet().best(whole)
        if best is not None and self._is_kind(whole):
            return True
        if best is not None and best.flags & Flag.ARTIFACT:
            return False
        head = head_noun(' '.join(words))
        return head in self._surely or (best is None and self._is_kind(head))

    def _is_kind(self, noun: str) -> bool:
        return wordnet().is_person(noun) or bool(self._kinds & wordnet().kinds_of(noun))

    def spared(self, text: str) -> str:
        """
        Return a text without the sentences that speak of people.

        So does a sentence that is too long to be read whole. Names such as "Anna" are in no
        vocabulary, and what stands in quotes is writing: both stay.
        """
        sentences = [part for part in _SENTENCES.split(text) if part.strip()]
        kept = [sentence for sentence in sentences if not self._speaks_of_people(sentence)]
        return text if len(kept) == len(sentences) else ' '.join(kept)

    def _speaks_of_people(self, sentence: str) -> bool:
        if len(sentence) > MAX_CHARS:
            return True
        words = tokenize(sentence)
        if self._pronouns.intersection(words) or any(map(self._owned, words, [*words[1:], ''])):
            return True
        found = every_mention(_JOINED.sub(' ', sentence))
        return len(found) >= MAX_MENTIONS or any(
            self._names_person(mention.name) for mention in found if not mention.negated
        )

    def _owned(self, word: str, following: str) -> bool:
        """Return whether something is somebody's: "a nurse's hand", not "the men's room"."""
        if not word.endswith("'s") or wordnet().is_place(following):
            return False
        return self._names_person(word[:-2])
