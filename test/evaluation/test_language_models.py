"""Methods with a language model, asked over HTTP by the OpenAI protocol."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import socket
import sys

from evaluation.rooms import OBSERVATIONS, QUESTIONS, rooms
from fakes import BagOfWordsEncoder, seen
from openai_server import OpenAIServer
import pytest
from scripted_model import scripted

from memory_bench.datasets.types import Question
from memory_bench.errors import EvaluationError
from memory_bench.methods.base import MethodOptions
from memory_bench.methods.cost import CachingEncoder, CountingModel, ModelUse
from memory_bench.methods.registry import make_method, needs_model
from memory_bench.run.evaluate import compare
from memory_node.core.errors import LanguageModelError
from memory_node.core.ports import Completion
from memory_node.models.openai_language_model import OpenAIChat

WHOLE = Question(id='whole', text='Describe this place in two sentences.', kind='global')


@pytest.fixture
def encoder():
    return CachingEncoder(BagOfWordsEncoder())


@pytest.fixture
def server():
    with OpenAIServer(scripted) as server:
        yield server


def options(server, **settings):
    settings = {'timeout_s': 20.0, 'retries': 0, **settings}
    model = OpenAIChat(base_url=server.base_url, model='scripted', **settings)
    return MethodOptions(language_model=model)


# ---- talking ----------------------------------------------------------------------------------


def test_talk_is_free_text_at_temperature_zero_and_counted(server):
    server.answer = '<think>hm</think>Good day.'
    model = CountingModel(options(server).language_model)
    said = model.talk([{'role': 'user', 'content': 'hello'}], max_tokens=9, as_json=True)
    assert said.text == 'Good day.'
    assert model.use == ModelUse(calls=1, failures=0, tokens=18)
    (request,) = server.requests
    assert request['messages'] == [{'role': 'user', 'content': 'hello'}]
    assert (request['temperature'], request['max_tokens']) == (0.0, 9)
    assert request['response_format'] == {'type': 'json_object'}


def test_failed_calls_are_counted_and_told():
    with OpenAIServer(behaviours=['500']) as server:
        model = CountingModel(options(server).language_model)
        with pytest.raises(LanguageModelError):
            model.talk([{'role': 'user', 'content': 'hello'}], max_tokens=9)
    assert model.use == ModelUse(calls=1, failures=1)
    assert '500' in model.message


def test_wrong_answers_cost_tokens_too():
    with OpenAIServer('no JSON') as server:
        inner = CountingModel(options(server).language_model)
        model = CountingModel(inner)
        with pytest.raises(LanguageModelError):
            model.complete(instruction='Pick.', data='{}', schema={'type': 'object'})
    assert model.use == inner.use == ModelUse(calls=1, failures=1, tokens=18)
    assert CountingModel(inner).use == ModelUse()


class Mute:
    """A model that only fills in schemas."""

    model_id = 'mute'

    def complete(self, *, instruction, data, schema, max_tokens=256):
        return Completion(value={})


def test_a_model_that_does_not_talk_says_so():
    model = CountingModel(CountingModel(Mute()))
    assert not model.talks
    with pytest.raises(LanguageModelError, match='free text'):
        model.talk([], max_tokens=1)


# ---- the paper's forest -----------------------------------------------------------------------


def many_rooms():
    kinds = ('kitchen with a stove', 'bedroom with a bed', 'bathroom with a bathtub', 'office')
    return [
        seen(f'{kind.split()[0]}-{i}', (40.0 * k, 40.0 * i, 0.0), f'{kind} number {i}', stamp=i)
        for k, kind in enumerate(kinds)
        for i in range(4)
    ]


def test_the_paper_forest_names_areas_bottom_up_and_asks_for_k_branches(server, encoder, tmp_path):
    method = make_method('paper+llm', encoder, options(server))
    method.build(many_rooms(), tmp_path)
    named = [json.loads(r['messages'][1]['content']) for r in server.requests]
    areas = [area for batch in named for area in batch]
    assert areas
    assert all(('parts' in a) != ('captions' in a) for a in areas)
    built = len(server.requests)
    answer = method.ask(Question(id='q', text='a bathtub', kind='explicit'), 2)
    asked = server.requests[built:]
    assert answer.llm_calls == len(asked) >= 1
    assert answer.places[0].node_id.startswith('bathroom')
    for request in asked:
        schema = request['response_format']['json_schema']['schema']
        choice = schema['properties']['choice']
        assert choice['minItems'] == choice['maxItems'] <= 5


def test_the_paper_forest_words_what_is_asked_about_an_area(server, encoder, tmp_path):
    method = make_method('paper+llm', encoder, options(server))
    method.build(rooms().observations, tmp_path)
    answer = method.ask(WHOLE, 3)
    data = json.loads(server.requests[-1]['messages'][1]['content'])
    assert data['question'] == WHOLE.text
    assert data['areas']
    assert answer.text == ' '.join(data['observations'])


def test_a_model_that_fails_twice_is_not_asked_again_for_one_question(encoder, tmp_path):
    with OpenAIServer(behaviours=['garbage']) as server:
        method = make_method('paper+llm', encoder, options(server))
        method.build(many_rooms(), tmp_path)
        plain = make_method('paper', encoder)
        plain.build(many_rooms(), tmp_path)
        question = Question(id='q', text='a bathtub', kind='explicit')
        answer = method.ask(question, 2)
        assert answer.llm_calls <= 2
        assert answer.places == plain.ask(question, 2).places


# ---- LightRAG ---------------------------------------------------------------------------------


@pytest.fixture
def lightrag(server, encoder):
    pytest.importorskip('lightrag', reason='pip install -r requirements/evaluation.txt')
    method = make_method('lightrag', encoder, options(server))
    yield method
    method.close()


def test_lightrag_finds_what_is_named_and_counts_what_it_asks(lightrag, server, tmp_path):
    lightrag.build(rooms().observations, tmp_path)
    assert lightrag.note == ''
    assert lightrag.bytes_used() > 1000
    built = len(server.requests)
    assert built == 2 * len(OBSERVATIONS)  # read, and read again for what was missed
    assert {r['temperature'] for r in server.requests} == {0.0}
    for question in QUESTIONS:
        if question.answerable:
            before = len(server.requests)
            answer = lightrag.ask(question, 2)
            assert answer.places[0].position[0] == question.goals[0][0]
            assert len(answer.places) <= 2
            assert answer.llm_calls == len(server.requests) - before == 1  # its keywords
            assert answer.llm_tokens == 18


def test_lightrag_answers_about_areas_in_its_own_words(lightrag, server, tmp_path):
    lightrag.build(rooms().observations, tmp_path)
    question = Question(id='g', text='Describe the room with the sofa.', kind='global')
    answer = lightrag.ask(question, 2)
    assert answer.llm_calls == 2
    assert answer.text.startswith('I know of ')
    assert 'a sofa facing a television' in answer.text
    assert answer.places[0].node_id == 'living'


def test_lightrag_keeps_places_that_look_alike(lightrag, tmp_path):
    twins = [seen(f'wc-{i}', (5.0 * i, 0.0, 0.0), 'a toilet and a sink') for i in range(3)]
    lightrag.build([*twins, *OBSERVATIONS], tmp_path)
    answer = lightrag.ask(Question(id='q', text='the toilet', kind='explicit'), 3)
    assert [p.node_id for p in answer.places] == ['wc-0', 'wc-1', 'wc-2']


def test_lightrag_stays_in_its_folder_and_reaches_nothing_but_the_endpoint(
    lightrag, server, tmp_path, monkeypatch
):
    elsewhere, folder = tmp_path / 'elsewhere', tmp_path / 'built'
    elsewhere.mkdir()
    folder.mkdir()
    (elsewhere / '.env').write_text('LLM_BINDING=surprise\n')
    monkeypatch.chdir(elsewhere)
    reached = []
    connect, resolve = socket.socket.connect, socket.getaddrinfo

    def noted(self, address):
        reached.append(address)
        return connect(self, address)

    def looked_up(host, *more, **others):
        reached.append((host,))
        return resolve(host, *more, **others)

    monkeypatch.setattr(socket.socket, 'connect', noted)
    monkeypatch.setattr(socket, 'getaddrinfo', looked_up)
    lightrag.build(rooms().observations, folder)
    lightrag.ask(QUESTIONS[0], 2)
    lightrag.close()
    assert {address[0] for address in reached if isinstance(address, tuple)} == {'127.0.0.1'}
    assert [p.name for p in elsewhere.iterdir()] == ['.env']
    assert 'LLM_BINDING' not in os.environ
    assert any(folder.rglob('*.json'))


def test_lightrag_is_silent_and_leaves_logging_alone(lightrag, tmp_path, capfd):
    before = logging.getLogger().level, logging.getLogger().handlers[:]
    lightrag.build(rooms().observations, tmp_path)
    lightrag.ask(QUESTIONS[0], 2)
    lightrag.close()
    assert capfd.readouterr() == ('', '')
    assert (logging.getLogger().level, logging.getLogger().handlers[:]) == before


def test_two_lightrags_do_not_mix_what_they_hold(lightrag, server, encoder, tmp_path):
    other = make_method('lightrag', encoder, options(server))
    try:
        for name, method, part in (('a', lightrag, slice(0, 2)), ('b', other, slice(2, 4))):
            (tmp_path / name).mkdir()
            method.build(OBSERVATIONS[part], tmp_path / name)
        found = [
            {p.node_id for p in m.ask(Question(id='q', text='a double bed', kind='x'), 4).places}
            for m in (lightrag, other)
        ]
    finally:
        other.close()
    assert found[0] <= {'kitchen', 'living'}
    assert 'bedroom' in found[1] <= {'bedroom', 'bathroom'}


@pytest.mark.parametrize('behaviour', ['500', 'disconnect', 'null'])
def test_lightrag_without_its_model_says_why(behaviour, encoder, tmp_path):
    pytest.importorskip('lightrag', reason='pip install -r requirements/evaluation.txt')
    with OpenAIServer(scripted, [behaviour]) as server:
        method = make_method('lightrag', encoder, options(server))
        with pytest.raises(EvaluationError, match='no observation') as raised:
            method.build(rooms().observations, tmp_path)
        method.close()
    assert 'scripted at http' in str(raised.value)


def test_lightrag_that_loses_its_model_fails_on_the_question_and_goes_on(
    lightrag, server, tmp_path
):
    lightrag.build(rooms().observations, tmp_path)
    server.answer = lambda request: 1 / 0  # the server closes the connection
    with pytest.raises((EvaluationError, LanguageModelError)):
        lightrag.ask(QUESTIONS[0], 2)
    server.answer = scripted
    assert lightrag.ask(QUESTIONS[0], 2).places[0].node_id == 'living'


@pytest.mark.parametrize('doing', ['building', 'asking'])
def test_lightrag_gives_up_what_takes_too_long(doing, encoder, tmp_path, monkeypatch):
    pytest.importorskip('lightrag', reason='pip install -r requirements/evaluation.txt')
    from memory_bench.methods import lightrag as lightrag_rival

    with OpenAIServer(scripted) as server:
        method = make_method('lightrag', encoder, options(server, timeout_s=5.0))
        if doing == 'asking':
            method.build(rooms().observations, tmp_path)
        monkeypatch.setattr(lightrag_rival, '_ASK_S', 0.3)
        monkeypatch.setattr(lightrag_rival, '_DOCUMENT_S', 0.1)
        server.behave('slow')
        late = {
            'building': lambda: method.build(rooms().observations, tmp_path),
            'asking': lambda: method.ask(QUESTIONS[0], 2),
        }
        with pytest.raises(EvaluationError, match=rf'{doing} took longer than 0\.\d s'):
            late[doing]()
        monkeypatch.undo()
        server.stopping.set()
        method.close()


def test_garbage_from_the_model_leaves_lightrag_with_the_texts_alone(encoder, tmp_path):
    pytest.importorskip('lightrag', reason='pip install -r requirements/evaluation.txt')
    with OpenAIServer(scripted, ['garbage']) as server:
        method = make_method('lightrag', encoder, options(server))
        method.build(rooms().observations, tmp_path)
        answer = method.ask(Question(id='q', text='a sofa, a television', kind='explicit'), 2)
        method.close()
    assert answer.places[0].node_id == 'living'


def test_lightrag_needs_a_model_its_package_and_to_be_built(server, encoder, monkeypatch):
    assert needs_model('lightrag')
    with pytest.raises(EvaluationError, match='language model'):
        make_method('lightrag', encoder)
    if 'lightrag' in sys.modules or _installed():
        method = make_method('lightrag', encoder, options(server))
        with pytest.raises(EvaluationError, match='before it was built'):
            method.ask(QUESTIONS[0], 1)
        with pytest.raises(EvaluationError, match='free text'):
            make_method('lightrag', encoder, MethodOptions(language_model=Mute()))
    monkeypatch.setitem(sys.modules, 'lightrag.lightrag', None)
    with pytest.raises(EvaluationError, match=r'pip install -r requirements/evaluation\.txt'):
        make_method('lightrag', encoder, options(server))


def _installed():
    from importlib.util import find_spec

    return find_spec('lightrag') is not None


def test_methods_with_a_model_are_compared_beside_the_others(server, encoder):
    pytest.importorskip('lightrag', reason='pip install -r requirements/evaluation.txt')
    names = ['hybrid', 'lightrag', 'paper+llm', 'ours+llm']
    runs = {r.name: r for r in compare([rooms()], names, encoder, options(server))}
    assert not any(r.failures for r in runs.values())
    calls = {n: sum(o.llm_calls for o in r.outcomes) for n, r in runs.items()}
    assert calls['hybrid'] == 0
    assert min(calls['lightrag'], calls['paper+llm'], calls['ours+llm']) > 0


def test_lightrag_is_refused_inside_a_running_loop_without_harm(lightrag, tmp_path):
    async def build():
        lightrag.build(rooms().observations, tmp_path)

    with pytest.raises(EvaluationError, match='opening failed'):
        asyncio.run(build())
    lightrag.build(rooms().observations, tmp_path)
    assert lightrag.ask(QUESTIONS[0], 1).found
