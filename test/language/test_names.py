"""A requested name finds what people of many fields would accept, and nothing else."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
import time

from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

from memory_node.core.language.names import NameMatcher, Relation
from memory_node.core.language.noun_phrases import head_noun, split_name

SAME, SYNONYM, KIND = Relation.SAME, Relation.SYNONYM, Relation.KIND
PART_NAME, CONFLICT, OTHER = Relation.PART_NAME, Relation.CONFLICT, Relation.OTHER


def relation(wanted, thing, **synonyms):
    matcher = NameMatcher(synonyms)
    matcher.extend([thing])
    return Relation(int(matcher.relations(wanted)[0]))


@pytest.mark.parametrize(
    ('wanted', 'thing', 'expected'),
    [
        # Home.
        ('night stand', 'nightstand', SAME),
        ('tv', 'television', SAME),
        ('sofa', 'couch', SAME),
        ('sofa', 'red_sofa', SAME),
        ('wheelchair', 'wheel chair', SAME),
        ('water bottle', 'bottle of water', SAME),
        ('fridge', 'refrigerator', SYNONYM),
        ('chair', 'office chair', KIND),
        ('seat', 'bench', KIND),
        ('cutlery', 'fork', KIND),
        ('utensil', 'spoon', KIND),
        ('furniture', 'wardrobe', KIND),
        ('fruit', 'apple', KIND),
        ('food', 'apple', KIND),
        ('toy', 'teddy bear', KIND),
        ('bedside table', 'table', PART_NAME),
        ('bear', 'teddy bear', PART_NAME),
        ('dog', 'hot dog', PART_NAME),
        ('cup of coffee', 'mug', PART_NAME),
        ('bedside table', 'dining table', CONFLICT),
        ('microwave oven', 'pizza oven', CONFLICT),
        ('couch', 'coat of paint', OTHER),
        ('faucet', 'sink', OTHER),
        ('thing', 'chair', OTHER),
        ('device', 'laptop', OTHER),
        ('key', 'keyboard', OTHER),
        # People, and things that are called like people.
        ('people', 'person', SAME),
        ('people', 'nurse', KIND),
        ('people', 'security guard', KIND),
        ('people', 'farmers', KIND),
        ('people', 'printer', OTHER),
        ('people', 'server', OTHER),
        ('people', 'monitor', OTHER),
        ('people', 'speaker', OTHER),
        ('people', 'toaster', OTHER),
        ('people', 'fume hood', OTHER),
        ('people', 'door knob', OTHER),
        ('trash can', 'trash bag', OTHER),
        ('trash can', 'bin', SYNONYM),
        ('instrument', 'guitar', KIND),
        # Farm.
        ('cow', 'heifer', KIND),
        ('cattle', 'cow', KIND),
        ('animal', 'goat', KIND),
        ('livestock', 'sheep', KIND),
        ('hay bale', 'bale of hay', SAME),
        ('feed trough', 'trough', PART_NAME),
        ('milking machine', 'machine', PART_NAME),
        ('heifer', 'cow', PART_NAME),
        # Laboratory.
        ('apparatus', 'centrifuge', KIND),
        ('microscope', 'electron microscope', KIND),
        ('glassware', 'beaker', KIND),
        ('fume hood', 'fume cupboard', SYNONYM),
        ('pipette', 'pipet', SAME),
        # Ship.
        ('life preserver', 'life jacket', KIND),
        ('boat', 'lifeboat', KIND),
        ('pump', 'bilge pump', KIND),
        # Pharmacy.
        ('medicine', 'aspirin', KIND),
        ('medicine', 'pill', KIND),
        ('syringe', 'hypodermic syringe', KIND),
        # Data centre and workshop.
        ('rack', 'server rack', KIND),
        ('patch panel', 'panel', PART_NAME),
        ('server', 'server rack', OTHER),
        ('computer', 'server', KIND),
        ('network switch', 'light switch', CONFLICT),
        ('wrench', 'spanner', SAME),
        ('tool', 'hammer', KIND),
        ('vehicle', 'forklift', KIND),
        ('extinguisher', 'fire extinguisher', SAME),
        ('gas cylinder', 'oxygen cylinder', CONFLICT),
        # Words that no dictionary knows.
        ('whelping box', 'whelping boxes', SAME),
        ('gripper', 'K7 gripper', KIND),
        ('K7 gripper', 'K8 gripper', CONFLICT),
        ('', 'chair', OTHER),
        ('chair', '', OTHER),
    ],
)
def test_relation(wanted, thing, expected):
    assert relation(wanted, thing) is expected


def test_packs_add_names():
    assert relation('cow brush', 'rotary groomer') is OTHER
    matcher = NameMatcher({'cow brush': 'rotary groomer'})
    matcher.extend(['rotary groomers'])
    assert matcher.relations('the cow brush').tolist() == [SYNONYM]


@pytest.mark.parametrize(
    ('phrase', 'attributes', 'name'),
    [
        ('red sofa', ('red',), 'sofa'),
        ('the two large wooden tables', ('large', 'wooden'), 'tables'),
        ('light blue chair', ('light', 'blue'), 'chair'),
        ('red fire hydrant', ('red',), 'fire hydrant'),
        ('parked car', ('parked',), 'car'),
        ('running man', ('running',), 'man'),
        ('hot water bottle', (), 'hot water bottle'),
        ('fire extinguisher', (), 'fire extinguisher'),
        ('milking machine', (), 'milking machine'),
        ('first aid kit', (), 'first aid kit'),
        ('dental chair', (), 'dental chair'),
        ("child's bed", (), "child's bed"),
        ('red', (), 'red'),
        ('', (), ''),
    ],
)
def test_attributes_are_no_part_of_the_name(phrase, attributes, name):
    assert split_name(phrase) == (attributes, name)


@pytest.mark.parametrize(
    ('phrase', 'head'),
    [
        ('cup of coffee', 'cup'),
        ('glass of water', 'glass'),
        ('machine that sells snacks', 'machine'),
        ('the box with red tape', 'box'),
        ('row of parked cars', 'car'),
        ('group of people', 'person'),
        ('office chairs', 'chair'),
    ],
)
def test_head_noun(phrase, head):
    assert head_noun(phrase) == head


def test_one_thing_may_have_two_names():
    matcher = NameMatcher()
    matcher.extend(['chair', 'office chair', 'sofa', 'couch', 'dining table', 'bedside table'])
    assert not matcher.same_thing(0, [4, 1])  # an office chair tells more than a chair
    assert matcher.same_thing(3, [2])
    assert not matcher.same_thing(4, [5, 0])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=30), max_size=6), st.text(max_size=30))
def test_any_name_is_the_same_as_itself(names, more):
    matcher = NameMatcher()
    matcher.extend([*names, 'sofa'])
    matcher.extend([more])
    assert matcher.relations(more).shape == (len(names) + 2,)
    assert matcher.relations('sofa')[len(names)] == SAME


def test_names_may_come_while_others_ask():
    matcher = NameMatcher()
    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(matcher.relations, 'chair') for _ in range(50)]
        for i in range(200):
            matcher.extend([f'chair {i}', 'office chair'])
        assert all(np.isin(one.result(), list(Relation)).all() for one in asked)
    assert (matcher.relations('chair')[1::2] == KIND).all()


def test_five_thousand_names_cost_little():
    matcher = NameMatcher()
    heads = ['chair', 'box', 'valve', 'lamp', 'pump', 'fork', 'heifer', 'printer', 'rack', 'gizmo']
    matcher.extend([f'zone{i} {heads[i % 10]}' for i in range(5000)])
    matcher.relations('stairs')
    start = time.perf_counter()
    for _ in range(20):
        matcher.relations('stairs')
    assert (time.perf_counter() - start) / 20 < 2e-3
