"""No text makes the parser fail, or wait: long, strange, or made of patterns."""

from __future__ import annotations

from datetime import timezone

from constraints.world import read
from hypothesis import given, settings
from hypothesis import strategies as st
import pytest
from strategies import texts

from memory_node.core.constraints.order import Order
from memory_node.core.constraints.registry import REGISTRY
from memory_node.core.language.parser import MAX_CONSTRAINTS, parse
from memory_node.core.language.times import Clock

PIECES = (
    'in ', 'a', '1 ', 'north of ', 'the ', 'not ', 'where is ', 'to ', 'that is not in the a b c ',
    'with two ', 'a b ', 'from me ', 'yesterday ', 'the last two ', 'something ', 'is ', "n't ",
    'within 5 m of ', 'and then ', '(', 'at 9 ', 'how many ', 'what rooms ', 'in the kitchen ',
    'on the table ', 'nearest ', '\x1f', '\x1f a ', ' ', '-', "a'", 'of the kitchen ', 'a-',
    'north east ', 'up to ', 'the day before ', 'x, ', 'the sofa is ', 'anywhere but in ',
    'without a ', 'please ', 'are there ', 'half a ', 'or the a ', '\u00e9', '厨', '\U0001f6aa',
)  # fmt: skip


@pytest.mark.timeout(20)  # a pattern that backtracks takes minutes, not a fraction of a second
@pytest.mark.parametrize('piece', PIECES)
def test_long_texts_are_read_to_the_end(piece):
    request = read((piece * 4096)[:4096])
    assert len(request.constraints) <= MAX_CONSTRAINTS


@settings(deadline=None, max_examples=150)
@given(text=texts)
def test_any_text_is_read(text):
    read(text)


@settings(deadline=None, max_examples=150)
@given(
    pieces=st.lists(
        st.sampled_from([p for p in PIECES if len(p) > 3] + ['chair ', 'kitchen ', 'sofa ']),
        max_size=12,
    )
)
def test_any_mixture_of_constraints_is_read(pieces):
    request = read(''.join(pieces))
    for constraint in request.constraints:
        assert constraint.span is not None
        assert constraint.phrase


@pytest.mark.parametrize('now', [0, 2**63 - 1])
def test_any_clock_is_read(now):
    clock = Clock(now, timezone.utc)
    for text in ('yesterday', 'last month', 'ten weeks ago', 'between 9 and 10', 'on Monday'):
        parse(text, clock, REGISTRY, Order)
