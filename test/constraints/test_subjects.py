"""What is wanted is a name, a need, a place to go to, or nothing; and the answer it wants."""

from __future__ import annotations

from constraints.world import read, told
import pytest

from memory_node.core.language.request import AnswerKind, Sort, SubjectKind


@pytest.mark.parametrize(
    ('text', 'name'),
    [
        ('go to the kitchen', 'kitchen'),
        ('take me to the living room', 'living room'),
        ('drive to the hay barn', 'hay barn'),
        ('please could you take me to the exit', 'exit'),
        ('how do I get to the library?', 'library'),
        ('stand by the printer', 'printer'),
        ('go near the sofa', 'sofa'),
        ('wait in the kitchen', 'kitchen'),
    ],
)
def test_who_is_sent_somewhere_asks_for_the_place_itself(text, name):
    request = read(text)
    assert (request.subject.kind, request.subject.name) == (SubjectKind.NAME, name)
    assert request.subject.motion
    assert request.constraints == ()


@pytest.mark.parametrize(
    ('text', 'need'),
    [
        ('where can I wash my hands?', 'wash my hands'),
        ('somewhere to sit', 'sit'),
        ('something to drink', 'drink'),
        ('somebody who can help me', 'help me'),
        ("I'm looking for a place where I can charge my phone", 'charge my phone'),
        ('a room for a private talk', 'a private talk'),
        ('a private room to talk to a patient', 'private room to talk to a patient'),
        ('take me somewhere quiet', 'somewhere quiet'),
        ('my hands are dirty', 'my hands are dirty'),
        ('I am thirsty', 'I am thirsty'),
        ('I want to cook', 'cook'),
        ('I want to see works of art', 'see works of art'),
        ('I need somebody to talk to', 'talk to'),
        ('the soup has gone cold', 'the soup has gone cold'),
        ('the tractor needs fuel', 'the tractor needs fuel'),
        ('keep the milk cold', 'keep the milk cold'),
        ('hang up my shirts', 'hang up my shirts'),
        ('shear a sheep', 'shear a sheep'),
        ('show slides to ten people', 'show slides to ten people'),
        ('where do the hens lay their eggs?', 'the hens lay their eggs'),
        ('where can visitors leave their bags?', 'visitors leave their bags'),
        ('where are the chemicals kept?', 'the chemicals kept'),
        ('go to where the machines are parked', 'the machines are parked'),
        ('what keeps the power on when the grid fails?',
         'keeps the power on when the grid fails'),
        ('where can I heat a test tube over a flame?', 'heat a test tube over a flame'),
        ('lift a heavy crate onto a high shelf', 'lift a heavy crate onto a high shelf'),
        ('protect my eyes from splinters', 'protect my eyes from splinters'),
        ('I have to put on a lab coat', 'put on a lab coat'),
    ],
)  # fmt: skip
def test_what_is_to_be_done_or_is_wrong_is_a_need(text, need):
    request = read(text)
    assert (request.subject.kind, request.subject.text) == (SubjectKind.NEED, need)
    assert request.constraints == ()


@pytest.mark.parametrize(
    ('text', 'need', 'constraints'),
    [
        ('somewhere to sit upstairs near me', 'sit', ('floor: upstairs', 'near: near me')),
        ('somewhere to sit next to a window', 'sit', ('beside: next to a window',)),
        ('eat outside at a picnic table', 'eat outside', ('area: at a picnic table',)),
        ('where can I wash my hands in the kitchen?', 'wash my hands', ('area: in the kitchen',)),
    ],
)
def test_needs_have_constraints_as_well(text, need, constraints):
    assert read(text).subject.text == need
    assert told(text) == constraints


@pytest.mark.parametrize(
    ('text', 'name', 'purpose', 'definite'),
    [
        ('a cup for hot drinks', 'cup', 'for hot drinks', False),
        ('I need a knife to cut bread', 'knife', 'to cut bread', False),
        ('the machine that dispenses pills', 'machine', 'that dispenses pills', True),
        ('the entrance where visitors sign in', 'entrance', 'where visitors sign in', True),
        ('I would like a coffee', 'coffee', '', False),
        ('the sofa', 'sofa', '', True),
        ('beds', 'beds', '', False),
    ],
)
def test_a_name_keeps_what_it_is_for(text, name, purpose, definite):
    subject = read(text).subject
    assert (subject.name, subject.purpose) == (name, purpose)
    assert subject.definite == definite


def test_attributes_are_told_from_the_name():
    assert read('the red sofa').subject.attributes == ('red',)
    assert read('the large wooden table near a window').subject.name == 'table'


