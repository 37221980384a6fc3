"""Names of rooms: kinds, synonyms, head nouns and usual contents, from ``data/rooms.yaml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property, lru_cache
import hashlib
from pathlib import Path
import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from memory_node.core.language.affordances import AffordancePacks, DATA
from memory_node.core.language.text import english, singular_phrase
from memory_node.core.language.yaml_text import read_yaml

__all__ = [
    'RoomKind',
    'Vocabulary',
    'default_vocabulary',
    'load_vocabulary',
    'plain',
    'split_number',
]

_NUMBERED = r'[a-z]?\d+(?:[.-]\d+)?[a-z]?'
_NUMBER = re.compile(rf' (?:number |no\.? ?|#)?({_NUMBERED}|[a-z])$')
_APOSTROPHES = str.maketrans({'\u2019': "'", '\u2018': "'", '_': ' '})


@lru_cache(maxsize=65536)
def plain(text: str) -> str:
    """Return lower-case text with single spaces and straight apostrophes."""
    return re.sub(r'\s+', ' ', text.translate(_APOSTROPHES).casefold()).strip()


@lru_cache(maxsize=65536)
def split_number(name: str) -> tuple[str, str]:
    """
    Return a plain name without the number or letter at its end, and that; '' for none.

    "Room seven" ends in 7.
    """
    if re.fullmatch(_NUMBERED, name):
        return '', name
    before, _, last = name.rpartition(' ')
    if before and last in english().numbers:
        return before, str(english().numbers[last])
    match = _NUMBER.search(name)
    return (name[: match.start()], match[1]) if match else (name, '')


@dataclass(frozen=True, slots=True)
class RoomKind:
    """One kind of room: what else it is called and what usually stands in it."""

    name: str
    also: tuple[str, ...]
    kind_of: tuple[str, ...]
    near: tuple[str, ...]
    defining: frozenset[str]
    typical: frozenset[str]
    #: What one does there.
    uses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CaptionWords:
    """How captions speak of places."""

    #: Before the name of a place and no part of it, and words that end it.
    looks: frozenset[str]
    ends: frozenset[str]
    #: Nouns that hold the place of a place: parts of a picture or of any room.
    no_place: frozenset[str]
    #: Before what a sign says; patterns.
    signs: tuple[str, ...]


class Vocabulary:
    """Every listed kind of room; immutable and thread-safe."""

    def __init__(
        self,
        kinds: tuple[RoomKind, ...],
        heads: frozenset[str],
        bare: frozenset[str],
        captions: CaptionWords,
    ) -> None:
        """Index kinds by every name they have; the first kind that claims a name keeps it."""
        self.kinds = kinds
        self.captions = captions
        #: Nouns that name a place when a word stands before them.
        self.heads = heads
        #: Those of ``heads`` that say nothing when they stand alone.
        self.bare = bare
        self._index = {kind.name: i for i, kind in enumerate(kinds)}
        self._of: dict[str, int] = dict(self._index)
        for i, kind in enumerate(kinds):
            for name in kind.also:
                self._of.setdefault(name, i)

    def __len__(self) -> int:
        """Return the number of kinds."""
        return len(self.kinds)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Canonical names in the order of the file."""
        return tuple(kind.name for kind in self.kinds)

    @property
    def phrases(self) -> frozenset[str]:
        """Every listed name and synonym."""
        return frozenset(self._of)

    def index(self, phrase: str) -> int:
        """Return which kind a name or synonym is of, with a number or not; -1 for none."""
        name = plain(phrase)
        for form in (name, singular_phrase(name), split_number(name)[0]):
            if (kind := self._of.get(form, -1)) >= 0:
                return kind
        return -1

    @property
    def packs(self) -> AffordancePacks:
        """What places are for, as a pack with one row a kind."""
        return AffordancePacks(tuple(((kind.name, *kind.also), kind.uses) for kind in self.kinds))

    @property
    def digest(self) -> str:
        """What tells this vocabulary from others, for what is derived with it."""
        kinds = [
            (k.name, k.also, k.kind_of, k.near, sorted(k.defining), sorted(k.typical))
            for k in self.kinds
        ]
        captions = [sorted(getattr(self.captions, f.name)) for f in fields(CaptionWords)]
        said = repr((kinds, sorted(self.heads), sorted(self.bare), captions))
        return hashlib.sha256(said.encode()).hexdigest()[:16]

    def is_room_name(self, name: str) -> bool:
        """Tell whether a name is listed, or ends in a noun that names a place."""
        return self.index(name) >= 0 or name.split()[-1] in self.heads

    def head_index(self, phrase: str) -> int:
        """Return the kind that the last words of ``phrase`` name, -1 for none."""
        words = split_number(plain(phrase))[0].split()
        for start in range(len(words)):
            if (kind := self.index(' '.join(words[start:]))) >= 0:
                return kind
        return -1

    def related(self, kind: int, relation: str) -> NDArray[np.int64]:
        """
        Return the kinds that can stand for another one.

        Parameters
        ----------
        kind
            What is asked for.
        relation
            ``narrower`` for kinds of it; ``near`` for what it is easily mixed up with, which
            its broader kinds are too.

        """
        asked = self.kinds[kind]
        if relation == 'narrower':
            found = [i for i, other in enumerate(self.kinds) if asked.name in other.kind_of]
        else:
            names = {*asked.near, *asked.kind_of}
            found = [
                i
                for i, other in enumerate(self.kinds)
                if other.name in names or asked.name in other.near
            ]
        return np.array([i for i in found if i != kind], np.int64)


