"""An endpoint gets one deadline and one size, whatever it does with them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import resource
import shutil
import socket
import subprocess
import threading
import time
import traceback

from openai_server import OpenAIServer
import pytest

from memory_node.core.config import LanguageModelConfig, PerceptionConfig
from memory_node.core.errors import LanguageModelError
from memory_node.models.deadline import asked_for
from memory_node.models.http_post import MAX_REPLY_BYTES
from memory_node.models.openai_language_model import OpenAIChat

SCHEMA = {'type': 'object', 'properties': {'a': {'type': 'integer'}}, 'required': ['a']}
#: Longer than any deadline here, shorter than what the server would go on for.
PATIENCE_S = 15.0


def chat(server, **settings):
    return OpenAIChat(base_url=server.base_url, model='m', **{'timeout_s': 1.0, **settings})


def ask(model):
    return model.complete(instruction='Answer.', data='{}', schema=SCHEMA).value


def peak_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@pytest.mark.parametrize('behaviour', ['slow', 'drip', 'drip_head'])
def test_the_deadline_is_for_the_call_as_a_whole(behaviour):
    began = time.monotonic()
    with (
        OpenAIServer('{"a": 1}', [behaviour]) as server,
        pytest.raises(LanguageModelError, match='in time'),
    ):
        ask(chat(server, retries=5))
    assert time.monotonic() - began < PATIENCE_S


@pytest.mark.parametrize('behaviour', ['endless', 'bomb'])
def test_a_reply_has_a_largest_size_also_unpacked(behaviour):
    before = peak_mb()
    with (
        OpenAIServer('{"a": 1}', [behaviour]) as server,
        pytest.raises(LanguageModelError, match=f'more than {MAX_REPLY_BYTES} bytes'),
    ):
        ask(chat(server, timeout_s=PATIENCE_S))
    assert peak_mb() - before < 64
    assert len(server.requests) == 1


def test_an_answer_larger_than_one_reply_may_be_is_refused():
    with (
        OpenAIServer(json.dumps({'a': 1, 'b': 'x' * MAX_REPLY_BYTES})) as server,
        pytest.raises(LanguageModelError, match='bytes'),
    ):
        ask(chat(server))


def test_an_hour_is_not_waited_for():
    began = time.monotonic()
    with (
        OpenAIServer('{"a": 1}', ['later', 'ok']) as server,
        pytest.raises(LanguageModelError, match='3600 s'),
    ):
        ask(chat(server, timeout_s=60.0))
    assert time.monotonic() - began < PATIENCE_S
    assert len(server.requests) == 1


def test_failures_are_repeated_inside_the_deadline():
    began = time.monotonic()
    with OpenAIServer('{"a": 1}', ['500']) as server, pytest.raises(LanguageModelError):
        ask(chat(server, retries=10, timeout_s=0.5))
    assert time.monotonic() - began < PATIENCE_S


def test_another_host_gets_neither_question_nor_key(monkeypatch):
    monkeypatch.setenv('OPENAI_API_KEY', 'secret-7')
    with OpenAIServer('{"a": 1}') as other, OpenAIServer('{"a": 1}', ['away']) as server:
        server.away = f'{other.base_url}/chat/completions'
        with pytest.raises(LanguageModelError, match='redirect'):
            ask(chat(server))
    assert other.requests == []


def test_a_path_may_have_moved_on_the_same_host():
    with OpenAIServer('{"a": 1}', ['moved']) as server:
        assert ask(chat(server)) == {'a': 1}
    with (
        OpenAIServer('{"a": 1}', ['round']) as server,
        pytest.raises(LanguageModelError, match='redirects'),
    ):
        ask(chat(server, timeout_s=PATIENCE_S))
    assert len(server.requests) == 4


def test_a_proxy_of_the_environment_is_used(monkeypatch):
    with OpenAIServer('{"a": 1}') as proxy:
        monkeypatch.setenv('http_proxy', proxy.base_url.removesuffix('/v1'))
        monkeypatch.delenv('no_proxy', raising=False)
        model = OpenAIChat(base_url='http://robots.invalid/v1', model='m', timeout_s=PATIENCE_S)
        with pytest.raises(LanguageModelError, match='no http://robots.invalid/v1/chat'):
            ask(model)


def test_closing_ends_what_is_in_flight():
    with OpenAIServer('{"a": 1}', ['slow']) as server:
        model = chat(server, timeout_s=600.0)
        threading.Timer(0.2, model.close).start()
        with pytest.raises(LanguageModelError, match='not wanted'):
            ask(model)


def test_a_request_that_is_gone_ends_its_calls():
    gone = threading.Event()
    with OpenAIServer('{"a": 1}', ['slow']) as server:
        model = chat(server, timeout_s=600.0)
        threading.Timer(0.2, gone.set).start()
        with asked_for(gone.is_set), pytest.raises(LanguageModelError, match='not wanted'):
            ask(model)
        with asked_for(lambda: False, 0.3), pytest.raises(LanguageModelError, match='in time'):
            ask(model)


def test_a_resolver_that_hangs_is_not_waited_for(monkeypatch):
    found = threading.Event()
    monkeypatch.setattr(socket, 'getaddrinfo', lambda *args, **kwargs: found.wait(60.0) and [])
    model = OpenAIChat(base_url='http://robots.invalid/v1', model='m', timeout_s=0.5)
    began = time.monotonic()
    with pytest.raises(LanguageModelError, match='in time'):
        ask(model)
    assert time.monotonic() - began < PATIENCE_S
    (thread,) = (t for t in threading.enumerate() if t.name == 'look-up')
    assert thread.daemon  # the process ends without it
    found.set()
    thread.join(PATIENCE_S)
    assert not thread.is_alive()


@pytest.mark.parametrize('behaviour', ['ok', 'drip', 'endless', 'disconnect', 'away'])
def test_a_call_leaves_no_thread_and_no_file_open(behaviour):
    with OpenAIServer('{"a": 1}', [behaviour]) as server:
        for _ in range(2):
            model = chat(server, timeout_s=0.3, retries=0)
            with contextlib.suppress(LanguageModelError):
                ask(model)
    before = threading.active_count(), len(os.listdir('/proc/self/fd'))
    with OpenAIServer('{"a": 1}', [behaviour]) as server:
        for _ in range(4):
            with contextlib.suppress(LanguageModelError):
                ask(chat(server, timeout_s=0.3, retries=0))
    until_s = time.monotonic() + PATIENCE_S
    while (threading.active_count(), len(os.listdir('/proc/self/fd'))) > before:
        assert time.monotonic() < until_s
        time.sleep(0.01)


def test_a_thread_that_runs_a_loop_may_ask():
    async def asked():
        return ask(model)

    with OpenAIServer('{"a": 1}') as server:
        model = chat(server, timeout_s=PATIENCE_S)
        assert asyncio.run(asked()) == {'a': 1}


def test_a_key_that_is_no_header_is_not_told(monkeypatch):
    monkeypatch.setenv('OPENAI_API_KEY', 'secret-7\n')
    with OpenAIServer('{"a": 1}') as server, pytest.raises(LanguageModelError) as failed:
        ask(chat(server))
    assert 'secret' not in ''.join(traceback.format_exception(failed.value))
    assert server.requests == []


def test_what_an_endpoint_echoes_does_not_tell_the_key(monkeypatch):
    monkeypatch.setenv('OPENAI_API_KEY', 'status')  # what the server says of a refusal
    with OpenAIServer('{"a": 1}', ['401']) as server, pytest.raises(LanguageModelError) as failed:
        ask(chat(server))
    assert '***' in str(failed.value)


KEY = 'sk-0123456789abcdef"\\quoted'


@pytest.mark.parametrize('echo', [KEY, json.dumps(KEY)[1:-1]])
def test_no_reply_tells_the_key(monkeypatch, echo):
    monkeypatch.setenv('OPENAI_API_KEY', KEY)
    # Cut at 200 characters, in the middle of the key, it would tell half of it.
    with OpenAIServer('{"a": 1}', ['echo']) as server, pytest.raises(LanguageModelError) as failed:
        ask(chat(server))
    assert 'sk-0' not in str(failed.value)
    assert '***' in str(failed.value)
    with OpenAIServer(f'The key is {echo}.') as server:
        said = chat(server).talk([{'role': 'user', 'content': 'Your key?'}], max_tokens=64)
    assert said.text == 'The key is ***.'


def test_what_an_endpoint_says_reaches_no_terminal_as_orders():
    with (
        OpenAIServer('{"a": 1}', ['escapes']) as server,
        pytest.raises(LanguageModelError, match='gone') as failed,
    ):
        ask(chat(server))
    assert str(failed.value).isprintable()


@pytest.mark.parametrize(
    ('mode', 'content', 'why'),
    [
        (0o644, 'sk-123456', 'chmod 600'),
        (0o660, 'sk-123456', 'chmod 600'),
        (0o600, '', 'one key and nothing else'),
        (0o600, 'sk-123456\nsk-654321\n', 'one key and nothing else'),
        (0o600, 'sk-é', 'one key and nothing else'),
        (0o600, 'k' * 5000, 'one key and nothing else'),
    ],
)
def test_a_key_comes_from_a_file_that_its_owner_alone_can_read(tmp_path, mode, content, why):
    path = tmp_path / 'key'
    path.write_text(content)
    path.chmod(mode)
    with OpenAIServer('{"a": 1}') as server:
        with pytest.raises(LanguageModelError, match=why) as refused:
            chat(server, key_file=str(path))
        assert 'sk-' not in str(refused.value)
        for unreadable in (tmp_path, tmp_path / 'none'):
            with pytest.raises(LanguageModelError, match=str(unreadable)):
                chat(server, key_file=str(unreadable))
        path.write_text('sk-123456\n')
        path.chmod(0o600)
        assert ask(chat(server, key_file=str(path))) == {'a': 1}
        assert server.authorizations == ['Bearer sk-123456']


@pytest.mark.parametrize(
    'address',
    [
        *('http://me:hidden@h/v1', 'https://hidden@h/v1', 'http://h/v1?key=hidden'),
        *('ftp://a:hidden@h', 'a:hidden@h/v1', 'http://a:hidden@h\u2100/v1', 'http://[hidden/v1'),
    ],
)
def test_an_address_with_a_secret_is_refused_and_not_told(address):
    for make, failure in (
        (lambda: OpenAIChat(base_url=address, model='m'), LanguageModelError),
        (lambda: LanguageModelConfig(base_url=address), ValueError),
        (lambda: PerceptionConfig(openai_base_url=address), ValueError),
    ):
        with pytest.raises(failure, match='no user, password') as refused:
            make()
        assert 'hidden' not in str(refused.value)


@pytest.fixture(scope='module')
def certificate(tmp_path_factory):
    """A key and a certificate for 127.0.0.1 that it signed itself."""
    if shutil.which('openssl') is None:
        pytest.skip('openssl is not installed')
    path = tmp_path_factory.mktemp('tls') / 'both.pem'
    command = 'openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2'
    options = ['-subj', '/CN=robot', '-addext', 'subjectAltName=IP:127.0.0.1']
    files = ['-keyout', str(path), '-out', str(path.with_name('certificate.pem'))]
    subprocess.run([*command.split(), *options, *files], check=True, capture_output=True)
    path.write_bytes(path.read_bytes() + path.with_name('certificate.pem').read_bytes())
    return path


def test_tls_is_spoken_and_a_stranger_refused(certificate, monkeypatch):
    with OpenAIServer('{"a": 1}', certificate=certificate) as server:
        with pytest.raises(LanguageModelError, match='CERTIFICATE'):
            ask(chat(server, timeout_s=PATIENCE_S, retries=0))
        monkeypatch.setenv('SSL_CERT_FILE', str(certificate))
        assert ask(chat(server, timeout_s=PATIENCE_S)) == {'a': 1}
    late = pytest.raises(LanguageModelError, match='in time')
    with OpenAIServer('{"a": 1}', ['drip'], certificate) as server, late:
        ask(chat(server))
