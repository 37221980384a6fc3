"""What people call a thing whose file says ``SM_Chair_012.001``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
import re

__all__ = ['clean_label', 'clean_labels', 'is_structure']

#: Words that say how a thing was made, not what it is.
_NOISE = frozenset(
    ['asset', 'collision', 'copy', 'default', 'geom', 'geometry', 'group', 'grp', 'high',
     'instance', 'instanced', 'link', 'lod', 'low', 'mat', 'material', 'mesh', 'model', 'node',
     'obj', 'object', 'poly', 'polysurface', 'prim', 'primitive', 'scene', 'sm', 'static',
     'visual', 'world']
)  # fmt: skip
#: Parts of a building; nobody looks for them.
_STRUCTURE = frozenset(
    ['background', 'baseboard', 'beam', 'building', 'ceiling', 'corridor', 'floor', 'flooring',
     'ground', 'hallway', 'house', 'misc', 'plane', 'roof', 'room', 'skirting', 'structure',
     'terrain', 'undefined', 'unknown', 'unlabeled', 'void', 'wall', 'walls']
)  # fmt: skip


def clean_label(text: str) -> str:
    """Return the plain English words of a name, without numbers and words of the trade."""
    words = _words(text)
    kept = [w for w in words if w not in _NOISE]
    return ' '.join(kept or [w for w in words if w not in ('obj', 'mesh')])


def clean_labels(names: Sequence[str]) -> list[str]:
    """
    Return labels for names of one file, without the words that most of them begin with.

    Makers put their own name and that of the set before that of the thing.
    """
    rows = [clean_label(name).split() for name in names]
    while len({tuple(row) for row in rows}) > 2:
        starts = Counter(row[0] for row in rows if len(row) > 1)
        if not starts:
            break
        word, count = starts.most_common(1)[0]
        if count < 0.7 * len(rows) or any(row == [word] for row in rows):
            break
        rows = [row[1:] if len(row) > 1 and row[0] == word else row for row in rows]
    return [' '.join(row) for row in rows]


def is_structure(label: str) -> bool:
    """Whether a label names a part of the building; its last word decides: no "floor lamp"."""
    words = label.split()
    return not words or words[-1] in _STRUCTURE


def _words(text: str) -> list[str]:
    spaced = re.sub(r'([a-z0-9])([A-Z])', r'\1 \2', text[:200])
    spaced = re.sub(r'([A-Z]+)([A-Z][a-z])', r'\1 \2', spaced)
    words = re.sub(r'[^A-Za-z]+', ' ', spaced).lower().split()
    return [w for w in words if len(w) > 1]
