"""A language model fills the same request; what it makes up is read by the rules instead."""

from __future__ import annotations

from constraints.world import CLOCK, read
import pytest

from memory_node.core.constraints.order import Order, OrderKind
from memory_node.core.constraints.registry import REGISTRY
from memory_node.core.errors import LanguageModelError
from memory_node.core.language.llm_parser import LanguageModelParser, request_schema
from memory_node.core.language.request import AnswerKind, SubjectKind
from memory_node.core.ports import Completion

TEXT = 'the mug by the sink, not in the kitchen, seen this morning'


class Scripted:
    model_id = 'scripted'

    def __init__(self, value):
        self.value = value
        self.schema = None

    def complete(self, *, instruction, data, schema, max_tokens=256):
        self.schema = schema
        if isinstance(self.value, Exception):
            raise self.value
        return Completion(value=self.value)


def value(*constraints, **more):
    return {
        'subject': 'mug',
        'subject_kind': 'name',
        'answer': 'where',
        'order': 'none',
        'constraints': list(constraints),
    } | more


BY = {'kind': 'beside', 'phrase': 'by the sink', 'negated': False, 'about': 'sink'}
OUT = {'kind': 'area', 'phrase': 'not in the kitchen', 'negated': True, 'about': 'kitchen'}
WHEN = {'kind': 'time', 'phrase': 'this morning', 'negated': False, 'from_s': 9, 'to_s': 1}


def parser(answer):
    return LanguageModelParser(Scripted(answer), REGISTRY, Order)


def test_what_a_model_reads_is_a_request():
    read_by = parser(value(BY, OUT, WHEN, order='newest'))
    request = read_by.parse(TEXT, CLOCK)
    assert request.subject.name == 'mug'
    assert {c.NAME: c.negated for c in request.constraints} == {
        'time': False, 'beside': False, 'area': True,
    }  # fmt: skip
    assert request.order is not None
    assert request.order.kind is OrderKind.NEWEST
    assert read_by.statistics.fallbacks == 0
    # The rules know what this morning is.
    ruled = next(c for c in read(TEXT).constraints if c.NAME == 'time')
    assert ruled in request.constraints


def test_the_schema_has_the_fields_of_every_kind():
    schema = request_schema(REGISTRY)
    row = schema['properties']['constraints']['items']
    assert set(row['properties']['kind']['enum']) == {kind.NAME for kind in REGISTRY}
    for kind in REGISTRY:
        assert set(kind.SCHEMA) <= set(row['properties'])
    assert not row['additionalProperties']


@pytest.mark.parametrize(
    'answer',
    [
        LanguageModelError('no answer'),
        {},
        value(constraints=None),
        value({'kind': 'teleport', 'phrase': 'by the sink', 'negated': False}),
        value(BY | {'phrase': 'under the bridge'}),
        value(BY | {'about': 'bridge'}),
        value(BY | {'about': ''}),
        value({'kind': 'count', 'phrase': 'the mug', 'negated': False, 'about': 'mug'}),
        value({'kind': 'floor', 'phrase': 'the mug', 'negated': False, 'floor': 'mezzanine'}),
        value({'kind': 'direction', 'phrase': 'the mug', 'negated': False, 'side': 'up'}),
        value({'kind': 'near', 'phrase': 'the mug', 'negated': False, 'distance_m': -1}),
        value({'kind': 'near', 'phrase': 'the mug', 'negated': False, 'distance_m': float('nan')}),
        value(subject='the crown jewels'),
        value(subject_kind='wish'),
        value(answer='song'),
        value(order='tallest'),
        value('by the sink'),
    ],
)
def test_what_a_model_makes_up_is_read_by_the_rules(answer):
    read_by = parser(answer)
    assert read_by.parse(TEXT, CLOCK) == read(TEXT)
    assert read_by.statistics.fallbacks == read_by.statistics.requests == 1
    assert read_by.statistics.message


def test_a_model_may_say_need_and_anything():
    request = parser(value(subject='rest', subject_kind='need')).parse(
        'I could do with some rest', CLOCK
    )
    assert (request.subject.kind, request.subject.text) == (SubjectKind.NEED, 'rest')
    request = parser(value(BY, subject='', subject_kind='anything', answer='what')).parse(
        'so what have we got by the sink then', CLOCK
    )
    assert request.subject.kind is SubjectKind.ANYTHING
    assert request.answer is AnswerKind.WHAT
