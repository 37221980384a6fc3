"""Signs that come closest to a number that none says, and worse readings of one sign."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from memory_node.core.language.signs import edits, number_gap, sign_words, SignWords, wanted_text
from memory_node.core.objects.names import Names

__all__ = ['misread', 'near_numbers', 'unread']

RealArray = NDArray[np.float64]

#: Log-odds of the sign next to the one that is asked for, and of one far from it: neither is
#: meant, and both come closer than a thing of another name.
_NEXT, _FAR = -5.0, -5.4
#: Share of the letters that may be read wrong.
_WRONG = 0.4
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


def misread(names: Names, meant: NDArray[np.bool_]) -> NDArray[np.int64]:
    """
    Return names of signs that may be worse readings of those that are ``meant`` (L,).

    Parts of what these say ("Staff ro"), or with up to ``_WRONG`` of the letters wrong, and no
    other number: such a reading says nothing against a sign that was also read right.
    """
    right = [sign_words(names.matcher.signs[i]) for i in names.signs[meant[names.signs]].tolist()]
    found = [
        number
        for number in names.signs[~meant[names.signs]].tolist()
        if any(_may_be(sign_words(names.matcher.signs[number]), one) for one in right)
    ]
    return np.array(found, np.int64)


def _may_be(read: SignWords, said: SignWords) -> bool:
    if not read.joined or not set(read.numbers) <= set(said.numbers):
        return False
    most = int(_WRONG * len(said.joined))
    return read.joined in said.joined or edits(read.joined, said.joined, most) <= most
