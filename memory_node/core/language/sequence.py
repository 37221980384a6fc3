"""Questions about the order in which things and rooms were seen, and about visits of rooms."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from functools import lru_cache
import re

import yaml

from memory_node.core.language.relations import alternatives, patterns, words
from memory_node.core.language.times import Clock, windows
from memory_node.core.language.wordnet import DATA

__all__ = ['SequenceKind', 'SequenceQuestion', 'read_sequence']

#: Longer texts ask something else; things that are put in order.
_MOST_CHARS, MAX_NAMES = 300, 12
_NAME = r"[\w'-]+(?: [\w'-]+){0,5}?"
_LIST = rf'{_NAME}(?:(?:,| and| or| then|, and|, or) {_NAME})+'
_DETERMINERS = re.compile(
    rf'^(?:(?:{alternatives((*words("definite"), *words("indefinite")))}) )+', re.IGNORECASE
)
_BETWEEN = re.compile(r',? (?:and|or|then) |, ', re.IGNORECASE)


class SequenceKind(str, Enum):
    """What such a question wants to hear; the names are those of ``data/sequence.yaml``."""

    #: The rooms, in order.
    ROUTE = 'route'
    #: Some things or rooms, in order, or which of them was first or last.
    ORDER = 'order'
    FIRST = 'first'
    LAST = 'last'
    #: Whether one was seen before, or after, the other.
    EARLIER = 'earlier'
    LATER = 'later'
    #: What came after or before one.
    NEXT = 'next'
    PREVIOUS = 'previous'
    #: When a room was visited last or first, how long, and how often.
    VISITED_LAST = 'visited_last'
    VISITED_FIRST = 'visited_first'
    STAYED = 'stayed'
    VISITED = 'visited'
    #: What the robot did: its rounds, one after the other.
    ROUND = 'round'


@dataclass(frozen=True, slots=True, kw_only=True)
class SequenceQuestion:
    """One question, read."""

    kind: SequenceKind
    #: What it names, without articles, as it was said.
    names: tuple[str, ...]
    #: Span of time that it is about [ns], and its words.
    since_ns: int | None = None
    until_ns: int | None = None
    when: str = ''


@lru_cache(maxsize=1)
def _opening() -> re.Pattern[str]:
    read = yaml.safe_load((DATA / 'sequence.yaml').read_text('utf-8'))
    polite = '|'.join((patterns('courtesy'), *read['openings']))
    return re.compile(rf'(?:(?:{polite})(?:[ ,]+|$)){{0,4}}', re.IGNORECASE)


@lru_cache(maxsize=1)
def _asked() -> tuple[tuple[SequenceKind, re.Pattern[str]], ...]:
    read = yaml.safe_load((DATA / 'sequence.yaml').read_text('utf-8'))
    made = []
    for kind in SequenceKind:
        for said in read['questions'][kind.value]:
            for word in ('seen', 'rooms', 'round', 'it'):
                said = said.replace(f'{{{word}}}', read[word])
            said = said.replace('{list}', f'(?P<list>{_LIST})')
            said = said.replace('{a}', f'(?P<a>{_NAME})').replace('{b}', f'(?P<b>{_NAME})')
            made.append((kind, re.compile(rf'{said}[ ?.!]*', re.IGNORECASE)))
    return tuple(made)


def read_sequence(text: str, clock: Clock) -> SequenceQuestion | None:
    """Return what a question about an order or a visit says; None where it is no such one."""
    text = ' '.join(text.translate({0x2019: "'"}).split())
    if len(text) > _MOST_CHARS:
        return None
    since: int | None = None
    until: int | None = None
    when: list[str] = []
    left = text
    for time in reversed(windows(text, clock)):
        left = f'{left[: time.start].rstrip(" ,")} {left[time.stop :].lstrip(" ,")}'
        when.insert(0, text[time.start : time.stop])
        begin, end = time.window.since_ns, time.window.until_ns
        since = begin if since is None else max(since, begin or 0)
        until = end if until is None else until if end is None else min(until, end)
    if when and (found := _read(' '.join(left.split()))) is not None:
        return replace(found, since_ns=since, until_ns=until, when=' '.join(when))
    return _read(text)


def _read(said: str) -> SequenceQuestion | None:
    """Return what a question says that names no time."""
    said = said[match.end() :] if (match := _opening().match(said)) else said
    for kind, pattern in _asked():
        if match := pattern.fullmatch(said):
            return SequenceQuestion(kind=kind, names=_names(match))
    return None


def _names(match: re.Match[str]) -> tuple[str, ...]:
    groups = match.groupdict()
    listed = _BETWEEN.split(groups['list']) if groups.get('list') else []
    named = [*listed, *(groups[key] for key in ('a', 'b') if groups.get(key))]
    return tuple(_DETERMINERS.sub('', name).strip() for name in named)[:MAX_NAMES]
