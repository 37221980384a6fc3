"""One request to an OpenAI-compatible endpoint, and every way it can fail as one typed error."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
import json
import math
import re
import threading
from typing import Any, Generic, TypeVar

from memory_node.core.config.addresses import check_address
from memory_node.core.errors import MemoryNodeError
from memory_node.models.deadline import Call, CallError
from memory_node.models.http_post import HttpError, post, Reply
from memory_node.models.keys import read_key, without_key

__all__ = [
    'OpenAIAnswer',
    'OpenAIEndpoint',
    'Usage',
    'bare_text',
    'chat_request',
    'parse_json_object',
    'plain_request',
]

ValueT = TypeVar('ValueT')

#: What an endpoint may not know, by a word of its complaint: (the word, how to ask without it).
_CONCESSIONS: tuple[tuple[str, str], ...] = (
    ('response_format', 'response_format'),
    ('json_schema', 'response_format'),
    ('max_tokens', 'max_tokens'),
    ('temperature', 'temperature'),
    ('seed', 'seed'),
)
_THOUGHT = re.compile(r'<think>.*?(</think>|\Z)', re.DOTALL)
_FENCE = re.compile(r'\A```[a-zA-Z]*\s*\n(.*?)\n?```\Z', re.DOTALL)
_MAX_ANSWER_CHARS = 65536
#: Statuses that may pass, and the pauses before they are tried again [s].
_PASSING = frozenset({408, 409, 429, *range(500, 600)})
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 8.0
_MAX_TOKENS = 1 << 31


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAIAnswer(Generic[ValueT]):
    """What was read out of one answer, and what it cost."""

    value: ValueT
    prompt_tokens: int = 0
    completion_tokens: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What an endpoint was asked so far."""

    requests: int = 0
    failures: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0


def plain_request(
    messages: Iterable[Mapping[str, Any]], max_tokens: int, *, as_json: bool = False
) -> dict[str, Any]:
    """Return the body of a deterministic chat request, answered in text or any JSON object."""
    request: dict[str, Any] = {
        'messages': list(messages),
        'max_tokens': max_tokens,
        'temperature': 0.0,
        'seed': 0,
    }
    if as_json:
        request['response_format'] = {'type': 'json_object'}
    return request


def chat_request(
    messages: Iterable[Mapping[str, Any]], schema: Mapping[str, Any], max_tokens: int
) -> dict[str, Any]:
    """Return the body of a deterministic chat request that is answered inside a JSON schema."""
    return {
        **plain_request(messages, max_tokens),
        'response_format': {
            'type': 'json_schema',
            'json_schema': {'name': 'answer', 'strict': True, 'schema': dict(schema)},
        },
    }


