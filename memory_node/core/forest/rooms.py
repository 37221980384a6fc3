"""
What people call a room with these things in it: a hand-written prior from objects to names.

The evidence is one vote per distinct kind of thing, weighted by how much it says about a room, so
ten chairs do not make a dining room. A name found this way is marked as inferred.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
import re

__all__ = ['ROOM_NAMES', 'infer_room', 'named_room']

#: Things and the weight of evidence they give; 2 nearly settles it, 1 supports.
_ROOMS: Mapping[str, Mapping[str, float]] = {
    'kitchen': {
        'stove': 2, 'oven': 2, 'refrigerator': 2, 'fridge': 2, 'dishwasher': 2, 'range hood': 2,
        'kitchen counter': 2, 'kitchen cabinet': 2, 'kitchen island': 2, 'cooker': 2,
        'microwave': 1.5, 'toaster': 1.5, 'kettle': 1.5, 'countertop': 1, 'sink': 0.7, 'bowl': 0.3,
        'cup': 0.3, 'knife': 0.6, 'spoon': 0.6, 'fork': 0.6, 'bottle': 0.2, 'cabinet': 0.2,
        'coffee machine': 1,
    },
    'bathroom': {
        'toilet': 2, 'bathtub': 2, 'shower': 2, 'toilet paper': 1.5, 'towel': 1, 'sink': 0.8,
        'toothbrush': 1.5, 'bath': 1.5, 'washbasin': 1.5, 'bidet': 2, 'mirror': 0.3, 'soap': 0.7,
        'hair drier': 1, 'bath cabinet': 1.5, 'shower door': 1.5, 'bath mat': 1.2, 'faucet': 0.6,
    },
    'bedroom': {
        'bed': 2, 'nightstand': 1.5, 'bedside table': 1.5, 'headboard': 1.5, 'pillow': 0.7,
        'dresser': 1, 'wardrobe': 1, 'closet': 0.6, 'bunk bed': 2, 'crib': 1.5, 'blanket': 0.6,
        'alarm clock': 0.7, 'teddy bear': 0.5, 'bed sheet': 1,
    },
    'living room': {
        'couch': 1.8, 'sofa': 1.8, 'fireplace': 1.3, 'tv': 1.1, 'television': 1.1,
        'coffee table': 1.3, 'armchair': 1, 'ottoman': 0.8, 'tv stand': 1, 'cushion': 0.4,
        'remote': 0.5, 'rug': 0.2, 'floor lamp': 0.4, 'loveseat': 1.4, 'piano': 0.7,
    },
    'dining room': {
        'dining table': 1.8, 'dining chair': 1.5, 'wine glass': 0.6, 'china cabinet': 1.2,
        'chandelier': 0.5, 'tablecloth': 0.8, 'place mat': 0.8,
    },
    'office': {
        'desk': 1.3, 'office chair': 1.6, 'monitor': 1.2, 'computer': 1.1, 'keyboard': 1,
        'mouse': 0.7, 'laptop': 0.9, 'printer': 1.2, 'bookshelf': 0.5, 'whiteboard': 1,
        'filing cabinet': 1.3, 'desk lamp': 0.8,
    },
    'library': {'bookshelf': 1, 'bookcase': 1.2, 'book': 0.6, 'reading lamp': 0.8},
    'laundry room': {
        'washing machine': 2, 'dryer': 1.5, 'laundry basket': 1.2, 'ironing board': 1.5,
        'washer': 1.8, 'detergent': 1,
    },
    'hallway': {
        'stairs': 0.9, 'staircase': 0.9, 'banister': 0.9, 'railing': 0.6, 'coat rack': 1.1,
        'shoe rack': 1.1, 'umbrella': 0.4, 'doormat': 0.9, 'hallway': 2, 'corridor': 2,
    },
    'gym': {
        'treadmill': 2, 'exercise bike': 2, 'dumbbell': 1.5, 'gym equipment': 2, 'yoga mat': 1,
    },
    'garage': {'car': 0.9, 'garage door': 2, 'bicycle': 0.6, 'workbench': 1.3, 'tool': 0.6},
    'meeting room': {
        'conference table': 2, 'projector': 1, 'whiteboard': 0.8, 'meeting table': 2,
    },
    'terrace': {
        'patio chair': 1.5, 'patio table': 1.5, 'parasol': 1, 'grill': 1, 'lounger': 1.2,
        'balcony': 1.5, 'outdoor table': 1.5,
    },
    'street': {
        'traffic light': 1.5, 'bus': 1, 'truck': 0.8, 'car': 0.6, 'stop sign': 1.5,
        'parking meter': 1.5, 'fire hydrant': 1.5, 'crosswalk': 1.5, 'sidewalk': 1,
    },
}  # fmt: skip

#: What else captions call a part of a building or of its grounds.
# fmt: off
ROOM_NAMES = frozenset(_ROOMS) | {
    'aisle', 'atrium', 'attic', 'auditorium', 'bakery', 'ballroom', 'basement', 'break room',
    'bus stop', 'cafe', 'cafeteria', 'canteen', 'cellar', 'changing room', 'chapel',
    'checkout area', 'classroom', 'cloakroom', 'common room', 'computer lab', 'conference room',
    'copy room', 'courtyard', 'deli counter', 'dressing room', 'driveway', 'entrance hall',
    'entryway', 'foyer', 'gallery', 'garden', 'guest room', 'gymnasium', 'hall', 'kitchenette',
    'laboratory', 'landing', 'lecture hall', 'loading dock', 'lobby', 'locker room', 'loft',
    'lounge', 'mudroom', 'nursery', "nurses' station", 'operating room', 'packing area', 'pantry',
    'parking lot', 'patient room', 'patio', 'playground', 'playroom', 'plaza', 'porch',
    'produce section', 'reception', 'restaurant', 'restroom', 'server room', 'shop', 'showroom',
    'staff room', 'stairwell', 'storage room', 'storeroom', 'studio', 'study', 'sunroom',
    'supply room', 'theater', 'treatment room', 'utility room', 'vestibule', 'waiting room',
    'ward', 'warehouse', 'washroom', 'workshop', 'yard', 'car park', 'checkout', 'corridor',
    'entrance', 'footpath', 'lab', 'lawn', 'park', 'passage', 'passageway', 'sidewalk',
    'pharmacy', 'sports hall', 'square', 'stock room', 'toilets', 'walkway',
}
# fmt: on

#: Nouns that need a kind before them, and those that take one.
_BARE = frozenset({'room', 'department', 'section', 'store', 'station', 'area'})
_HEADS = _BARE | {
    'aisle', 'corridor', 'counter', 'entrance', 'gallery', 'hall', 'lab', 'lobby', 'office',
    'passage', 'shop', 'ward', 'yard',
}  # fmt: skip
#: Words before the name of a room that are no kind of it.
# fmt: off
_LOOKS = frozenset({
    'a', 'an', 'and', 'another', 'as', 'at', 'beautiful', 'beige', 'big', 'black', 'blue',
    'bright', 'brown', 'clean', 'clear', 'cluttered', 'corner', 'cosy', 'cozy', 'dark',
    'different', 'dim', 'dirty', 'empty', 'entire', 'every', 'first', 'floor', 'for', 'from',
    'furnished', 'gray', 'green', 'grey', 'huge', 'in', 'inside', 'into', 'is', 'large', 'left',
    'light', 'lit', 'little', 'long', 'lower', 'main', 'messy', 'modern', 'my', 'narrow', 'near',
    'neat', 'new', 'next', 'nice', 'of', 'old', 'on', 'one', 'open', 'or', 'orange', 'other',
    'our', 'pink', 'plain', 'purple', 'quiet', 'red', 'right', 'same', 'seating', 'second',
    'simple', 'sitting', 'small', 'some', 'spacious', 'stylish', 'sunny', 'tall', 'that', 'the',
    'third', 'this', 'tidy', 'tiny', 'to', 'two', 'typical', 'unfurnished', 'unknown', 'upper',
    'upstairs', 'warm', 'white', 'whole', 'wide', 'with', 'wooden', 'yellow', 'your',
})
# fmt: on
#: Words that can follow the name of a room; any other makes it part of the name of a thing.
_AFTER = (
    'and|area|as|at|behind|beside|beyond|by|can|contains|containing|featuring|features|filled|for|'
    'from|furnished|has|have|having|in|inside|interior|into|is|near|next|of|on|opens|or|scene|'
    'section|seen|setting|shows|space|that|there|through|to|under|view|viewed|was|where|which|'
    'while|with|without'
)

#: What a room needs in all, and by how much it must lead.
_ENOUGH = 1.8
_LEAD = 1.25


def infer_room(labels: Iterable[str]) -> str:
    """Name a room from the kinds of things in it, clean labels; '' when they do not settle it."""
    votes: dict[tuple[str, str], float] = {}
    for label in labels:
        votes.update(_evidence(label))
    scores = dict.fromkeys(_ROOMS, 0.0)
    for (room, _), weight in sorted(votes.items()):
        scores[room] += weight
    (best, room), (second, _) = sorted(((s, r) for r, s in scores.items()), key=_descending)[:2]
    return room if best >= _ENOUGH and best >= _LEAD * second else ''


def _descending(scored: tuple[float, str]) -> tuple[float, str]:
    return -scored[0], scored[1]


@lru_cache(maxsize=16384)
def _evidence(label: str) -> dict[tuple[str, str], float]:
    """Return the votes of one kind of thing by (room, thing): itself, or what it is a kind of."""
    kind = _singular(label)
    return {
        (room, thing): weight
        for room, things in _ROOMS.items()
        for thing, weight in things.items()
        if kind == thing or kind.endswith(' ' + thing)
    }


def named_room(text: str) -> str:
    """
    Return the room a caption itself names, or ''.

    The name must stand by itself: "an office chair" names no office. What kind of room or shop it
    is belongs to the name ("staff room", "manager office"), how it looks does not ("bright room").
    """
    for match in _pattern().finditer(text.casefold()):
        kind, name = match['kind'], match['name']
        if kind and kind not in _LOOKS and name in _HEADS:
            return f'{kind} {name}'
        if name not in _BARE:
            return name
    return ''


@lru_cache(maxsize=1)
def _pattern() -> re.Pattern[str]:
    names = sorted(ROOM_NAMES | _BARE, key=lambda name: (-len(name), name))
    return re.compile(
        rf"\b(?:(?P<kind>[a-z'-]+) )?\b(?P<name>{'|'.join(map(re.escape, names))})\b"
        rf'(?=\s*(?:$|[^\w\s#]|(?:{_AFTER})\b))'
    )


def _singular(label: str) -> str:
    if len(label) > 3 and label.endswith('s') and not label.endswith(('ss', 'us', 'stairs')):
        return label[:-1]
    return label
