"""A request is cut into its subject, its constraints, its order, and the answer it wants."""

from __future__ import annotations

from datetime import datetime, timezone

from constraints.world import CLOCK, read, told
import pytest

from memory_node.core.constraints.area import Area
from memory_node.core.constraints.beside import Beside
from memory_node.core.constraints.count import Count
from memory_node.core.constraints.direction import Direction
from memory_node.core.constraints.floor import Floor, FloorKind
from memory_node.core.constraints.near import Near
from memory_node.core.constraints.order import OrderKind
from memory_node.core.language.request import SubjectKind
from memory_node.core.language.times import windows


@pytest.mark.parametrize(
    ('text', 'name', 'constraints'),
    [
        ('the red sofa', 'sofa', ()),
        ('people', 'people', ()),
        ('my keys', 'keys', ()),
        ('a floor lamp', 'floor lamp', ()),
        ('the coat stand', 'coat stand', ()),
        ('where is the dispensing robot?', 'dispensing robot', ()),
        ('where is the stove?', 'stove', ()),
        ('find the nightstand', 'nightstand', ()),
        ('Could you please show me the exit', 'exit', ()),
        ('can you show me where the printer is', 'printer', ()),
        ('do you know where my keys are?', 'keys', ()),
        ('have you come across the mug?', 'mug', ()),
        ('Can you bring me the cushion?', 'cushion', ()),
        ('where can I find the glove dispenser?', 'glove dispenser', ()),
        ('where did you see the heat lamp?', 'heat lamp', ()),
        ('I am looking for a medical kit', 'medical kit', ()),
        ('turn on the lamp', 'lamp', ()),
        ('how many gas cylinders have you seen?', 'gas cylinders', ()),
        ('how many nesting boxes do you know of?', 'nesting boxes', ()),
        ('are there any mice?', 'mice', ()),
        ('what colour is the sofa?', 'sofa', ()),
        ('where did I put my glasses?', 'glasses', ()),
        # near, and distances
        ('a chair near me', 'chair', ('near: near me',)),
        ('a bed close to me', 'bed', ('near: close to me',)),
        ('a printer within 20 m', 'printer', ('near: within 20 m',)),
        ('a printer within 20 m of here', 'printer', ('near: within 20 m of here',)),
        ('a printer within 5 metres of the sofa', 'printer',
         ('beside: within 5 metres of the sofa',)),
        ('a bench within 5 m of the fountain', 'bench', ('beside: within 5 m of the fountain',)),
        # rooms, and what holds things
        ('the sink in the kitchen', 'sink', ('area: in the kitchen',)),
        ('a chair that is not in the bedroom', 'chair', ('not area: that is not in the bedroom',)),
        ("a sink that isn't in the bathroom", 'sink', ("not area: that isn't in the bathroom",)),
        ('a mirror, not the one with the bulbs', 'mirror', ('not with: without the bulbs',)),
        ('a bucket, just not the one on the bench, it leaks', 'bucket',
         ('not beside: that is not on the bench',)),
        ('a chair but not the one next to the lamp though', 'chair',
         ('not beside: that is not next to the lamp',)),
        ('a bucket, but not the red one', 'bucket', ('not attribute: that is not red',)),
        ('a sink, only not the one in the hall', 'sink', ('not area: that is not in the hall',)),
        ('a brush, but not the paint brush', 'brush', ('besides: other than the paint brush',)),
        ('a brush that is not the paint brush', 'brush',
         ('besides: that is not the paint brush',)),
        ('the sink anywhere but in the hall', 'sink', ('not area: anywhere but in the hall',)),
        ('any sink except in the kitchen', 'sink', ('not area: except in the kitchen',)),
        ('a plant in the kitchen or in the hall', 'plant',
         ('area: in the kitchen or in the hall',)),
        ('the desk of the office', 'desk', ('area: of the office',)),
        ('the chart of the elements', 'chart of the elements', ()),
        ('the milk in the fridge', 'milk', ('area: in the fridge',)),
        ('the chair at the table in the kitchen', 'chair',
         ('area: at the table', 'area: in the kitchen')),
        ('the lamp on the terrace', 'lamp', ('area: on the terrace',)),
        ('Go to the bedroom and find the chair', 'chair', ('area: Go to the bedroom',)),
        ('bring me a cup from the kitchen', 'cup', ('area: from the kitchen',)),
        ('a sofa in the building', 'sofa', ()),
        ('drive to the goods-in area', 'goods in area', ()),
        ('the switch in the meet-me room', 'switch', ('area: in the meet-me room',)),
        # landmarks
        ('the lamp next to the sofa', 'lamp', ('beside: next to the sofa',)),
        ('the cup on the table', 'cup', ('beside: on the table',)),
        ('the mug, which is on the table', 'mug', ('beside: which is on the table',)),
        ('the sink below the mirror', 'sink', ('beside: below the mirror',)),
        ('the chair opposite the tv', 'chair', ('beside: opposite the tv',)),
        ('the blue mug to the left of the sink', 'mug', ('beside: to the left of the sink',)),
        ('a chair not near the window', 'chair', ('not beside: not near the window',)),
        ('is the cup still on the table?', 'cup', ('beside: on the table',)),
        ('where are the keys on the hook?', 'keys', ('beside: on the hook',)),
        ('I left my bag on the sofa', 'bag', ('beside: on the sofa',)),
        ('which room is next to the kitchen?', 'room', ('beside: next to the kitchen',)),
        ('the bedroom next to the hallway', 'bedroom', ('beside: next to the hallway',)),
        # floors and sides
        ('the toilet upstairs', 'toilet', ('floor: upstairs',)),
        ('the toilet on the first floor', 'toilet', ('floor: on the first floor',)),
        ('the top floor toilet', 'toilet', ('floor: the top floor',)),
        ('the cabin on deck 3', 'cabin', ('floor: on deck 3',)),
        ("a wardrobe that isn't on level 1", 'wardrobe', ("not floor: that isn't on level 1",)),
        ('a door north of the library', 'door', ('direction: north of the library',)),
        ('a wardrobe on the west side of the building', 'wardrobe',
         ('direction: on the west side of the building',)),
        # times
        ('the keys in the morning', 'keys', ('time: in the morning',)),
        ('where were my keys yesterday?', 'keys', ('time: yesterday',)),
        ('a chair you saw ten minutes ago', 'chair', ('time: ten minutes ago',)),
        ('a lamp seen yesterday', 'lamp', ('time: yesterday',)),
        ('the mail yesterday between 2 pm and 3 pm', 'mail',
         ('time: yesterday', 'time: between 2 pm and 3 pm')),
        ('a chair seen today but not this morning', 'chair',
         ('time: today', 'not time: but not this morning')),
        # contents and numbers
        ('a bathroom without a bathtub', 'bathroom', ('not with: without a bathtub',)),
        ('a room with two beds', 'room', ('count: with two beds',)),
        ('a bedroom with two beds and a desk', 'bedroom',
         ('count: with two beds', 'with: and a desk')),
        ('a chair in a room with a stove', 'chair', ('with: with a stove',)),
        ('the workbench with the sharpening stone', 'workbench',
         ('with: with the sharpening stone',)),
        ('how many chairs are there in the kitchen?', 'chairs', ('area: in the kitchen',)),
        # several at once
        ('the lamp next to the sofa upstairs this morning', 'lamp',
         ('beside: next to the sofa', 'floor: upstairs', 'time: this morning')),
        ('the gas cylinder in the chemical store next to the spill kit', 'gas cylinder',
         ('area: in the chemical store', 'beside: next to the spill kit')),
        ('where is the fire extinguisher in the machine shed?', 'fire extinguisher',
         ('area: in the machine shed',)),
        ('the pump in engine room 2', 'pump', ('area: in engine room 2',)),
        ('how many cows are in the barn?', 'cows', ('area: in the barn',)),
        ('the lifejacket under the bunk in the forward cabin', 'lifejacket',
         ('beside: under the bunk', 'area: in the forward cabin')),
    ],
)  # fmt: skip
def test_a_name_is_told_from_its_constraints(text, name, constraints):
    subject = read(text).subject
    assert (subject.kind, subject.name) == (SubjectKind.NAME, name)
    assert told(text) == constraints


