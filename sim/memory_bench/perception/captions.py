"""Captions as a vision-language model would write them, from what was detected."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
import math

import numpy as np

from memory_bench.questions.wording import caption_texts, with_article
from memory_bench.world.analytic import Ground
from memory_node.core.data import Sighting
from memory_node.core.perception.captions import plural

__all__ = ['Captioner', 'Seen']

#: A caption names at most so many different things.
_NAMED = 6
_NUMBERS = ('two', 'three', 'four', 'five', 'six')
_MATERIALS = {
    'wood': 'wooden', 'wool': 'woollen', 'glass': 'glass', 'metal': 'metal', 'plastic': 'plastic',
    'fabric': 'fabric', 'leather': 'leather', 'ceramic': 'ceramic', 'stone': 'stone',
    'brick': 'brick', 'steel': 'steel', 'concrete': 'concrete', 'marble': 'marble',
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One thing that was detected, with what a description may say of it."""

    sighting: Sighting
    attributes: Mapping[str, str]
    distance_m: float


class Captioner:
    """Words captions for one world; every choice is drawn from the generator it is given."""

    def __init__(self, ground: Ground) -> None:
        """Know the kinds of areas, of which a guess may be wrong."""
        self._ground = ground
        self._kinds = sorted({room.kind for room in ground.world.rooms})
        self._texts = caption_texts()

    def describe(
        self, rng: np.random.Generator, seen: Sequence[Seen], region: int, *, wrong: bool
    ) -> str:
        """Word what was seen; ``region`` is the area to name, 0 for none."""
        room = self._ground.rooms.get(region)
        kind = room.kind if room is not None else ''
        if wrong and kind:
            kind = self._kinds[int(rng.integers(len(self._kinds)))]
        ordered = sorted(seen, key=lambda s: (s.distance_m, s.sighting.label))
        if not ordered:
            outdoors = room is not None and room.outdoor
            return self._one(rng, 'empty_outdoors' if outdoors else 'empty')
        things = _joined(self._named(rng, ordered))
        text = self._one(rng, 'with_room' if kind else 'without_room').format(
            room=kind, things=things, Things=things[:1].upper() + things[1:]
        )
        if text.startswith('A ') and kind and text[2:].startswith(kind):
            article = with_article(kind)
            text = article[:1].upper() + article[1:] + text[2 + len(kind) :]
        return text + self._relation(rng, ordered)

    def _one(self, rng: np.random.Generator, name: str) -> str:
        texts = self._texts[name]
        return texts[int(rng.integers(len(texts)))]

    def _named(self, rng: np.random.Generator, seen: Sequence[Seen]) -> list[str]:
        groups: dict[str, list[Seen]] = defaultdict(list)
        for one in seen:
            groups[one.sighting.label].append(one)
        named = []
        for label, members in list(groups.items())[:_NAMED]:
            if len(members) == 1:
                named.append(with_article(_adjectives(rng, members[0]) + label))
            else:
                count = len(members)
                number = _NUMBERS[count - 2] if count - 2 < len(_NUMBERS) else 'several'
                named.append(f'{number} {plural(label)}')
        return named

    def _relation(self, rng: np.random.Generator, seen: Sequence[Seen]) -> str:
        """Say which two things stand together, in every third caption."""
        if rng.random() > 0.35:
            return ''
        for i, a in enumerate(seen):
            for b in seen[i + 1 :]:
                p, q = a.sighting.position, b.sighting.position
                if p is None or q is None or a.sighting.label == b.sighting.label:
                    continue
                if math.dist(p[:2], q[:2]) < 1.3:
                    names = {'a': a.sighting.label, 'b': b.sighting.label}
                    return ' ' + self._one(rng, 'relations').format(**names)
        return ''


def _adjectives(rng: np.random.Generator, seen: Seen) -> str:
    color = seen.attributes.get('color', '') if rng.random() < 0.7 else ''
    material = _MATERIALS.get(seen.attributes.get('material', ''), '')
    if rng.random() < 0.7:
        material = ''
    return ''.join(f'{word} ' for word in (color, material) if word)


def _joined(parts: Sequence[str]) -> str:
    if len(parts) == 1:
        return parts[0]
    return f'{", ".join(parts[:-1])} and {parts[-1]}'