@pytest.mark.parametrize(
    ('text', 'constraints', 'answer'),
    [
        ('what is on the table?', ('beside: on the table',), AnswerKind.WHAT),
        ('what is in the cold room?', ('area: in the cold room',), AnswerKind.WHAT),
        ('anything in the kitchen', ('area: in the kitchen',), AnswerKind.WHERE),
        ('is there anything on the table?', ('beside: on the table',), AnswerKind.EXISTS),
        ('what did you see this morning?', ('time: this morning',), AnswerKind.WHAT),
        ('upstairs', ('floor: upstairs',), AnswerKind.WHERE),
        ('near me', ('near: near me',), AnswerKind.WHERE),
        ('tell me about this place', (), AnswerKind.DESCRIBE),
        ('what kind of place is this?', (), AnswerKind.DESCRIBE),
        ('what is this home like?', (), AnswerKind.DESCRIBE),
        ('describe everything', (), AnswerKind.DESCRIBE),
        ('show me around', (), AnswerKind.DESCRIBE),
        ('the of and', (), AnswerKind.WHERE),
        ('???', (), AnswerKind.WHERE),
    ],
)
def test_nothing_may_be_named_at_all(text, constraints, answer):
    request = read(text)
    assert request.subject.kind is SubjectKind.ANYTHING
    assert told(text) == constraints
    assert request.answer is answer


@pytest.mark.parametrize(
    ('text', 'answer'),
    [
        ('where is the mug?', AnswerKind.WHERE),
        ('is there a mug?', AnswerKind.EXISTS),
        ('do you know a sofa?', AnswerKind.EXISTS),
        ('do you have a seed drill?', AnswerKind.EXISTS),
        ('are the keys on the table?', AnswerKind.EXISTS),
        ('do you know where my keys are?', AnswerKind.WHERE),
        ('how many mugs are there?', AnswerKind.COUNT),
        ('when did you last see the forklift?', AnswerKind.WHEN),
        ('what is the closest chair?', AnswerKind.WHERE),
        ('what colour is the sofa?', AnswerKind.LOOK),
        ('which room is next to the kitchen?', AnswerKind.WHAT),
        ('describe the machine shed', AnswerKind.DESCRIBE),
        ('what is the kitchen like?', AnswerKind.DESCRIBE),
    ],
)
def test_the_wording_says_which_answer_is_wanted(text, answer):
    assert read(text).answer is answer


def test_who_asks_for_people():
    request = read('who is in the kitchen?')
    assert request.subject.name == 'person'
    assert told('who is in the kitchen?') == ('area: in the kitchen',)


@pytest.mark.parametrize(
    ('text', 'need', 'sort'),
    [
        ('Take me to the area for concentrated paperwork.', 'concentrated paperwork', Sort.ROOM),
        ('which part of the ship is best for getting medical help?', 'getting medical help',
         Sort.ROOM),
        ('Which room can I use to call someone in private?', 'call someone in private', Sort.ROOM),
        ('show me the best place to watch the sunset. Take me there.', 'watch the sunset',
         Sort.PLACE),
        ('Where would people go for freshening up?', 'freshening up', Sort.PLACE),
        ('where can I wash my hands?', 'wash my hands', Sort.THING),
        ('something to eat', 'eat', Sort.THING),
    ],
)  # fmt: skip
def test_a_room_may_be_asked_for_by_what_it_is_for(text, need, sort):
    subject = read(text).subject
    assert (subject.kind, subject.text, subject.sort) == (SubjectKind.NEED, need, sort)


@pytest.mark.parametrize(
    ('text', 'name'),
    [
        ('the waiting area for visitors', 'waiting area'),
        ('a space heater for the office', 'space heater'),
        ('Where did the mug go?', 'mug'),
        ('where did my keys end up?', 'keys'),
        ('Where has the laundry basket been put?', 'laundry basket'),
        ('What is the last place where you saw the ladder?', 'ladder'),
        ('I remember a wardrobe. Take me there.', 'wardrobe'),
        ('Is there a radiator here? Go there.', 'radiator'),
    ],
)
def test_a_known_thing_is_named_however_it_is_asked_for(text, name):
    subject = read(text).subject
    assert (subject.kind, subject.name) == (SubjectKind.NAME, name)


@pytest.mark.parametrize(
    ('text', 'need'),
    [
        ('I have to send an e-mail. Somewhere near me would be best.', 'send an e-mail'),
        ('I need something to read before bedtime. The nearest one will do.',
         'read before bedtime'),
        ('Nature calls, where do I go?', 'Nature calls'),
        ('I want to know what time it is.', 'what time'),
    ],
)  # fmt: skip
def test_what_says_nothing_of_the_need_is_left_out(text, need):
    subject = read(text).subject
    assert (subject.kind, subject.text) == (SubjectKind.NEED, need)
