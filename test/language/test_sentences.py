"""Which sentence asks, what captions say of places and of where things stand."""

from __future__ import annotations

import pytest

from memory_node.core.language.mentions import every_mention
from memory_node.core.language.names import parse_name, relate, Relation
from memory_node.core.language.questions import read_question
from memory_node.core.language.request import AnswerKind
from memory_node.core.language.sentences import asking_clause
from memory_node.core.language.spatial import stated


@pytest.mark.parametrize(
    ('text', 'clause'),
    [
        ('This coat stinks of smoke, where can I wash it?', 'where can I wash it?'),
        ("My phone is empty, where's a charger?", "where's a charger?"),
        ('There is water on the floor, what do I wipe it up with?', 'what do I wipe it up with?'),
        ('I cut my finger, I need a plaster', 'I need a plaster'),
        ('Where is the sofa, the red one?', ''),
        ('There should be a boot rack, and I have to be there in a minute.', ''),
        ('I want the sofa, where is it?', 'I want the sofa'),
        ('the chair next to the lamp', ''),
    ],
)
def test_the_clause_that_asks(text, clause):
    assert asking_clause(text) == clause


@pytest.mark.parametrize(
    ('text', 'thing', 'answer'),
    [
        ('what colour are the traffic cones?', 'the traffic cones', AnswerKind.LOOK),
        ('how far is the axe from the hose reel?', 'the axe', AnswerKind.DISTANCE),
        ('how many metres from the axe to the hose reel', 'the axe', AnswerKind.DISTANCE),
        ('does the gym have a mirror?', 'is there a mirror in the gym', AnswerKind.EXISTS),
        ('which helmet is white?', 'the white helmet', AnswerKind.WHERE),
        ('Sinks, how many of them have you seen altogether?', 'how many Sinks', AnswerKind.COUNT),
        ('sinks - how many left?', 'how many sinks', AnswerKind.COUNT),
        ('which is nearer to where I am, the axe or the hose?', 'the axe', AnswerKind.CLOSER),
    ],
)
def test_a_question_of_a_known_thing(text, thing, answer):
    question = read_question(text)
    assert question is not None
    assert (question.thing, question.answer) == (thing, answer)


@pytest.mark.parametrize(
    'text', ['is the lamp on', 'is the cup missing', 'is it red', 'is the printer in the office']
)
def test_what_asks_for_no_look(text):
    question = read_question(text)
    assert question is None or question.answer is not AnswerKind.LOOK


@pytest.mark.parametrize(
    ('caption', 'said'),
    [
        ('a red kettle sits on the stove', [('kettle', 'on', 'stove')]),
        ('A gas stove with a big pot of chili on it.', [('pot', 'on', 'gas stove')]),
        ('A tall rack, below it a yellow bin.', [('bin', 'under', 'rack')]),
        (
            'An otoscope on the wall; below it stands a bin.',
            [('otoscope', 'on', 'wall'), ('bin', 'under', 'otoscope')],
        ),
        ('a fan next to three traffic cones', [('fan', 'beside', 'traffic cone')]),
        ('a lamp and a sofa', []),
        (
            'A life jacket hangs on the wall, a box of flares on the floor below it.',
            [
                ('life jacket', 'on', 'wall'),
                ('flare', 'on', 'floor'),
                ('box', 'under', 'life jacket'),
            ],
        ),
        (
            'A ring lamp with a magnifying lens, tweezers beside it.',
            [('tweezers', 'beside', 'ring lamp')],
        ),
        ('A bridle with a steel bit hangs on a hook.', [('bridle', 'on', 'hook')]),
    ],
)
def test_where_captions_say_things_stand(caption, said):
    assert [(s.thing.name, s.relation, s.landmark.name) for s in stated(caption)] == said


@pytest.mark.parametrize(
    ('caption', 'mentions'),
    [
        ('a black cash register on the counter', [('cash register', 'black'), ('counter', '')]),
        ('a white hand sink', [('hand sink', 'white')]),
        ('a red fire blanket', [('fire blanket', 'red')]),
        ('a glass display case', [('glass display case', '')]),
        ('the walls are painted white', [('wall', 'painted white')]),
        ('the sofa is next to the lamp', [('sofa', ''), ('lamp', '')]),
        ('a lamp stands beside a bed', [('lamp', ''), ('bed', '')]),
    ],
)
def test_names_and_looks_in_captions(caption, mentions):
    found = [(m.name, ' '.join(m.attributes)) for m in every_mention(caption)]
    assert found == mentions


@pytest.mark.parametrize(
    ('wanted', 'thing', 'same'),
    [('toilet', 'pot', False), ('toilet', 'stool', False), ('couch', 'sofa', True)],
)
def test_names_that_share_only_a_rare_sense_are_of_two_things(wanted, thing, same):
    relation = relate(parse_name(wanted), parse_name(thing))
    assert (relation in (Relation.SAME, Relation.SYNONYM, Relation.KIND)) is same