class OpenAIEndpoint:
    """
    A chat model behind an OpenAI-compatible URL (vLLM, llama.cpp, Ollama, a cloud).

    Thread-safe. A request takes at most ``timeout_s``, its repeats and the pauses between, 0.5 s
    growing to 8 s, included; an endpoint that asks to wait longer is not waited for. Connection
    errors and status 408, 409, 429 and 5xx are repeated, silence is not. A reply has at most
    ``http_post.MAX_REPLY_BYTES``. What the endpoint refuses to know (schemas, temperature) is
    left out from then on. ``close`` ends what is in flight.

    Parameters
    ----------
    base_url, model : str
        Where and whom to ask.
    timeout_s : float
        Longest time until the whole answer is here.
    retries : int
        Repeats of a failed attempt.
    key_file : str
        File of mode 0600 that holds the key; '' takes OPENAI_API_KEY from the environment, which
        local servers do not need. What comes back never holds the key.
    error : type
        Raised for every failure.

    """

    def __init__(
        self,
        *,
        base_url: str,
        model: str,
        timeout_s: float,
        retries: int,
        error: type[MemoryNodeError],
        key_file: str = '',
    ) -> None:
        if not model:
            raise error('the OpenAI model name must not be empty')
        try:
            check_address('the OpenAI base URL', base_url, 'a file')
            self._key = read_key(key_file)
        except ValueError as cause:
            raise error(str(cause)) from cause
        if not base_url.startswith(('http://', 'https://')):
            raise error(f'the OpenAI base URL must start with http:// or https://: {base_url!r}')
        self._url = f'{base_url.rstrip("/")}/chat/completions'
        self._timeout_s, self._retries = timeout_s, retries
        self._closed = threading.Event()
        self.model = model
        self._base_url = base_url
        self._error = error
        self._lock = threading.Lock()
        self._unsupported: set[str] = set()
        self._usage = Usage()

    @property
    def usage(self) -> Usage:
        """Requests, failures and tokens since the start."""
        with self._lock:
            return self._usage

    def close(self) -> None:
        """End what is in flight, and refuse what comes after."""
        self._closed.set()

    def ask(
        self,
        messages: Iterable[Mapping[str, Any]],
        schema: Mapping[str, Any],
        max_tokens: int,
        read: Callable[[str], ValueT],
    ) -> OpenAIAnswer[ValueT]:
        """
        Ask under a JSON schema and read the answer.

        ``read`` turns the text into a value and raises ``error`` for text it does not accept.
        Raises ``error``.
        """
        return self._asked(chat_request(messages, schema, max_tokens), read)

    def talk(
        self, messages: Iterable[Mapping[str, Any]], max_tokens: int, *, as_json: bool = False
    ) -> OpenAIAnswer[str]:
        """Ask for text, or for any JSON object; raises ``error``."""
        return self._asked(plain_request(messages, max_tokens, as_json=as_json), bare_text)

    def _asked(
        self, body: Mapping[str, Any], read: Callable[[str], ValueT]
    ) -> OpenAIAnswer[ValueT]:
        request = {'model': self.model, **body}
        prompt_tokens = completion_tokens = 0
        failed = True
        try:
            completion = self._request(request)
            prompt_tokens, completion_tokens = _tokens(completion)
            value = read(self._text(completion))
            failed = False
        finally:
            self._count(prompt_tokens, completion_tokens, failed=failed)
        return OpenAIAnswer(
            value=value, prompt_tokens=prompt_tokens, completion_tokens=completion_tokens
        )

    def _request(self, request: Mapping[str, Any]) -> Any:
        call = Call(self._timeout_s, self._closed.is_set)
        try:
            for _ in range(len(_CONCESSIONS) + 1):
                reply = self._answered(self._conceded(request), call)
                if reply.status in (400, 422) and self._concede(
                    reply.body.decode('utf8', 'replace')
                ):
                    continue
                if reply.status != 200:
                    raise self._failure(_complaint(reply))
                return json.loads(reply.body)
        except CallError as cause:
            kind = '' if isinstance(cause, HttpError) else f' ({self._timeout_s:g} s)'
            raise self._failure(f'{cause}{kind}') from cause
        except (ValueError, RecursionError) as cause:
            raise self._failure(f'the reply is no JSON: {str(cause)[:100]}') from cause
        raise self._error(f'{self.model} at {self._base_url} refuses every form of request')

    def _answered(self, request: Mapping[str, Any], call: Call) -> Reply:
        """Send a request until it is answered or its time or tries are used up."""
        headers = {'Authorization': f'Bearer {self._key}', 'Content-Type': 'application/json'}
        body = json.dumps(request).encode()
        for attempt in range(self._retries + 1):
            pause_s = min(_FIRST_PAUSE_S * 2**attempt, _LONGEST_PAUSE_S)
            try:
                reply = self._keyless(post(self._url, body, headers, call))
            except HttpError as cause:
                if attempt == self._retries:
                    raise
                failure = str(cause)
            else:
                if reply.status not in _PASSING or attempt == self._retries:
                    return reply
                failure = _complaint(reply)
                pause_s = _asked_pause_s(reply.headers, pause_s)
            if pause_s >= call.left_s():
                raise HttpError(f'{failure}; it would be asked again in {pause_s:g} s, too late')
            call.pause(pause_s)
        raise HttpError('never asked')

    def _conceded(self, request: Mapping[str, Any]) -> dict[str, Any]:
        with self._lock:
            kept = {k: v for k, v in request.items() if k not in self._unsupported}
            if 'max_tokens' in self._unsupported:  # newer models know it by another name
                kept['max_completion_tokens'] = request['max_tokens']
        return kept

    def _concede(self, complaint: str) -> bool:
        """Leave out from now on what the complaint names; False when it names nothing new."""
        with self._lock:
            for word, parameter in _CONCESSIONS:
                if word in complaint and parameter not in self._unsupported:
                    self._unsupported.add(parameter)
                    return True
        return False

    def _failure(self, why: str) -> MemoryNodeError:
        told = without_key(why, self._key)
        return self._error(f'{self.model} at {self._base_url} failed: {told[:300]}')

    def _keyless(self, reply: Reply) -> Reply:
        """Return a reply without the key, before anything is read of it or cut."""
        told = without_key(reply.body.decode('utf8', 'surrogateescape'), self._key)
        return replace(reply, body=told.encode('utf8', 'surrogateescape'))

    def _text(self, completion: Any) -> str:
        """Take the text out of whatever came; the client does not validate answers."""
        choices = completion.get('choices') if isinstance(completion, dict) else None
        first = choices[0] if isinstance(choices, list) and choices else None
        message = first.get('message') if isinstance(first, dict) else None
        text = message.get('content') if isinstance(message, dict) else None
        if not isinstance(text, str) or not text.strip():
            raise self._error(f'{self.model} at {self._base_url} answered without text')
        return without_key(text, self._key)[:_MAX_ANSWER_CHARS]

    def _count(self, prompt_tokens: int, completion_tokens: int, *, failed: bool) -> None:
        with self._lock:
            was = self._usage
            self._usage = Usage(
                requests=was.requests + 1,
                failures=was.failures + failed,
                prompt_tokens=was.prompt_tokens + prompt_tokens,
                completion_tokens=was.completion_tokens + completion_tokens,
            )


