"""Words of instructions: how they are cut, and the small closed classes the parser knows."""

from __future__ import annotations

import re

__all__ = [
    'ACTIONS',
    'AREA_NOUNS',
    'DETERMINERS',
    'MOTIONS',
    'NEGATIONS',
    'NUMBERS',
    'ORDINALS',
    'RELATIONS',
    'stem',
    'tokenize',
]

_TOKEN = re.compile(r'[a-z0-9]+|[^\W_]+|[.,;:!?]')
_POSSESSIVE = re.compile(r"['’](s|t|re|m|d|ll|ve)\b")
_ORDINAL_SUFFIX = re.compile(r'\b(\d+)(st|nd|rd|th)\b')
#: Words of one query that are looked at; the rest only costs time.
MAX_WORDS = 64

# fmt: off
MOTIONS = frozenset({
    'access', 'advance', 'approach', 'ascend', 'climb', 'come', 'continue', 'cross', 'descend',
    'enter', 'exit', 'follow', 'go', 'got', 'head', 'hurry', 'journey', 'leave', 'locate',
    'maneuver', 'march', 'meander', 'mosey', 'move', 'navigate', 'pass', 'proceed', 'progress',
    'reach', 'relocate', 'return', 'roam', 'run', 'step', 'stroll', 'strut', 'travel', 'traverse',
    'trek', 'venture', 'visit', 'walk', 'wander',
})
ACTIONS = frozenset({
    'activate', 'adjust', 'admire', 'apply', 'arrange', 'brew', 'bring', 'brush', 'carry',
    'change', 'check', 'clean', 'clear', 'close', 'collect', 'cook', 'count', 'cut', 'deliver',
    'describe',
    'destroy', 'determine', 'dim', 'disinfect', 'drain', 'draw', 'drop', 'dry', 'dust', 'empty',
    'examine', 'feed', 'fetch', 'fill', 'find', 'fix', 'flip', 'fluff', 'flush', 'fold', 'gaze',
    'get', 'give', 'grab', 'grind', 'hand', 'hang', 'inspect', 'install', 'kneel', 'lay', 'lie',
    'lift', 'light', 'load', 'lock', 'look', 'lower', 'make', 'measure', 'mop', 'observe', 'open',
    'operate', 'organize', 'paint', 'pick', 'place', 'play', 'plug', 'point', 'polish', 'pour',
    'press', 'pull', 'push', 'put', 'raise', 'read', 'rearrange', 'refill', 'refold', 'remove',
    'reorganize', 'repair', 'replace', 'reposition', 'reset', 'rest', 'restock', 'retrieve',
    'rinse', 'rotate', 'sanitize', 'scrub', 'secure', 'see', 'select', 'set', 'show', 'shut',
    'sit', 'slide', 'smash', 'smooth', 'sort', 'stand', 'start', 'stop', 'store', 'straighten',
    'sweep',
    'switch', 'take', 'tap', 'tell', 'test', 'throw', 'tidy', 'tighten', 'toggle', 'touch', 'trim',
    'turn', 'twist', 'unclog', 'unlock', 'unplug', 'unscrew', 'use', 'vacuum', 'verify', 'wash',
    'watch', 'water', 'wipe',
})
AREA_NOUNS = frozenset({
    'aisle', 'alcove', 'altar', 'area', 'attic', 'auditorium', 'balcony', 'ballroom', 'bar',
    'basement', 'bath', 'bathroom', 'bedroom', 'cellar', 'chapel', 'church', 'classroom', 'closet',
    'conference', 'corridor', 'courtyard', 'deck', 'den', 'dining', 'diningroom', 'entrance',
    'entry', 'entryway', 'familyroom', 'floor', 'foyer', 'garage', 'garden', 'gym', 'hall',
    'hallway', 'kitchen', 'kitchenette', 'landing', 'laundry', 'laundryroom', 'library', 'living',
    'livingroom', 'lobby', 'loft', 'lounge', 'meetingroom', 'mudroom', 'nursery', 'office',
    'pantry', 'parlor', 'passage', 'patio', 'playroom', 'pool', 'porch', 'powder', 'restroom',
    'room', 'sauna', 'shop', 'shower', 'spa', 'stairs', 'stairwell', 'store', 'storeroom',
    'studio', 'study', 'sunroom', 'terrace', 'theater', 'toilet', 'utility', 'vestibule',
    'wardrobe', 'washroom', 'workshop', 'yard',
})
#: Words that open a phrase, and whether the phrase is where the thing is rather than beside it.
RELATIONS = {
    'in': True, 'inside': True, 'within': True, 'into': True, 'to': True, 'at': True, 'from': True,
    'of': False, 'on': False, 'near': False, 'by': False, 'with': False, 'under': False,
    'underneath': False, 'beneath': False, 'below': False, 'above': False, 'over': False,
    'behind': False, 'beside': False, 'between': False, 'across': False, 'against': False,
    'along': False, 'around': False, 'past': False, 'through': False, 'toward': False,
    'towards': False, 'opposite': False, 'facing': False, 'containing': False, 'has': False,
    'have': False, 'having': False, 'next': False, 'nearest': False, 'closest': False,
    'furthest': False, 'farthest': False, 'adjacent': False, 'beyond': False, 'outside': False,
    'off': False, 'onto': False, 'that': False, 'which': False, 'where': False, 'for': False,
    'is': False, 'are': False, 'holding': False, 'attached': False, 'hanging': False,
    'leading': False, 'without': False, 'north': False, 'south': False, 'east': False,
    'west': False, 'front': False, 'left': False, 'right': False, 'up': False, 'down': False,
    'out': False,
}
DETERMINERS = frozenset({
    'a', 'all', 'an', 'any', 'both', 'each', 'every', 'he', 'her', 'his', 'i', 'it', 'its', 'me',
    'my', 'our', 'she', 'some', 'the', 'their', 'them', 'there', 'these', 'they', 'this', 'those',
    'us', 'we', 'you', 'your',
})
NEGATIONS = frozenset({
    'no', 'not', 'without', 'except', 'excluding', 'avoid', 'never', 'isn', 'aren',
})
NUMBERS = {
    'one': 1, 'two': 2, 'three': 3, 'four': 4, 'five': 5, 'six': 6, 'seven': 7, 'eight': 8,
    'nine': 9, 'ten': 10,
}
ORDINALS = {
    'first': 1, 'second': 2, 'third': 3, 'fourth': 4, 'fifth': 5, 'sixth': 6, 'seventh': 7,
    'eighth': 8, 'ninth': 9, 'tenth': 10,
}
# fmt: on
_PLURALS = (('ies', 'y'), ('sses', 'ss'), ('shes', 'sh'), ('ches', 'ch'), ('xes', 'x'), ('s', ''))


def tokenize(text: str) -> list[str]:
    """Return words in lower case and the marks that end a clause; '#' and '_' are blanks."""
    text = text.casefold().replace('#', ' ').replace('_', ' ')
    text = _ORDINAL_SUFFIX.sub(r'\1', _POSSESSIVE.sub(' ', text))
    return _TOKEN.findall(text)[: 2 * MAX_WORDS]


def stem(word: str) -> str:
    """Return the singular of a regular English plural; other words come back as they are."""
    if len(word) > 3 and not word.endswith(('ss', 'us')):
        for ending, singular in _PLURALS:
            if word.endswith(ending):
                return word[: -len(ending)] + singular
    return word
