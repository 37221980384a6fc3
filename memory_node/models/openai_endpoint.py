"""One request to an OpenAI-compatible endpoint, and every way it can fail as one typed error."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
import json
import os
import re
import threading
from typing import Any, Generic, TypeVar

from memory_node.core.errors import MemoryNodeError

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

    Thread-safe. A request takes at most ``(retries + 1) * timeout_s`` and the pauses between,
    0.5 s growing to 8 s; connection errors, time-outs and status 408, 409, 429 and 5xx are
    repeated. What the endpoint refuses to know (schemas, temperature) is left out from then on.

    Parameters
    ----------
    base_url, model : str
        Where and whom to ask.
    timeout_s : float
        Longest silence of the endpoint in one attempt.
    retries : int
        Repeats of a failed attempt.
    api_key : str
        '' takes the environment's OPENAI_API_KEY, which local servers do not need.
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
        api_key: str = '',
    ) -> None:
        if not model:
            raise error('the OpenAI model name must not be empty')
        if not base_url.startswith(('http://', 'https://')):
            raise error(f'the OpenAI base URL must start with http:// or https://: {base_url!r}')
        try:
            import openai  # takes a second to import, and not every robot has it
        except ImportError as cause:
            raise error(f'asking an OpenAI endpoint needs the openai package: {cause}') from cause
        self._openai = openai
        self._client = openai.OpenAI(
            base_url=base_url,
            api_key=api_key or os.environ.get('OPENAI_API_KEY') or 'none',
            timeout=timeout_s,
            max_retries=retries,
        )
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
        """Close the connections."""
        self._client.close()

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
        for _ in range(len(_CONCESSIONS) + 1):
            try:
                return self._client.chat.completions.create(**self._conceded(request))
            except (self._openai.BadRequestError, self._openai.UnprocessableEntityError) as cause:
                if not self._concede(str(cause)):
                    raise self._failure(cause) from cause
            except (self._openai.OpenAIError, ValueError, TypeError) as cause:
                raise self._failure(cause) from cause  # a body that is no JSON is a ValueError
        raise self._error(f'{self.model} at {self._base_url} refuses every form of request')

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

    def _failure(self, cause: Exception) -> MemoryNodeError:
        return self._error(
            f'{self.model} at {self._base_url} failed: {type(cause).__name__}: {str(cause)[:200]}'
        )

    def _text(self, completion: Any) -> str:
        """Take the text out of whatever came; the client does not validate answers."""
        choices = getattr(completion, 'choices', None)
        first = choices[0] if isinstance(choices, list) and choices else None
        text = getattr(getattr(first, 'message', None), 'content', None)
        if not isinstance(text, str) or not text.strip():
            raise self._error(f'{self.model} at {self._base_url} answered without text')
        return text[:_MAX_ANSWER_CHARS]

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
    usage = getattr(completion, 'usage', None)
    spent = (getattr(usage, name, None) for name in ('prompt_tokens', 'completion_tokens'))
    prompt, answered = (n if isinstance(n, int) and n >= 0 else 0 for n in spent)
    return prompt, answered


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
