"""Whether a sentence asks for a thing or says what is to be done, in the words of two people."""

from __future__ import annotations

import json
from pathlib import Path

from golden.paraphrased import opened, WORLDS
import pytest

from memory_node.core.data import QueryMode

LINES = Path(__file__).with_name('asked_for.jsonl')
#: Things that neither world has nor knows anything like.
ABSENT = ('harp', 'kayak', 'pram', 'telescope', 'tent', 'violin', 'piano', 'lawn mower')
#: Shares that have to be reached; see docs/benchmarks.md.
FOUND_ABSENT, FOUND, NEEDS = 0.09, 0.78, 0.88


def _sentences(kind):
    lines = map(json.loads, LINES.read_text('utf-8').splitlines())
    return [line['text'] for line in lines if line['kind'] == kind]


@pytest.fixture(scope='module', params=WORLDS)
def world(request, tmp_path_factory):
    with opened(request.param, tmp_path_factory.mktemp(request.param)) as memory:
        yield WORLDS[request.param], memory


def test_a_thing_that_is_not_here_is_refused_in_whatever_words(world):
    memory, wrong = world[1], []
    for i, text in enumerate(sentences := _sentences('thing')):
        asked = text.replace('{thing}', ABSENT[i % len(ABSENT)])
        if (found := memory.retrieve(asked)).found:
            wrong.append(f'{asked} -> {found.places[0].label}')
    assert len(wrong) <= FOUND_ABSENT * len(sentences), '\n'.join(wrong)


def test_a_thing_that_is_here_is_found_in_whatever_words(world):
    names, memory = world
    things = [names[role] for role in ('desk', 'left', 'right', 'moved', 'solo')]
    wrong = []
    for i, text in enumerate(sentences := _sentences('thing')):
        asked = text.replace('{thing}', things[i % len(things)])
        found = memory.retrieve(asked)
        if not (found.found and found.places[0].label == things[i % len(things)]):
            wrong.append(f'{asked} -> {found.found} {found.message}')
    assert len(wrong) <= (1.0 - FOUND) * len(sentences), '\n'.join(wrong)


def test_what_is_to_be_done_with_a_thing_does_not_ask_for_it(world):
    memory, wrong = world[1], []
    for i, text in enumerate(sentences := _sentences('need')):
        asked = text.replace('{thing}', ABSENT[i % len(ABSENT)])
        if memory.retrieve(asked).mode is not QueryMode.IMPLICIT:
            wrong.append(asked)
    assert len(wrong) <= (1.0 - NEEDS) * len(sentences), '\n'.join(wrong)
