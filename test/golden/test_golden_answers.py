"""
Requests with right answers, asked of named memories with the real encoder.

``answers.jsonl`` says what a sensible person expects. ``known_failures.txt`` lists what is wrong
today: nothing else may be wrong, and what has become right must be taken from the list.
``python test/golden/report.py`` prints every wrong answer.
"""

from __future__ import annotations

from collections import Counter
import json
import os

from golden.asking import ask_all, FOLDER, known_failures, SITES, TARGET_M
from golden.make_domains import DOMAINS, text_of
from golden.memories import load, MEMORIES
from golden.report import failure
import pytest

from memory_node.models.sentence_encoder import SentenceEncoder

PLACES_EXPECTED = frozenset(
    ('found', 'label', 'not_label', 'room', 'ids', 'target', 'caption')
)  # fmt: skip
WORDS_EXPECTED = frozenset(('found', 'count', 'yes', 'mentions', 'not_mentions'))
ASKED = frozenset(('id', 'memory', 'ask', 'text', 'here', 'now'))
LINES = [
    json.loads(line)
    for line in (FOLDER / 'answers.jsonl').read_text(encoding='utf-8').splitlines()
]
#: Memories whose things are all known, so that expectations can be checked without asking.
DESCRIBED = ('furnished_home', *DOMAINS, 'apartment', 'office')


@pytest.fixture(scope='module')
def encoder():
    return SentenceEncoder()


@pytest.mark.parametrize('name', MEMORIES)
def test_a_memory_answers_as_a_sensible_person_expects(name, tmp_path, encoder):
    listed = known_failures()
    verdicts = ask_all(name, tmp_path, encoder)
    broken = [v for v in verdicts if v.wrong and v.id not in listed]
    mended = [v.id for v in verdicts if not v.wrong and v.id in listed]
    messages = [f'wrong: {failure(v)}' for v in broken]
    messages += [f'right now, remove it from known_failures.txt: {id_}' for id_ in mended]
    assert not messages, '\n'.join(['', *messages])


def test_every_line_is_well_formed():
    assert len(LINES) >= 320
    assert [id_ for id_, count in Counter(line['id'] for line in LINES).items() if count > 1] == []
    for line in LINES:
        memory, kind, number = line['id'].split('.')
        assert memory == line['memory']
        assert memory in MEMORIES
        assert kind.isidentifier()
        assert number.isdigit()
        assert line['ask'] in ('query', 'ask')
        expected = set(line) - ASKED
        assert expected, line
        allowed = PLACES_EXPECTED if line['ask'] == 'query' else WORDS_EXPECTED
        assert expected <= allowed, line


def test_known_failures_are_questions():
    asked = {line['id'] for line in LINES}
    others = (*SITES, 'properties.')
    assert {id_ for id_ in known_failures() if not id_.startswith(others)} <= asked


@pytest.mark.parametrize('name', DESCRIBED)
def test_expectations_agree_with_what_is_there(name):
    contents = load(name)
    labels = {label.casefold() for label in contents.things}
    rooms = {room for area in contents.areas for room in area.names}
    for line in (line for line in LINES if line['memory'] == name):
        named = {label.casefold() for label in line.get('label', [])}
        assert named <= labels | rooms, line
        assert set(line.get('room', [])) <= rooms, line
        for target in line.get('target', []):
            near = [
                position
                for label in line['label']
                for position in contents.things[label]
                if max(abs(a - b) for a, b in zip(position, target, strict=False)) < TARGET_M
            ]
            assert near, line


@pytest.mark.parametrize('name', DOMAINS)
def test_everything_of_a_domain_was_seen_twice_from_inside_its_room(name):
    contents = load(name)
    assert 40 <= len(contents.observations) <= 70
    seen = Counter(s.label for o in contents.observations for s in o.sightings)
    for label, positions in contents.things.items():
        assert seen[label] >= 2 * len(positions), label
    assert all(contents.rooms_at(o.pose.position) for o in contents.observations)


@pytest.mark.parametrize('name', DOMAINS)
def test_the_files_of_the_domains_are_what_their_description_gives(name):
    held = (FOLDER / f'{name}.jsonl').read_text(encoding='utf-8')
    assert held.replace(os.linesep, '\n') == text_of(name)
