"""Every method finds what can not be missed, under one protocol."""

from __future__ import annotations

from evaluation.rooms import QUESTIONS, rooms
from fakes import BagOfWordsEncoder
import numpy as np
import pytest

from memory_bench.datasets.types import DataSet, Question
from memory_bench.errors import EvaluationError
from memory_bench.methods.base import MethodOptions
from memory_bench.methods.cost import CachingEncoder, document, Stopwatch
from memory_bench.methods.flat import Bm25
from memory_bench.methods.memory import ABLATIONS
from memory_bench.methods.registry import make_method, method_names
from memory_bench.run.evaluate import compare, config_for
from memory_node.core.config import MemoryConfig
from memory_node.core.errors import LanguageModelError
from memory_node.core.ports import Completion

FINDERS = ('bm25', 'dense', 'hybrid', 'paper', 'traversal', 'ours', 'ours-packs', 'oracle')


class Chooser:
    """A language model that always takes the last options, and may fail."""

    model_id = 'chooser'

    def __init__(self, fails=False):
        self.fails = fails
        self.asked = 0

    def complete(self, *, instruction, data, schema, max_tokens=256):
        self.asked += 1
        if self.fails or 'choice' not in schema['properties']:
            raise LanguageModelError('unreachable')
        choice = schema['properties']['choice']
        options = choice['items']['enum'][::-1][: choice['maxItems']]
        return Completion(value={'choice': options}, prompt_tokens=7)


@pytest.fixture
def encoder():
    return CachingEncoder(BagOfWordsEncoder())


@pytest.mark.parametrize('name', FINDERS)
def test_a_method_finds_what_is_named(name, encoder, tmp_path):
    method = make_method(name, encoder)
    method.build(rooms().observations, tmp_path)
    try:
        for question in QUESTIONS:
            if question.answerable:
                answer = method.ask(question, 2)
                assert answer.places[0].position[0] == question.goals[0][0]
                assert 1 <= len(answer.places) <= 2
                assert answer.search_s >= 0.0
                assert all(0.0 <= p.confidence <= 1.0 for p in answer.places)
        assert method.bytes_used() > 0 or name == 'oracle'
    finally:
        method.close()


def test_emem_is_used_as_its_readme_shows(encoder, tmp_path):
    pytest.importorskip('emem')
    method = make_method('emem', encoder)
    method.build(rooms().observations, tmp_path)
    answer = method.ask(QUESTIONS[1], 3)
    method.close()
    assert [p.node_id for p in answer.places][0] == 'bathroom'
    assert len(answer.places) == 3


def test_a_missing_extra_says_what_to_install(encoder, monkeypatch):
    monkeypatch.setitem(__import__('sys').modules, 'emem', None)
    with pytest.raises(EvaluationError, match='pip install'):
        make_method('emem', encoder)


def test_random_draws_the_same_for_the_same_seed_only(encoder, tmp_path):
    def drawn(seed):
        method = make_method('random', encoder, MethodOptions(seed=seed))
        method.build(rooms().observations, tmp_path)
        return [[p.node_id for p in method.ask(q, 2).places] for q in QUESTIONS]

    assert drawn(0) == drawn(0)
    assert drawn(0) != drawn(1)


def test_unknown_methods_are_refused_with_the_names_there_are(encoder):
    with pytest.raises(EvaluationError, match=r"'bm52'.*bm25.*ours"):
        make_method('bm52', encoder)
    with pytest.raises(EvaluationError, match='language model'):
        make_method('ours+llm', encoder)


@pytest.mark.parametrize('fails', [False, True])
def test_the_paper_forest_asks_the_model_and_survives_it(fails, encoder, tmp_path):
    model = Chooser(fails)
    method = make_method('paper+llm', encoder, MethodOptions(language_model=model))
    method.build(rooms().observations, tmp_path)
    named = model.asked
    answer = method.ask(QUESTIONS[0], 2)
    assert named >= 1
    assert answer.llm_calls == model.asked - named >= 1
    assert answer.llm_tokens == (0 if fails else 7 * answer.llm_calls)
    assert (answer.places[0].node_id == 'living') is fails  # else the model's odd choice counts


def test_an_ablation_changes_only_what_it_names():
    whole = MemoryConfig()
    config = ABLATIONS['ours-packs'](whole)
    assert config.language.affordance_packs == ''
    assert (config.forest, config.retrieval) == (whole.forest, whole.retrieval)
    assert ABLATIONS['ours-instruction'](whole).retrieval.scorer == 'off'
    assert set(ABLATIONS) < set(method_names())


def test_bm25_is_the_formula():
    index = Bm25(['red sofa', 'red lamp lamp', 'blue towel'])
    scores, most = index.scores('a lamp')
    rarity = np.log1p((3 - 1 + 0.5) / (1 + 0.5))
    mean = 7 / 3
    expected = rarity * 2 * 2.2 / (2 + 1.2 * (0.25 + 0.75 * 3 / mean))
    assert scores.tolist() == pytest.approx([0.0, expected, 0.0])
    assert most == pytest.approx(2.2 * rarity)


def test_texts_are_embedded_once_and_kept_between_runs(tmp_path):
    inner = BagOfWordsEncoder()
    first = CachingEncoder(inner, tmp_path)
    with Stopwatch(first) as watch:
        vectors = first.encode(['a sofa', 'a bed', 'a sofa'])
    assert inner.calls == 1
    assert watch.encode_s > 0.0
    first.save()
    again = CachingEncoder(inner, tmp_path)
    assert again.encode(['a bed', 'a sofa']).tolist() == vectors[[1, 0]].tolist()
    assert inner.calls == 1


def test_a_damaged_cache_is_made_again(tmp_path):
    encoder = CachingEncoder(BagOfWordsEncoder(), tmp_path)
    encoder.encode(['a sofa'])
    encoder.save()
    next(tmp_path.glob('vectors-*.npz')).write_bytes(b'no archive')
    assert CachingEncoder(BagOfWordsEncoder(), tmp_path).encode(['a sofa']).shape == (1, 64)


def test_a_document_says_labels_that_the_caption_does_not():
    from fakes import seen

    told = seen('a', caption='a red sofa', objects={'sofa': None, 'floor_lamp': None})
    assert document(told) == 'a red sofa, floor lamp'


def test_streets_get_the_scales_of_streets():
    street = DataSet(name='s', kind='street', observations=(), questions=())
    assert config_for(street, MemoryConfig()).forest.distance_scale_m == 50.0
    assert config_for(rooms(), MemoryConfig()) == MemoryConfig()


def test_one_method_failing_leaves_the_others_alone(encoder, monkeypatch):
    from memory_bench.methods import flat
    from memory_node.core.errors import InvalidObservationError

    def refuse(self, observations, folder):
        raise InvalidObservationError('too many')

    monkeypatch.setattr(flat.DenseMethod, 'build', refuse)
    dense, bm25 = compare([rooms()], ['bm25', 'dense'], encoder)[::-1]
    assert dense.failures == {'rooms': 'too many'}
    assert not dense.outcomes
    assert len(bm25.outcomes) == len(QUESTIONS)


def test_a_question_that_fails_counts_as_a_miss(encoder):
    long = Question(id='long', text='sofa ' * 2000, kind='explicit', goals=((0.0, 0.0, 0.0),))
    data = DataSet(name='d', kind='building', observations=rooms().observations, questions=(long,))
    (run,) = compare([data], ['ours'], encoder)
    assert run.outcomes[0].first is False
    assert 'INVALID_QUERY' in run.outcomes[0].error