@pytest.mark.parametrize(
    ('text', 'kind', 'about', 'name'),
    [
        ('the nearest chair', OrderKind.NEAREST, '', 'chair'),
        ('the farthest exit', OrderKind.FARTHEST, '', 'exit'),
        ('the milking machine closest to me', OrderKind.NEAREST, '', 'milking machine'),
        ('the chair closest to the window', OrderKind.NEAREST, 'window', 'chair'),
        ('bring me to the next chair from here', OrderKind.NEAREST, '', 'chair'),
        ('the chair that is the shortest way from here', OrderKind.NEAREST, '', 'chair'),
        ('what is the closest chair from where I stand?', OrderKind.NEAREST, '', 'chair'),
        ('the printer as close as possible', OrderKind.NEAREST, '', 'printer'),
        ('where did you last see my keys?', OrderKind.NEWEST, '', 'keys'),
        ('the latest toilet', OrderKind.NEWEST, '', 'toilet'),
        ('where was a toilet first seen?', OrderKind.OLDEST, '', 'toilet'),
    ],
)
def test_an_order_is_read_apart_from_constraints(text, kind, about, name):
    request = read(text)
    assert request.order is not None
    assert (request.order.kind, request.order.about) == (kind, about)
    assert request.subject.name == name
    assert request.constraints == ()


