"""
Write memory_node/data/wordnet.sqlite: the part of WordNet 3.0 that names visible things.

The source is Debian's package ``wordnet-base`` (``apt-get install wordnet-base``).
Run it after every change of this file: ``.venv/bin/python scripts/build_wordnet.py``.
The rows depend on the source alone, so two runs write the same tables.

Tables
------
sense
    Noun lemma with blanks for '-' and '_', rank among its visible senses (0 first), synset,
    and tag count of the sense.
synset
    Synset and its flags (see ``memory_node.core.language.wordnet.Flag``).
hypernym
    Synset and each kind that it directly is.
word
    Single word, or noun compound that also has senses not seen, and its uses as noun, verb,
    adjective and adverb: tag count plus one, 0 if it
    has no such use.
    ``relational`` marks adjectives that tell a kind ('dental') instead of a look ('wooden').
irregular
    Irregular form, its part of speech, and its base form.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
import sqlite3

from memory_node.core.language.wordnet import Flag

SOURCE = Path('/usr/share/wordnet')
DATA = Path(__file__).resolve().parents[1] / 'memory_node' / 'data'
TARGET = DATA / 'wordnet.sqlite'
LICENSE = DATA / 'WORDNET_LICENSE'

#: Visible senses kept of one lemma.
MAX_SENSES = 8
#: A synset above this many narrower ones says too little to be asked for ('device', 'covering').
MAX_NARROWER = 700

# A root is a lemma and its sense number in WordNet 3.0; a flag holds for it and all below it.
# fmt: off
ROOTS: dict[Flag, tuple[str, ...]] = {
    Flag.VISIBLE: (
        'physical_entity#1', 'sign#2', 'written_communication#1', 'visual_signal#1', 'marker#2',
        'fire#1', 'people#1', 'gathering#1', 'animal_group#1', 'vegetation#1',
        'flower_arrangement#1',
    ),
    Flag.ARTIFACT: ('artifact#1', 'sign#2', 'written_communication#1', 'marker#2'),
    Flag.PERSON: ('person#1', 'people#1'),
    Flag.ANIMAL: ('animal#1',),
    Flag.PLANT: ('plant#2', 'vegetation#1', 'flower_arrangement#1'),
    Flag.FOOD: ('food#1', 'food#2', 'beverage#1'),
    Flag.CONTAINER: ('container#1',),
    Flag.SUBSTANCE: ('substance#1', 'substance#7', 'material#1', 'matter#3'),
    Flag.PLACE: (
        'area#5', 'building#1', 'building_complex#1', 'establishment#4', 'housing#1',
        'facility#1', 'floor#2', 'passageway#1', 'aisle#1', 'road#1', 'location#1', 'land#4',
        'body_of_water#1', 'geological_formation#1', 'vegetation#1', 'porch#1', 'stadium#1',
    ),
}
#: Never visible, although WordNet puts it below a physical entity.
NOT_VISIBLE = ('process#6',)
#: Kinds that WordNet gives and nobody means: a bicycle is no container.
NOT_KINDS = (('wheeled_vehicle#1', 'container#1'),)
#: Large kinds that people ask for all the same.
ASKED_FOR = (
    'person#1', 'worker#1', 'animal#1', 'mammal#1', 'bird#1', 'fish#1', 'plant#2', 'tree#1',
    'food#1', 'food#2', 'drug#1', 'container#1',
)
# fmt: on


@dataclass(frozen=True, slots=True)
class Synset:
    """One noun synset: lexicographer file, words with their ids, kinds that it directly is."""

    lex_file: int
    words: tuple[tuple[str, int], ...]
    parents: tuple[str, ...]
    is_instance: bool


def _lines(path: Path) -> Iterator[str]:
    """Yield the data lines of a WordNet file, without the licence above them."""
    with path.open(encoding='utf-8') as file:
        yield from (line for line in file if not line.startswith(' '))


def read_synsets(source: Path) -> dict[str, Synset]:
    """Return every noun synset by its offset."""
    synsets = {}
    for line in _lines(source / 'data.noun'):
        fields = line.split(' | ')[0].split()
        n_words = int(fields[3], 16)
        words = tuple((fields[4 + 2 * i], int(fields[5 + 2 * i], 16)) for i in range(n_words))
        first = 5 + 2 * n_words
        n_pointers = int(fields[first - 1])
        pointers = [fields[first + 4 * i : first + 4 * i + 2] for i in range(n_pointers)]
        synsets[fields[0]] = Synset(
            lex_file=int(fields[1]),
            words=words,
            parents=tuple(target for symbol, target in pointers if symbol == '@'),
            is_instance=any(symbol == '@i' for symbol, _ in pointers),
        )
    return synsets


def read_tags(source: Path) -> tuple[dict[str, int], dict[str, dict[str, int]]]:
    """Return how often a corpus uses each noun sense key, and each word per part of speech."""
    senses: dict[str, int] = {}
    words: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    parts = {'1': 'noun', '2': 'verb', '3': 'adj', '4': 'adv', '5': 'adj'}
    for line in _lines(source / 'cntlist.rev'):
        key, _, count = line.split()
        lemma, rest = key.split('%')
        senses[key] = int(count)
        words[lemma][parts[rest[0]]] += int(count)
    return senses, words


def read_index(source: Path) -> dict[str, list[str]]:
    """Return the synset offsets of each noun lemma, most frequent sense first."""
    index = {}
    for line in _lines(source / 'index.noun'):
        fields = line.split()
        index[fields[0]] = fields[-int(fields[2]) :]
    return index


def offsets(index: dict[str, list[str]], names: Iterable[str]) -> set[str]:
    """Return the synset offsets of names such as 'floor#2'."""
    pairs = (name.split('#') for name in names)
    return {index[lemma][int(number) - 1] for lemma, number in pairs}


def children(synsets: dict[str, Synset]) -> dict[str, list[str]]:
    """Return the offsets directly below each synset."""
    narrower = defaultdict(list)
    for offset, synset in synsets.items():
        for parent in synset.parents:
            narrower[parent].append(offset)
    return narrower


def below(narrower: dict[str, list[str]], roots: Iterable[str]) -> set[str]:
    """Return the offsets of ``roots`` and of everything narrower."""
    found: set[str] = set()
    open_ = list(roots)
    while open_:
        offset = open_.pop()
        if offset not in found:
            found.add(offset)
            open_ += narrower.get(offset, ())
    return found


def flags_of(synsets: dict[str, Synset], index: dict[str, list[str]]) -> dict[str, Flag]:
    """Return the flags of each visible synset that names a kind, not one individual."""
    narrower = children(synsets)
    members = {flag: below(narrower, offsets(index, roots)) for flag, roots in ROOTS.items()}
    visible = members[Flag.VISIBLE] - below(narrower, offsets(index, NOT_VISIBLE))
    asked_for = offsets(index, ASKED_FOR)
    flags = {}
    for offset in sorted(visible):
        if synsets[offset].is_instance:
            continue
        value = Flag(0)
        for flag, flagged in members.items():
            if offset in flagged:
                value |= flag
        if offset not in asked_for and len(below(narrower, (offset,))) > MAX_NARROWER:
            value |= Flag.GENERAL
        flags[offset] = value
    return flags


def _is_proper(word: str) -> bool:
    """Return whether a word is written as a proper noun ('Crane'; not 'TV', not 'X-ray')."""
    return word[:1].isupper() and word[1:].islower()


def plain(lemma: str) -> str:
    """Return a lemma as ``clean_label`` writes names: blanks for '-' and '_'."""
    return lemma.replace('_', ' ').replace('-', ' ')


def sense_rows(
    tags: dict[str, int],
    index: dict[str, list[str]],
    synsets: dict[str, Synset],
    flags: dict[str, Flag],
) -> Iterator[tuple[str, int, int, int]]:
    """Yield lemma, rank, synset and tag count of the visible senses of each noun lemma."""
    rows: dict[str, dict[str, int]] = defaultdict(dict)
    for lemma, found in index.items():
        senses = []
        for offset in found:
            for word, lex_id in synsets[offset].words:
                if offset in flags and word.casefold() == lemma:
                    key = f'{lemma}%1:{synsets[offset].lex_file:02d}:{lex_id:02d}::'
                    senses.append((_is_proper(word), offset, tags.get(key, 0)))
        common = [sense for sense in senses if not sense[0]] or senses
        for _, offset, count in common:
            rows[plain(lemma)].setdefault(offset, count)
    for lemma, kept in rows.items():
        for rank, (offset, count) in enumerate(list(kept.items())[:MAX_SENSES]):
            yield lemma, rank, int(offset), count


def unseen_compounds(
    index: dict[str, list[str]], synsets: dict[str, Synset], flags: dict[str, Flag]
) -> set[str]:
    """Return the compounds with a sense that is no visible thing ('first aid'), names left out."""
    return {
        word
        for offset, synset in synsets.items()
        if offset not in flags and not synset.is_instance
        for word, _ in synset.words
        if word in index and ('_' in word or '-' in word)
    }


def relational_adjectives(source: Path, substances: set[str]) -> set[str]:
    """Return the adjectives whose first sense means 'of' or 'for' something not a substance."""
    relational = set()
    for line in _lines(source / 'data.adj'):
        fields = line.split(' | ')[0].split()
        if fields[1] != '01':  # lexicographer file adj.pert
            continue
        n_words = int(fields[3], 16)
        rest = fields[5 + 2 * n_words :]
        targets = [rest[i + 1] for i in range(0, len(rest) - 3, 4) if rest[i] == '\\']
        if targets and not substances.intersection(targets):
            relational.add(fields[0])
    words = set()
    for line in _lines(source / 'index.adj'):
        fields = line.split()
        if fields[-int(fields[2])] in relational:
            words.add(fields[0])
    return words


def word_rows(
    source: Path, tags: dict[str, dict[str, int]], substances: set[str], compounds: set[str]
) -> Iterator[tuple[str, int, int, int, int, int]]:
    """Yield each single word with its uses per part of speech, and whether it is relational."""
    uses: dict[str, dict[str, int]] = defaultdict(dict)
    for part in ('noun', 'verb', 'adj', 'adv'):
        for line in _lines(source / f'index.{part}'):
            word = line.split()[0]
            if '_' not in word and '-' not in word:
                uses[word][part] = tags.get(word, {}).get(part, 0) + 1
    for lemma in compounds:
        count = tags.get(lemma, {}).get('noun', 0) + 1
        uses[plain(lemma)]['noun'] = max(count, uses[plain(lemma)].get('noun', 0))
    relational = relational_adjectives(source, substances)
    for word in sorted(uses):
        counts = [uses[word].get(part, 0) for part in ('noun', 'verb', 'adj', 'adv')]
        yield word, counts[0], counts[1], counts[2], counts[3], int(word in relational)


def irregular_rows(source: Path) -> Iterator[tuple[str, str, str]]:
    """Yield irregular form, part of speech and base form of single words."""
    for part in ('noun', 'verb'):
        bases: dict[str, str] = {}
        for line in _lines(source / f'{part}.exc'):
            form, *found = line.split()
            if '_' not in form and form != found[0]:
                bases.setdefault(form, found[0])
        yield from ((form, part, base) for form, base in sorted(bases.items()))


def build(source: Path, target: Path) -> None:
    """Write the SQLite file ``target`` from the WordNet files in ``source``."""
    synsets = read_synsets(source)
    index = read_index(source)
    flags = flags_of(synsets, index)
    tags, uses = read_tags(source)
    senses = sorted(sense_rows(tags, index, synsets, flags))
    dropped = {
        tuple(int(o) for name in pair for o in offsets(index, [name])) for pair in NOT_KINDS
    }
    parents = [
        (int(offset), int(parent))
        for offset in flags
        for parent in dict.fromkeys(synsets[offset].parents)
        if parent in flags and (int(offset), int(parent)) not in dropped
    ]
    substances = below(children(synsets), offsets(index, ROOTS[Flag.SUBSTANCE]))
    words = word_rows(source, uses, substances, unseen_compounds(index, synsets, flags))
    target.unlink(missing_ok=True)
    with sqlite3.connect(target) as db:
        db.executescript(
            'CREATE TABLE sense (lemma TEXT, rank INT, synset INT, tags INT,'
            ' PRIMARY KEY (lemma, rank)) WITHOUT ROWID;'
            'CREATE TABLE synset (synset INTEGER PRIMARY KEY, flags INT);'
            'CREATE TABLE hypernym (synset INT, parent INT,'
            ' PRIMARY KEY (synset, parent)) WITHOUT ROWID;'
            'CREATE TABLE word (word TEXT PRIMARY KEY, noun INT, verb INT, adjective INT,'
            ' adverb INT, relational INT) WITHOUT ROWID;'
            'CREATE TABLE irregular (form TEXT, part TEXT, base TEXT,'
            ' PRIMARY KEY (form, part)) WITHOUT ROWID;'
        )
        db.executemany('INSERT INTO sense VALUES (?, ?, ?, ?)', senses)
        db.executemany(
            'INSERT INTO synset VALUES (?, ?)', [(int(o), f.value) for o, f in flags.items()]
        )
        db.executemany('INSERT INTO hypernym VALUES (?, ?)', parents)
        db.executemany('INSERT INTO word VALUES (?, ?, ?, ?, ?, ?)', words)
        db.executemany('INSERT INTO irregular VALUES (?, ?, ?)', irregular_rows(source))
    db = sqlite3.connect(target)
    db.execute('VACUUM')
    db.close()


def write_license(source: Path, target: Path) -> None:
    """Copy the licence that stands above the data of WordNet."""
    with (source / 'data.noun').open(encoding='utf-8') as file:
        notice = [line[3:].strip() for line in file if line.startswith(' ')]
    target.write_text('\n'.join(line.lstrip('0123456789 ') for line in notice) + '\n')


def main() -> None:
    """Build the file and say how large it is."""
    parser = argparse.ArgumentParser(description='Write the WordNet extract of memory_node.')
    parser.add_argument('--source', type=Path, default=SOURCE, help='folder of the WordNet files')
    parser.add_argument('--target', type=Path, default=TARGET, help='file to write')
    args = parser.parse_args()
    build(args.source, args.target)
    write_license(args.source, LICENSE)
    print(f'{args.target}: {args.target.stat().st_size / 1e6:.1f} MB')


if __name__ == '__main__':
    main()