def load_vocabulary(path: Path | None = None, extra: Path | None = None) -> Vocabulary:
    """
    Return the rooms of a YAML file, with those of a second one over them.

    Parameters
    ----------
    path
        The vocabulary; None for the one that is installed.
    extra
        A user's own kinds: new ones are added, known ones get more names and contents.

    Raises
    ------
    ValueError
        A file is not of the form that ``data/rooms.yaml`` describes.

    """
    files = (path or DATA / 'rooms.yaml', *([extra] if extra is not None else []))
    return _merged(tuple((str(file), _text(file)) for file in files))


@lru_cache(maxsize=4)
def _merged(files: tuple[tuple[str, str], ...]) -> Vocabulary:
    """Return the vocabulary of some texts, each with the name of its file."""
    table, *others = (_read(*file) for file in files)
    for more in others:
        for name, entry in more['rooms'].items():
            known = table['rooms'].setdefault(name, {})
            for key, values in entry.items():
                known[key] = [*known.get(key, ()), *values]
        for key in ('heads', 'bare'):
            table[key] = [*table[key], *more[key]]
        for key, values in more['captions'].items():
            table['captions'][key] = [*table['captions'][key], *values]
    return _vocabulary(table)


@lru_cache(maxsize=1)
def default_vocabulary() -> Vocabulary:
    """Return the installed vocabulary; read once."""
    return load_vocabulary()


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding='utf-8')
    except ValueError as error:
        raise ValueError(f'{path}: {error}') from error


def _read(source: str, text: str) -> dict[str, Any]:
    try:
        table = read_yaml(text)
    except ValueError as error:
        raise ValueError(f'{source}: {error}') from error
    if not isinstance(table, Mapping) or not isinstance(table.get('rooms'), Mapping):
        raise ValueError(f'{source}: expected a mapping with the key "rooms"')
    rooms: dict[str, dict[str, list[Any]]] = {}
    for name, entry in table['rooms'].items():
        entry = entry or {}
        lists = isinstance(entry, Mapping) and all(isinstance(v, list) for v in entry.values())
        if not lists:
            raise ValueError(f'{source}: expected lists under {name!r:.80}')
        rooms[plain(str(name))] = dict(entry)
    heads, bare = table.get('heads') or [], table.get('bare') or []
    if not (isinstance(heads, list) and isinstance(bare, list)):
        raise ValueError(f'{source}: expected lists under "heads" and "bare"')
    captions = table.get('captions') or {}
    known = {f.name for f in fields(CaptionWords)}
    lists = isinstance(captions, Mapping) and all(isinstance(v, list) for v in captions.values())
    if not lists or not set(captions) <= known:
        raise ValueError(f'{source}: expected lists under captions: {", ".join(sorted(known))}')
    return {
        'rooms': rooms,
        'heads': heads,
        'bare': bare,
        'captions': {name: list(captions.get(name, ())) for name in known},
    }


def _vocabulary(table: Mapping[str, Any]) -> Vocabulary:
    def words(entry: Mapping[str, Any], key: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(plain(str(word)) for word in entry.get(key, ())))

    kinds = tuple(
        RoomKind(
            name,
            words(entry, 'also'),
            words(entry, 'kind_of'),
            words(entry, 'near'),
            frozenset(words(entry, 'defining')),
            frozenset(words(entry, 'typical')),
            tuple(' '.join(str(use).split()) for use in entry.get('uses', ())),
        )
        for name, entry in table['rooms'].items()
    )
    said = table['captions']
    captions = CaptionWords(
        looks=frozenset(words(said, 'looks')),
        ends=frozenset(words(said, 'ends')),
        no_place=frozenset(words(said, 'no_place')),
        signs=tuple(map(str, said['signs'])),
    )
    return Vocabulary(
        kinds, frozenset(words(table, 'heads')), frozenset(words(table, 'bare')), captions
    )
