"""What comes closest to a number that no sign says: the signs with the nearest numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from memory_node.core.language.signs import number_gap, sign_words, wanted_text
from memory_node.core.objects.names import Names

__all__ = ['near_numbers', 'unread']

RealArray = NDArray[np.float64]

#: Log-odds of the sign next to the one that is asked for, and of one far from it: neither is
#: meant, and both come closer than a thing of another name.
_NEXT, _FAR = -5.0, -5.4
#: Numbers this much apart are far.
_APART = 100


def near_numbers(names: Names, phrase: str) -> RealArray:
    """Return (L,) log-odds of names by how near their number is; -inf for other names."""
    odds = np.full(len(names), -np.inf)
    wanted, _ = wanted_text(phrase)
    if sign_words(wanted).numbers:
        for number in names.signs.tolist():
            gap = number_gap(wanted, names.matcher.signs[number])
            if gap is not None:
                odds[number] = _NEXT + (_FAR - _NEXT) * min(abs(gap), _APART) / _APART
    return odds


def unread(names: Names, phrase: str) -> str:
    """Return the text that no sign was read to say, where signs with numbers were; else ''."""
    wanted, outright = wanted_text(phrase)
    asked = outright or bool(np.isfinite(near_numbers(names, phrase)).any())
    return wanted if asked and len(names.signs) else ''
