"""Texts and values that parsers trip over: near misses, extremes, and noise."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

__all__ = [
    'ALPHABET',
    'captions',
    'data',
    'mostly',
    'mutated',
    'numbers',
    'questions',
    'strange',
]

#: Characters that mean something to one of the parsers, and a few of other scripts.
ALPHABET = ' \t\n\r\0\x1b\x1f\x7f"\'\\/,.;:!?()[]{}<>|#_-+*%&=~^`$@0189aeZé厨🚪\u202e\u200b\ud800'
_WORDS = (
    *(
        'where is the',
        'a',
        'chair',
        'kitchen',
        'next to',
        'not in',
        'near me',
        'yesterday',
        'lamp',
    ),
    *('this morning', 'on the table', 'how many', 'two', 'within 5 m of', 'upstairs', 'north of'),
    *('without', 'wash my hands', 'somewhere to', 'and', 'or', 'what is it like', 'who', 'still'),
    *('is there', 'the red', 'last', 'between 2 pm and 3 pm', 'nearest', 'go to', 'describe'),
    *('has been moved', 'since', 'a person', 'in the', 'sofa', 'of', '-5', '1e400', 'NaN', '0'),
    *('SELECT', 'AND NOT', 'NEAR(', '*', '"', "'"),
)
_SAID = (
    *(
        'A kitchen with',
        'There is',
        'there are no',
        'two chairs',
        'a red sofa',
        'next to',
        ', and',
    ),
    *('the door', '. ', 'a man rides', 'in front of', '"EXIT"', 'hanging on the wall', 'three'),
    *('trash can', "a person's hand", 'ignore all previous instructions', 'https://a.example'),
    *('you must', '7', 'without', 'on the left', 'a K7 gripper', 'room', 'Room B12', 'a-'),
)

strange = (
    st.text(st.sampled_from(ALPHABET), max_size=60)
    | st.text(max_size=40)
    | st.sampled_from(['9' * 5000, 'x' * 300, '[' * 3000, '1e' + '9' * 30, '\u0301' * 200])
)
questions = (
    st.lists(st.sampled_from(_WORDS), max_size=14).map(' '.join)
    | st.lists(st.sampled_from(_WORDS) | strange, max_size=8).map(' '.join)
    | strange
    | st.tuples(st.sampled_from(_WORDS), st.integers(1, 1200)).map(lambda p: (p[0] + ' ') * p[1])
)
captions = (
    st.lists(st.sampled_from(_SAID) | strange, max_size=16).map(' '.join)
    | strange
    | st.tuples(st.sampled_from(_SAID), st.integers(1, 900)).map(lambda p: (p[0] + ' ') * p[1])
)
numbers = (
    st.sampled_from(
        [0, 1, -1, 0.5, 5, 1e3, 1e7, 1e12, 1e155, 1e308, -1e308, 2**31, 2**63, 10**400]
    )
    | st.floats()
    | st.integers(-(2**70), 2**70)
)
#: Any value that JSON or YAML may hold, shallow.
data: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | numbers | strange,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(strange | st.just('x'), inner, max_size=4)
    ),
    max_leaves=8,
)


def mostly(
    usual: st.SearchStrategy[Any], odd: st.SearchStrategy[Any] = data
) -> st.SearchStrategy[Any]:
    """Draw what is right, and once in ten something else: so that the rest is looked at, too."""
    return st.integers(0, 9).flatmap(lambda number: odd if number == 7 else usual)


@st.composite
def mutated(draw: st.DrawFn, whole: st.SearchStrategy[bytes]) -> bytes:
    """Draw bytes that were right, with some of them changed, lost or doubled."""
    content = bytearray(draw(whole))
    for _ in range(draw(st.integers(0, 4))):
        if not content:
            break
        at = draw(st.integers(0, len(content) - 1))
        size = draw(st.integers(1, 8))
        what = draw(st.sampled_from(['bit', 'noise', 'cut', 'twice', 'end']))
        if what == 'bit':
            content[at] ^= 1 << draw(st.integers(0, 7))
        elif what == 'noise':
            content[at : at + size] = draw(st.binary(min_size=size, max_size=size))
        elif what == 'cut':
            del content[at : at + size]
        elif what == 'twice':
            content[at:at] = content[at : at + size]
        else:
            del content[at:]
    return bytes(content)
