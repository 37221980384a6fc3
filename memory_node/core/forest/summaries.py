"""
Names and descriptions of areas from what was seen in them: deterministic, no model, no network.

Salient phrases by c-TF-IDF (Grootendorst 2022): what is frequent here and rare in the areas
beside it. Objects are counted by the observations that saw them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import lru_cache
import math
import re
import sys
from typing import Any

from memory_node.core.language.directives import quoted, reported
from memory_node.core.language.text import english
from memory_node.core.rooms.kinds import infer_room, named_room

__all__ = ['UNNAMED', 'AreaText', 'Evidence', 'describe', 'phrases', 'salient']

#: Words of captions that say nothing about a place.
# fmt: off
_FILLER = frozenset({
    'scene', 'depicts', 'shows', 'image', 'picture', 'view', 'features', 'overall', 'atmosphere',
    'setting', 'visible', 'area', 'background', 'foreground', 'left', 'right', 'side', 'several',
    'various', 'appears', 'suggesting', 'indicating', 'seen', 'near', 'adds', 'adding', 'creating',
    'including', 'located', 'large', 'small', 'present', 'within', 'across', 'both', 'also', 'no',
    'not',
})
# fmt: on
#: Things that are everywhere and name no room.
_COMMON = frozenset(
    {'wall', 'floor', 'ceiling', 'door', 'window', 'object', 'person', 'light', 'doorframe'}
)
#: Name of an area in which nothing was made out.
UNNAMED = 'area'
_NAMED = 3
_LISTED = 6
_CAPTION_CHARS = 160


@dataclass(frozen=True, slots=True)
class AreaText:
    """What is said about an area, and where it comes from."""

    #: Short name, as people say it.
    name: str
    #: Two or three sentences.
    summary: str
    #: How it lies to other areas.
    relations: tuple[str, ...] = ()
    #: Kind of room, '' when not known.
    room: str = ''
    #: Whether the room was inferred from the things in it, not named by any caption.
    inferred: bool = False
    #: ``captions`` for this module, or the id of a language model.
    source: str = 'captions'

    def row(self) -> list[object]:
        """Return the fields as JSON values."""
        fields: list[object] = [self.name, self.summary, list(self.relations)]
        return [*fields, self.room, self.inferred, self.source]

    @classmethod
    def of(cls, row: Sequence[Any]) -> AreaText:
        """Take back what ``row`` returned."""
        name, summary, relations, room, inferred, source = row
        name, room, source, *relations = map(sys.intern, (name, room, source, *relations))
        return cls(name, summary, tuple(relations), room, inferred, source)


@dataclass
class Evidence:
    """What was seen in one area."""

    #: Observations in it.
    count: int = 0
    first_ns: int = 0
    last_ns: int = 0
    #: Observations that saw an object, by clean label.
    objects: Counter[str] = field(default_factory=Counter)
    #: Observations whose caption has a phrase.
    phrases: Counter[str] = field(default_factory=Counter)
    #: Some captions, the most typical first.
    captions: list[str] = field(default_factory=list)
    #: Rooms below, by observations, for areas that hold several.
    rooms: Counter[str] = field(default_factory=Counter)

    @property
    def terms(self) -> Counter[str]:
        """Objects if there are any, else phrases of the captions."""
        return self.objects or self.phrases


def phrases(caption: str) -> set[str]:
    """Words and pairs of neighbouring words of a caption that may name a thing."""
    found: set[str] = set()
    for clause in re.split(r'[^\w\s-]+', caption.casefold().replace('#', ' ')):
        words = re.findall(r'[^\W\d_][\w-]+', clause)
        content = [w if w not in english().stop_words and w not in _FILLER else '' for w in words]
        found.update(w for w in content if w)
        found.update(f'{a} {b}' for a, b in zip(content, content[1:], strict=False) if a and b)
    return found


def salient(own: Mapping[str, int], siblings: Sequence[Mapping[str, int]]) -> list[str]:
    """
    Rank terms by c-TF-IDF against the areas beside, the most telling first.

    Parameters
    ----------
    own : mapping of term to count
        Terms of the area.
    siblings : sequence of mappings
        Terms of the areas under the same parent, this one included or not.

    """
    total = sum(own.values())
    if total == 0:
        return []
    classes = [*siblings, own] if own not in siblings else list(siblings)
    mean = sum(sum(c.values()) for c in classes) / len(classes)
    scores = []
    for term, n in own.items():
        everywhere = sum(c.get(term, 0) for c in classes)
        score = n / total * math.log1p(mean / everywhere)
        score *= 0.25 if term in _COMMON else 1.0 + 0.25 * term.count(' ')
        scores.append((-score, term))
    ranked: list[str] = []
    for _, term in sorted(scores):
        if not any(_overlaps(term, other) for other in ranked[:8]):
            ranked.append(term)
    return ranked


def _overlaps(term: str, other: str) -> bool:
    """Whether one term is part of the other, as "car" of "parked car"."""
    return set(term.split()) <= set(other.split()) or set(other.split()) <= set(term.split())


def describe(
    evidence: Evidence,
    siblings: Sequence[Evidence],
) -> AreaText:
    """Name and describe an area from its evidence and that of the areas beside it."""
    telling = salient(evidence.terms, [s.terms for s in siblings])
    room, inferred = _room(evidence)
    telling = [t for t in telling if reported(t) == t]  # a name is said, not quoted
    top = telling[:_NAMED]
    if room:
        top = sorted(top, key=lambda t: t not in _supporting(room, evidence))
    things = _listed(top)
    if len(evidence.rooms) > 1:
        name = _listed([r for r, _ in _ordered(evidence.rooms)][:_NAMED])
        room = ''
    elif room:
        things = _listed([t for t in top if t != room])
        name = f'{room}: {things}' if things else room
    else:
        name = things or UNNAMED
    summary = ' '.join(
        s for s in (_seen(evidence), _shown(evidence, telling), _typical(evidence)) if s
    )
    return AreaText(name, summary, (), room, inferred and bool(room))


def _room(evidence: Evidence) -> tuple[str, bool]:
    named = Counter(r for r in map(named_room, evidence.captions) if r)
    if named and 2 * (most := max(named.values())) >= len(evidence.captions):
        return min(r for r, n in named.items() if n == most), False
    labels = evidence.objects or evidence.phrases
    floor = 0.05 * max(evidence.count, 1)  # a thing seen once in passing names no room
    return infer_room([t for t, n in labels.items() if n >= floor]), True


def _supporting(room: str, evidence: Evidence) -> set[str]:
    """Terms without which the room would be less sure: those that name it alone or nearly."""
    return {t for t in evidence.terms if _alone(t) == room}


@lru_cache(maxsize=16384)
def _alone(term: str) -> str:
    return infer_room([term])


def _ordered(counter: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counter.items(), key=lambda item: (-item[1], item[0]))


def _listed(items: Sequence[str]) -> str:
    if len(items) < 2:
        return ''.join(items)
    return ', '.join(items[:-1]) + ' and ' + items[-1]


def _seen(evidence: Evidence) -> str:
    n = evidence.count
    text = f'{n} observation{"s" if n != 1 else ""}'
    first, last = evidence.first_ns, evidence.last_ns
    if last > first:
        text += f' over {_duration((last - first) * 1e-9)}'
    if last > 10**17:  # a wall clock, not a simulator's
        when = datetime.fromtimestamp(last // 10**9, tz=timezone.utc)
        text += f', last at {when:%Y-%m-%d %H:%M} UTC'
    return text + '.'


def _duration(seconds: float) -> str:
    for unit, size in (('day', 86400.0), ('hour', 3600.0), ('minute', 60.0)):
        if seconds >= 1.5 * size:
            return f'{seconds / size:.1f} {unit}s'
    return f'{seconds:.0f} seconds'


def _shown(evidence: Evidence, telling: Sequence[str]) -> str:
    if evidence.objects:
        counts = _ordered(evidence.objects)[:_LISTED]
        return 'Seen: ' + ', '.join(f'{reported(label)} ({n}x)' for label, n in counts) + '.'
    if telling:
        return 'Marked by ' + ', '.join(telling[:_LISTED]) + '.'
    return ''


def _typical(evidence: Evidence) -> str:
    if not evidence.captions:
        return ''
    caption = ' '.join(evidence.captions[0].replace('#', ' ').split())
    if evidence.objects and len(caption) < 40:
        return ''
    if len(caption) > _CAPTION_CHARS:
        caption = caption[:_CAPTION_CHARS].rsplit(' ', 1)[0] + ' ...'
    return f'Typical: {quoted(caption)}'