def test_fields_of_constraints_are_filled():
    def only(text):
        (constraint,) = read(text).constraints
        return constraint

    assert only('a cup within half a metre') == Near(phrase='within half a metre', distance_m=0.5)
    assert only('a cup within 30 cm of the tap') == Beside(
        phrase='within 30 cm of the tap', about='tap', relation='near', distance_m=0.3
    )
    assert only('a cup in the hall or the kitchen') == Area(
        phrase='in the hall or the kitchen', about=('hall', 'kitchen')
    )
    assert only('a room that has at least 3 desks') == Count(
        phrase='that has at least 3 desks', about='desks', number=3, at_least=True
    )
    assert only('a cup in the basement') == Floor(
        phrase='in the basement', kind=FloorKind.BASEMENT
    )
    assert only('a cup in the north-east corner of the hall') == Direction(
        phrase='in the north-east corner of the hall', side='northeast', about='hall', within=True
    )


def test_spans_refer_to_the_text_of_the_request():
    request = read('  the   lamp\nnext to  the sofa ')
    (beside,) = request.constraints
    assert request.text[slice(*beside.span)] == beside.phrase == 'next to the sofa'


def test_a_description_is_taken_whole():
    text = (
        'a narrow corridor with a wooden floor and white walls, two doors on the left, a window at'
        ' the far end and a small table below a mirror'
    )
    request = read(text)
    assert request.subject.kind is SubjectKind.VIEW
    assert request.subject.text == text
    assert request.constraints == ()


@pytest.mark.parametrize(
    'opening', ['I remember ', 'somewhere with ', 'Find a place like: ', 'looking for ']
)
def test_a_remembered_view_is_a_description(opening):
    view = 'a narrow road edged by brick buildings; a red bus is parked nearby on the right side'
    request = read(opening + view)
    assert request.subject.kind is SubjectKind.VIEW
    assert request.constraints == ()


@pytest.mark.parametrize(
    'text',
    ['The leftovers will spoil if they stay warm.', 'Find the most suitable place for paperwork.'],
)
def test_a_sentence_that_names_nothing_is_a_need(text):
    assert read(text).subject.kind is SubjectKind.NEED


def test_a_time_to_come_asks_nothing_of_what_was_seen():
    (tonight,) = read('where can I watch the match tonight?').constraints
    (was,) = read('where was the ball tonight?').constraints
    assert tonight.ahead == (tonight.window.since_ns > CLOCK.now_ns)
    assert not was.ahead


@pytest.mark.parametrize('text', ['кухня', '厨房在哪里？', 'Küche', 'مطبخ'])
def test_other_scripts_are_names(text):
    subject = read(text).subject
    assert subject.kind is SubjectKind.NAME
    assert subject.name


@pytest.mark.parametrize(
    ('text', 'since', 'until'),
    [
        ('this morning', '25 05:00', '25 12:00'),
        ('last night', '24 18:00', '25 06:00'),
        ('yesterday evening', '24 17:00', '25 00:00'),
        ('the day before yesterday', '23 00:00', '24 00:00'),
        ('on Monday', '23 00:00', '24 00:00'),
        ('last Wednesday', '18 00:00', '19 00:00'),
        ('in the last two hours', '25 13:30', None),
        ('half an hour ago', '25 14:45', '25 15:15'),
        ('since 9', '25 09:00', None),
        ('before noon', '25 00:00', '25 12:00'),
        ('before lunch', '25 00:00', '25 12:00'),
        ('the previous day', '24 00:00', '25 00:00'),
        ('at 22:30', '24 22:00', '24 23:00'),
        ('between 11 and 1', '25 11:00', '25 13:00'),
        ('on 2026-11-20', '20 00:00', '21 00:00'),
        ('last week', '16 00:00', '23 00:00'),
        ("at three o'clock", '25 14:30', '25 15:30'),
        ('at half past nine', '25 09:00', '25 10:00'),
        ('at 3 in the afternoon', '25 14:30', '25 15:30'),
        ("at nine o'clock at night", '24 20:30', '24 21:30'),
    ],
)
def test_moments_are_those_of_the_calendar(text, since, until):
    def said(ns):
        return ns and f'{datetime.fromtimestamp((ns + 1) // 10**9, timezone.utc):%d %H:%M}'

    (constraint,) = read(f'a cup {text}').constraints
    assert (said(constraint.window.since_ns), said(constraint.window.until_ns)) == (since, until)


@pytest.mark.parametrize(
    'text', ['yesterday at three in the afternoon', "at 3 o'clock yesterday afternoon"]
)
def test_an_hour_is_of_the_day_that_is_named(text):
    hours = [window.window for window in windows(f'the cup {text}', CLOCK)]
    narrow = min(hours, key=lambda window: window.until_ns - window.since_ns)
    assert datetime.fromtimestamp(narrow.since_ns / 1e9, timezone.utc).day == 24
    assert datetime.fromtimestamp(narrow.since_ns / 1e9, timezone.utc).hour == 14


@pytest.mark.parametrize(
    'text', ['at 25:00', 'on 2026-13-77', 'the day before the party', 'one in the hall', 'gate 3']
)
def test_moments_that_do_not_exist_are_none(text):
    assert windows(text, CLOCK) == []
