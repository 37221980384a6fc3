"""What a request is not searched for is not in it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timezone
import json
from pathlib import Path
import random
import re

import pytest

from memory_node.core.constraints.order import Order
from memory_node.core.constraints.registry import REGISTRY
from memory_node.core.language.cues import Cues, words_of
from memory_node.core.language.history import HISTORY
from memory_node.core.language.parser import parse
from memory_node.core.language.questions import QUESTIONS
from memory_node.core.language.sign_questions import SIGN_QUESTIONS
from memory_node.core.language.times import Clock
from memory_node.core.language.wordings import wording_packs

ROOT = Path(__file__).resolve().parents[2]
CLOCK = Clock(1_760_000_000 * 10**9, timezone.utc)
EVERY = [HISTORY, QUESTIONS, SIGN_QUESTIONS, *(kind.CUES for kind in (*REGISTRY, Order))]
#: Wordings in which one reader takes words away from another, or that run words together.
ODD = (
    'goto the kitchen and find the mug', 'go backto the hall, then the lamp',
    'the cup that isn\u2019t on the 2nd floor', 'the CHAIR Near Me', 'chairs \u0130N the kitchen',
    'within 2m of the door', 'lunchtime at the caf\xe9', 'at noonish', 'in the north-eastern wing',
    'on 2025-10-03 the red one, not the blue one', 'where does it say "exit"?', 'gate b',
    'a room with two beds and a desk', 'the most recently seen box', 'most recentin the kitchen',
)  # fmt: skip


def said() -> Iterator[str]:
    """Yield every text of the golden questions and of the wordings."""
    lines = (ROOT / 'test/golden/answers.jsonl').read_text(encoding='utf-8').splitlines()
    yield from (json.loads(line)['text'] for line in lines)
    yield from (said for _, sentences in wording_packs().packs.rows for said in sentences)
    yield from ODD


TEXTS = sorted(set(said()))


def crossed() -> list[str]:
    """Return the texts, and halves of two joined to one."""
    rng = random.Random(7)
    pairs = [rng.sample(TEXTS, 2) for _ in range(300)]
    halves = [one[: len(one) // 2] + ' ' + other[len(other) // 2 :] for one, other in pairs]
    return [*TEXTS, *halves]


def test_cues_leave_out_no_reader_that_has_something_to_say(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    texts = crossed()
    chosen = [parse(text, CLOCK, REGISTRY, Order) for text in texts]
    monkeypatch.setattr(Cues, 'may_be_in', lambda self, words: True)
    for text, request in zip(texts, chosen, strict=True):
        assert parse(text, CLOCK, REGISTRY, Order) == request, text


def test_no_pattern_matches_without_its_cues() -> None:
    texts = [(text, words_of(text)) for text in crossed()]
    for cues in EVERY:
        assert cues is not None
        for pattern in cues.patterns:
            own = Cues(pattern)
            for text, words in texts:
                if not own.may_be_in(words):
                    assert pattern.search(text) is None, (pattern.pattern, text)


def test_most_readers_are_not_asked() -> None:
    words = words_of('the sink in the kitchen')
    asked = [kind.NAME for kind in REGISTRY if kind.CUES is None or kind.CUES.may_be_in(words)]
    assert 'area' in asked
    assert len(asked) <= 3, asked


@pytest.mark.parametrize(
    ('pattern', 'needs'),
    [
        (r'\bnear (?:me|us)\b', ['near']),
        (r'\b(?:at|around|about) (?P<n>[a-z]+)', ['at around about']),
        (r'(?<!\w)recent(?:ly)?\b', ['recent recently']),
        (r'(?:the )?\bnoon\b', ['noon']),
        (r'\b\d\d', ['0 1 2 3 4 5 6 7 8 9']),
        (r'\bno(?!\w)', ['no']),
        (r'\b(?:in|) hall\b', ['hall']),
        (r"\bisn't ", ['isn']),
        # These may begin or end inside a word.
        (r'north|northeast', []),
        (r'\bnoon', []),
        (r'noon\b', []),
        (r'[^\w]noon\b', []),
        (r'\bno(?!w)', []),
        (r'(?<![^\w])noon\b', []),
    ],
)
def test_needs_are_words_that_stand_alone(pattern: str, needs: list[str]) -> None:
    found = Cues(re.compile(pattern, re.IGNORECASE)).needs
    assert found == (tuple(frozenset(need.split()) for need in needs),)


def test_texts_beyond_ascii_are_searched_for_everything() -> None:
    # 'K' (the Kelvin sign) matches 'k' where case is ignored.
    assert words_of('the \u212aettle') is None
    assert all(cues is not None and cues.may_be_in(None) for cues in EVERY)