def _tokens(completion: Any) -> tuple[int, int]:
    usage = completion.get('usage') if isinstance(completion, dict) else None
    spent = usage if isinstance(usage, dict) else {}
    found = (spent.get(name) for name in ('prompt_tokens', 'completion_tokens'))
    prompt, answered = (n if type(n) is int and 0 <= n < _MAX_TOKENS else 0 for n in found)
    return prompt, answered


def _complaint(reply: Reply) -> str:
    """Return what an endpoint says of a request that it does not answer."""
    return f'status {reply.status}: {_words(reply)[:200]}'


def _words(reply: Reply) -> str:
    return reply.body.decode('utf8', 'replace')


def _asked_pause_s(headers: Mapping[str, str], pause_s: float) -> float:
    """Return the pause that an endpoint asks for [s], else ``pause_s``."""
    for name, scale in (('retry-after-ms', 1e-3), ('retry-after', 1.0)):
        text = headers.get(name, '').strip()
        try:
            asked_s = scale * float(text)
        except ValueError:
            try:
                asked_s = (
                    parsedate_to_datetime(text) - datetime.now(timezone.utc)
                ).total_seconds()
            except (TypeError, ValueError, OverflowError):
                continue
        if math.isfinite(asked_s) and asked_s >= 0.0:
            return asked_s
    return pause_s


def bare_text(text: str) -> str:
    """Return the answer without a model's thoughts and without a code fence around it."""
    text = _THOUGHT.sub('', text).strip()
    fenced = _FENCE.match(text)
    return fenced.group(1).strip() if fenced else text


def parse_json_object(text: str) -> dict[str, Any] | None:
    """Return the JSON object that ``text`` is, thoughts and code fence aside, or None."""
    try:
        value = json.loads(bare_text(text))
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
