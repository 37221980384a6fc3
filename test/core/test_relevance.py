"""Names first; a plain name of what is not there means nothing here; needs by what serves them."""

from __future__ import annotations

from fakes import BagOfWordsEncoder
from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

from memory_node.core.language.affordances import AffordancePacks
from memory_node.core.language.request import Request, Subject, SubjectKind
from memory_node.core.objects.meaning import pack_vectors
from memory_node.core.objects.names import NameTable
from memory_node.core.retrieval.relevance import both, EmbeddingRelevance, served, THEME

MODEL = EmbeddingRelevance()
LABELS = ('sofa', 'fork', 'office chair', 'chair', 'washbasin', 'table', 'bedside table')
ROWS = (
    (('washbasin', 'sink'), ('wash your hands', 'rinse a cup')),
    (('sofa', 'couch'), ('sit down and rest',)),
    (('oven',), ('bake a cake',)),
)


def table(labels=LABELS, rows=ROWS):
    encoder = BagOfWordsEncoder(dim=1024, model_id='relevance-test')
    packs = AffordancePacks(rows)
    vectors = pack_vectors(packs, encoder.encode, encoder.model_id, encoder.dim)
    names = NameTable(encoder.encode, vectors, packs.synonyms)
    names.add(labels)
    return names.view(), encoder


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))


def judged(text, kind=SubjectKind.NAME, labels=LABELS, **subject):
    names, encoder = table(labels)
    request = Request(
        text=text,
        subject=Subject(
            kind=kind,
            text=text,
            **({'name': text} if kind is SubjectKind.NAME else {}) | subject,
        ),
    )
    found = MODEL.relevance(request, names, encoder.encode(MODEL.texts(request)))
    assert len(found.odds) == len(labels)
    return found, dict(zip(names.texts, found.odds.tolist(), strict=True))


def meant(text, **more):
    _, odds = judged(text, **more)
    return {name for name, value in odds.items() if value > 0.0}


@pytest.mark.parametrize(
    ('text', 'names'),
    [
        ('sofa', {'sofa'}),
        ('sofas', {'sofa'}),
        ('couch', {'sofa'}),
        ('sink', {'washbasin'}),  # a synonym that only the pack knows
        ('cutlery', {'fork'}),
        ('office chair', {'office chair'}),
        ('bedside table', {'bedside table'}),
        ('tables', {'table'}),
    ],
)
def test_a_name_decides_alone(text, names):
    found, odds = judged(text)
    assert found.named
    assert max(odds, key=odds.get) in names
    assert all(odds[n] > 0.0 for n in names)
    assert all(odds[n] < odds[next(iter(names))] for n in set(odds) - names)


def test_the_nearer_name_comes_before_the_wider_one():
    _, odds = judged('chair')
    assert odds['chair'] > odds['office chair']


@pytest.mark.parametrize('text', ['piano', 'fire extinguisher', 'swimming pool', 'oven'])
@pytest.mark.parametrize('definite', [False, True])
def test_a_plain_name_of_what_is_not_there_means_nothing_here(text, definite):
    found, odds = judged(text, definite=definite)
    assert not found.named
    assert max(odds.values()) < 0.0


def test_what_packs_know_is_nothing_else_though_a_part_of_its_name_is_of_its_row():
    rows = ((('lawn mower', 'mower'), ()), (('lawn tractor mower',), ()))
    names, encoder = table(('lawn tractor mower',), rows)
    (vector,) = encoder.encode(['lawn mower'])
    assert (MODEL.unnamed('lawn mower', names, vector) < 0.0).all()


def test_who_wishes_for_what_is_not_there_gets_what_serves_as_well():
    found, odds = judged('wash your hands basin', wished=True)
    assert not found.named
    assert max(odds, key=odds.get) == 'washbasin'


def test_a_purpose_chooses_between_things_of_the_name():
    labels = ('glass bowl', 'salad bowl')
    _, plain = judged('bowl', labels=labels)
    assert all(value > 0.0 for value in plain.values())
    text = 'a bowl to toss the salad'
    found, asked = judged(text, labels=labels, name='bowl', purpose='to toss the salad')
    assert found.named
    assert max(asked, key=asked.get) == 'salad bowl'
    assert asked['salad bowl'] - asked['glass bowl'] > plain['salad bowl'] - plain['glass bowl']


def test_a_need_is_met_by_what_the_packs_say_serves_it():
    found, odds = judged('wash your hands', kind=SubjectKind.NEED)
    assert not found.named
    assert max(odds, key=odds.get) == 'washbasin'
    _, odds = judged('sit down and rest', kind=SubjectKind.NEED)
    assert max(odds, key=odds.get) == 'sofa'


def test_what_nothing_here_serves_is_less_likely_than_what_something_does():
    """The oven that packs know would bake the cake far better than anything that is here."""
    _, served = judged('wash your hands', kind=SubjectKind.NEED)
    _, lacking = judged('bake a cake', kind=SubjectKind.NEED)
    assert max(lacking.values()) < max(served.values())


def test_where_nothing_is_named_everything_may_be_meant():
    found, odds = judged('anything', kind=SubjectKind.ANYTHING)
    assert not found.named
    assert len(set(odds.values())) == 1
    assert min(odds.values()) > 0.0


@pytest.mark.parametrize('kind', list(SubjectKind))
def test_a_memory_without_names_means_nothing(kind):
    found, _ = judged('sofa', kind=kind, labels=())
    assert not found.named


def test_a_world_without_packs_is_judged_by_the_plain_sentence():
    names, encoder = table(rows=())
    request = Request(
        text='sit on a sofa', subject=Subject(kind=SubjectKind.NEED, text='sit on a sofa')
    )
    found = MODEL.relevance(request, names, encoder.encode(MODEL.texts(request)))
    assert np.isfinite(found.odds).all()
    assert names.texts[int(np.argmax(found.odds))] == 'sofa'


@settings(deadline=None, max_examples=60)
@given(a=st.floats(-50, 50), b=st.floats(-50, 50))
def test_both_is_the_probability_of_both(a, b):
    joint = float(both(np.array([a]), np.array([b]))[0])
    p = 1.0 / (1.0 + np.exp(-a)) / (1.0 + np.exp(-b))
    assert joint <= min(a, b) + 1e-9
    if 1e-9 < p < 1 - 1e-9:
        assert 1.0 / (1.0 + np.exp(-joint)) == pytest.approx(p, rel=1e-6)


def test_a_thing_that_a_need_names_is_what_it_is_done_to():
    names, encoder = table()
    need = 'wipe the office chair down'
    request = Request(text=need, subject=Subject(kind=SubjectKind.NEED, text=need))
    vectors = encoder.encode(MODEL.texts(request))
    shift = MODEL.relevance(request, names, vectors).odds - served(names, vectors[:2])
    named = dict(zip(names.texts, shift.tolist(), strict=True))
    assert named.pop('office chair') == pytest.approx(THEME)
    assert named.pop('chair') == pytest.approx(THEME)
    assert set(named.values()) == {0.0}
