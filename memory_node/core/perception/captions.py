"""
Words for what was seen: captions composed from objects, and text from outside made safe to keep.

Everything here is deterministic and treats text as data: no character that is invisible, moves the
cursor, or reorders what a person reads, gets into the memory.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
import unicodedata

from memory_node.core.bounds import safe_characters
from memory_node.core.data import MAX_CAPTION_CHARS
from memory_node.core.language.sign_labels import sign_text

__all__ = [
    'NOTHING_RECOGNISED',
    'CleanText',
    'clean_text',
    'compose_caption',
    'merge_captions',
    'plural',
    'safe_characters',
]

#: Caption of a frame in which nothing was seen: the robot was there, which routes need to know.
NOTHING_RECOGNISED = 'nothing recognised'

_NUMBERS = (
    ('no', 'a', 'two', 'three', 'four', 'five', 'six')
    + ('seven', 'eight', 'nine', 'ten', 'eleven', 'twelve')
)  # fmt: skip
_IRREGULAR = {
    'person': 'people',
    'man': 'men',
    'woman': 'women',
    'child': 'children',
    'mouse': 'mice',
    'knife': 'knives',
    'shelf': 'shelves',
    'bookshelf': 'bookshelves',
    'sheep': 'sheep',
    'scissors': 'pairs of scissors',
    'skis': 'pairs of skis',
    'stairs': 'flights of stairs',
    'broccoli': 'pieces of broccoli',
    'luggage': 'pieces of luggage',
    'furniture': 'pieces of furniture',
}
#: Words that no article goes with in the singular.
_SINGULAR = {
    'scissors': 'a pair of scissors',
    'skis': 'a pair of skis',
    'stairs': 'stairs',
    'broccoli': 'broccoli',
    'luggage': 'luggage',
    'furniture': 'furniture',
}
_LABEL_TABLE = str.maketrans({'_': ' ', '#': ' '})


@dataclass(frozen=True, slots=True)
class CleanText:
    """Text fit to keep, and whether something was taken off."""

    text: str
    #: Characters were removed or replaced.
    altered: bool
    #: The text was cut at the limit.
    clipped: bool


def clean_text(raw: str | bytes, limit: int = MAX_CAPTION_CHARS) -> CleanText:
    """
    Make outside text safe: one line, no control or invisible characters, at most ``limit`` long.

    Bytes that are no UTF-8, and lone surrogates (what a lenient decoder leaves of them), become
    U+FFFD. Control, format and private characters are dropped, white space becomes single blanks.
    Cost is bounded by ``limit``, whatever the size of ``raw``.
    """
    budget = 8 * limit  # enough for text with many blanks or combining marks
    oversize = len(raw) > budget
    head = raw[:budget]
    text = head.decode('utf-8', errors='replace') if isinstance(head, bytes) else head
    kept = safe_characters(text)
    kept = unicodedata.normalize('NFC', ' '.join(kept.split()))
    clipped = oversize or len(kept) > limit
    altered = '\ufffd' in kept or any(safe_characters(c) != c and not c.isspace() for c in text)
    return CleanText(text=kept[:limit].rstrip(), altered=altered, clipped=clipped)


def compose_caption(labels: Iterable[str]) -> str:
    """
    Say what was seen in words: ``a chair, two cups and a dining table``.

    Labels come most important first; equal ones are counted. Underscores are read as blanks.
    """
    counts = Counter(
        label if sign_text(label) else ' '.join(label.translate(_LABEL_TABLE).split())
        for label in labels
    )
    parts = [_counted(label, n) for label, n in counts.items() if label]
    if len(parts) < 2:
        return ''.join(parts)
    return f'{", ".join(parts[:-1])} and {parts[-1]}'


def merge_captions(text: str, objects: str) -> str:
    """
    Join what a captioner wrote with the composed list of objects; either may be empty.

    At most ``MAX_CAPTION_CHARS`` long; the list of objects is kept before the end of the text.
    """
    if not text or not objects:
        return (text or objects)[:MAX_CAPTION_CHARS]
    end = '' if text[-1] in '.!?' else '.'
    tail = f'{end} There is {objects}.'
    return text[: MAX_CAPTION_CHARS - len(tail)] + tail if len(tail) < MAX_CAPTION_CHARS else text


def _counted(label: str, count: int) -> str:
    if sign_text(label):
        return f'a {label}' if count == 1 else ', '.join([f'a {label}'] * min(count, 3))
    if count == 1:
        first = label.split()[-1].lower()
        if first in _SINGULAR:
            return ' '.join([*label.split()[:-1], _SINGULAR[first]])
        return f'{"an" if _begins_with_vowel_sound(label.lower()) else "a"} {label}'
    number = _NUMBERS[count] if count < len(_NUMBERS) else str(count)
    return f'{number} {plural(label)}'


def _begins_with_vowel_sound(label: str) -> bool:
    if label.startswith(('uni', 'use', 'ute', 'usb', 'one')):
        return False
    return label.startswith(('a', 'e', 'i', 'o', 'u', 'hour'))


def plural(noun: str) -> str:
    """Return the plural of an English noun or noun phrase; the last word changes."""
    head, _, last = noun.rpartition(' ')
    word = last.lower()
    if word in _IRREGULAR:
        many = _IRREGULAR[word]
    elif word.endswith(('s', 'x', 'z', 'ch', 'sh')):
        many = last + 'es'
    elif word.endswith('y') and word[-2:-1] not in tuple('aeiou'):
        many = last[:-1] + 'ies'
    else:
        many = last + 's'
    return f'{head} {many}'.strip()
