"""
LightRAG (PyPI ``lightrag-hku``, an optional extra), with a graph that a language model reads.

Same observations, same encoder, mode ``mix``, and the library's own settings but for the least
cosine, which fits other encoders. Observations that say the same are one document, as the library
refuses a text that it has: such a document answers with all of them. The chunks that a query
returns, in its order, are the places. LightRAG does not say how sure it is, so every answer
counts as sure.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
import importlib
from itertools import count
import logging
import math
import os
from pathlib import Path
from typing import Any, TypeVar

from memory_bench.datasets.types import Question
from memory_bench.errors import EvaluationError
from memory_bench.methods.base import (
    Answer,
    AnsweredPlace,
    Method,
    MethodOptions,
    required_model,
    wants_words,
)
from memory_bench.methods.cost import CachingEncoder, CountingModel, document, ModelUse, Stopwatch
from memory_node.core.data import FloatArray, Observation
from memory_node.core.errors import LanguageModelError
from memory_node.core.ports import LanguageModel

__all__ = ['NAMES', 'NEEDS_MODEL', 'LightragMethod', 'make']

NAMES = ('lightrag',)
NEEDS_MODEL = NAMES

ValueT = TypeVar('ValueT')

_MODE = 'mix'
#: Longest wait for one answer, and while building for each document [s].
_ASK_S, _DOCUMENT_S = 300.0, 120.0
#: What is cancelled has so long to end [s].
_CANCEL_S = 5.0
#: Tokens of one answer of the model; without an end a weak one repeats itself for ever.
_ANSWER_TOKENS = 512
#: Calls that fail in a row after which the model is not asked any more.
_GIVE_UP = 6
#: LightRAG keeps what it holds in memory by process and workspace: each method takes its own.
_WORKSPACES = count()
_OPEN: set[str] = set()


class _FourBytes:
    """
    Counts four bytes as a token, about as GPT's tokenisers do, and turns them back into text.

    LightRAG's default downloads its vocabulary.
    """

    def encode(self, content: str) -> list[int]:
        """Return a number for every four bytes; a leading one keeps their length."""
        data = content.encode('utf-8', 'replace')
        return [int.from_bytes(b'\x01' + data[i : i + 4], 'big') for i in range(0, len(data), 4)]

    def decode(self, tokens: Sequence[int]) -> str:
        """Return the text; a character that was cut is left out."""
        parts = (t.to_bytes((t.bit_length() + 7) // 8, 'big')[1:] for t in tokens)
        return b''.join(parts).decode('utf-8', 'ignore')


def _library(name: str) -> Any:
    """Import LightRAG, kept from reading some ``.env`` and from setting up our logging."""
    before = os.environ.get('PYTHON_DOTENV_DISABLED')
    os.environ['PYTHON_DOTENV_DISABLED'] = '1'
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        lightrag = importlib.import_module('lightrag.lightrag')
        # Its vector store has every message of every library printed.
        importlib.import_module('nano_vectordb')
    except ImportError as error:
        raise EvaluationError(
            f'method {name} needs the package lightrag-hku: pip install'
            f' -r requirements/evaluation.txt ({error})'
        ) from error
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        if before is None:
            del os.environ['PYTHON_DOTENV_DISABLED']
        else:
            os.environ['PYTHON_DOTENV_DISABLED'] = before
    for logger in ('lightrag', 'nano-vectordb'):
        logging.getLogger(logger).setLevel(logging.CRITICAL + 1)
    return lightrag


async def _limited(work: Coroutine[Any, Any, ValueT], limit_s: float) -> ValueT:
    """Raise ``TimeoutError`` after so long even if ``work`` catches being cancelled."""
    task = asyncio.ensure_future(work)
    done, _ = await asyncio.wait({task}, timeout=limit_s)
    if not done:
        task.cancel()
        await asyncio.wait({task}, timeout=_CANCEL_S)
        raise TimeoutError
    return task.result()


class LightragMethod:
    """
    ``LightRAG`` with its default storages in files below the folder.

    The model is asked from threads while the library's event loop runs on the calling thread, so
    that the time of embedding is told apart as with every other method.
    """

    def __init__(self, name: str, encoder: CachingEncoder, language_model: LanguageModel) -> None:
        """Raise ``EvaluationError`` unless LightRAG is installed and the model talks."""
        self._lightrag = _library(name)
        self._utils: Any = importlib.import_module('lightrag.utils')
        self._shared: Any = importlib.import_module('lightrag.kg.shared_storage')
        self.name = name
        self._encoder = encoder
        self._model = CountingModel(language_model)
        if not self._model.talks:
            raise EvaluationError(
                f'method {name} needs a language model that answers in free text,'
                f' which {self._model.model_id} does not: one behind an OpenAI-compatible endpoint'
            )
        self._observations: tuple[Observation, ...] = ()
        self._rows: dict[str, list[int]] = {}
        self._folder = Path()
        self._runner: asyncio.Runner | None = None
        self._rag: Any = None
        self._workspace = ''
        self._failed = 0
        #: What went wrong although there are answers, '' for nothing.
        self.note = ''

    # ---- what the library is given -----------------------------------------------------------

    async def _complete(
        self,
        prompt: str,
        system_prompt: str | None = None,
        history_messages: Sequence[Mapping[str, str]] | None = None,
        response_format: Any = None,
        **ignored: Any,
    ) -> str:
        if self._failed >= _GIVE_UP:
            raise LanguageModelError(f'{self._model.model_id} failed {_GIVE_UP} times in a row')
        messages = [{'role': 'system', 'content': system_prompt}] if system_prompt else []
        messages += [dict(m) for m in history_messages or ()]
        messages.append({'role': 'user', 'content': prompt})
        try:
            said = await asyncio.to_thread(
                self._model.talk,
                messages,
                max_tokens=_ANSWER_TOKENS,
                as_json=response_format is not None,
            )
        except LanguageModelError:
            self._failed += 1
            raise
        self._failed = 0
        return said.text

    # ---- the protocol ------------------------------------------------------------------------

    def build(self, observations: Sequence[Observation], folder: Path) -> None:
        """
        Insert every observation.

        Raises ``EvaluationError`` when LightRAG can read none of them, as without its model.
        """
        self.close()
        self._folder = folder
        self._observations = tuple(observations)
        by_text: dict[str, list[int]] = {}
        for row, observation in enumerate(observations):
            text = ' '.join(document(observation).split())
            if text:
                by_text.setdefault(text, []).append(row)
        texts = list(by_text)
        names = [f'observation-{rows[0]}' for rows in by_text.values()]
        self._rows = dict(zip(names, by_text.values(), strict=True))
        self._open(folder)
        if not texts:
            return
        limit = _ASK_S + _DOCUMENT_S * len(texts)
        self._run(self._rag.ainsert(texts, ids=names, file_paths=names), limit, 'building')
        counts = self._run(self._rag.get_processing_status(), _ASK_S, 'building')
        kept = int(counts.get('processed', 0))
        why = f' ({self._model.message})' if self._model.message else ''
        if not kept:
            raise EvaluationError(f'method {self.name} could read no observation{why}')
        if kept < len(texts):
            self.note = f'{len(texts) - kept} of {len(texts)} texts were not read{why}'

    def _open(self, folder: Path) -> None:
        self._workspace = f'evaluation_{next(_WORKSPACES)}'
        _OPEN.add(self._workspace)
        self._runner = asyncio.Runner()
        self._failed = 0
        self.note = ''
        self._run(self._opened(folder), _ASK_S, 'opening')

    async def _opened(self, folder: Path) -> None:
        # Functions, as LightRAG copies its settings deeply, and a bound method with its object.
        async def embed(texts: list[str]) -> FloatArray:
            return self._encoder.encode(texts)

        async def complete(prompt: str, **more: Any) -> str:
            return await self._complete(prompt, **more)

        self._rag = self._lightrag.LightRAG(
            working_dir=str(folder),
            workspace=self._workspace,
            embedding_func=self._utils.EmbeddingFunc(embedding_dim=self._encoder.dim, func=embed),
            llm_model_func=complete,
            llm_model_name=self._model.model_id,
            tokenizer=self._utils.Tokenizer('bytes', _FourBytes()),
            default_llm_timeout=math.ceil(_ASK_S),
            # Its threshold of 0.2 leaves many requests without anything under an encoder whose
            # cosines are lower, and no other method has one.
            cosine_better_than_threshold=0.0,
        )
        await self._rag.initialize_storages()

    def ask(self, question: Question, k: int) -> Answer:
        """
        Return the observations of the first chunks; a question about an area is answered as well.

        Raises ``EvaluationError`` when LightRAG fails or takes too long.
        """
        before = self._model.use
        self._failed = 0
        wanted = wants_words(question)
        with Stopwatch(self._encoder) as watch:
            chunks, text = self._run(self._queried(question.text, wanted), _ASK_S, 'asking')
        rows: dict[int, None] = {}
        for chunk in chunks:
            rows.update(dict.fromkeys(self._rows.get(str(chunk.get('file_path')), ())))
        places = tuple(
            AnsweredPlace(
                node_id=self._observations[row].id,
                position=self._observations[row].pose.position,
                confidence=1.0,
            )
            for row in list(rows)[:k]
        )
        if not wanted:
            text = ' '.join(str(chunk.get('content', '')) for chunk in chunks[:k])
        used: ModelUse = self._model.use - before
        return Answer(
            found=bool(places or (wanted and text)),
            places=places,
            text=text,
        ).costing(watch, used)

    async def _queried(self, text: str, worded: bool) -> tuple[list[Mapping[str, Any]], str]:
        """Return chunks, best first, and LightRAG's own words if they are wanted."""
        param = self._lightrag.QueryParam(mode=_MODE, enable_rerank=False)
        query = self._rag.aquery_llm if worded else self._rag.aquery_data
        result = await query(text, param)
        metadata = result.get('metadata') or {}
        if result.get('status') == 'failure' and metadata.get('failure_reason') != 'no_results':
            raise EvaluationError(f'method {self.name}: {str(result.get("message"))[:300]}')
        chunks = (result.get('data') or {}).get('chunks') or []
        said = result.get('llm_response') or {}
        return list(chunks), str(said.get('content') or '') if said.get('llm_generated') else ''

    def _run(self, work: Coroutine[Any, Any, ValueT], limit_s: float, doing: str) -> ValueT:
        if self._runner is None:
            work.close()
            raise EvaluationError(f'method {self.name} was asked before it was built')
        limited = _limited(work, limit_s)
        try:
            return self._runner.run(limited)
        except TimeoutError as error:
            raise EvaluationError(
                f'method {self.name}: {doing} took longer than {limit_s:g} s'
            ) from error
        except (EvaluationError, LanguageModelError):
            raise
        except Exception as error:  # whatever the library raises: it has failed
            raise EvaluationError(
                f'method {self.name}: {doing} failed: {type(error).__name__}: {str(error)[:300]}'
            ) from error
        finally:
            limited.close()  # never begun where another loop runs
            work.close()

    def bytes_used(self) -> int:
        """Size of its files [bytes]."""
        files = (self._folder / self._workspace).rglob('*') if self._workspace else ()
        return sum(p.stat().st_size for p in files if p.is_file())

    def close(self) -> None:
        """End its loop and threads, and let go of what it holds in memory."""
        if self._runner is None:
            return
        try:
            if self._rag is not None:
                self._run(self._ended(self._rag), _ASK_S, 'closing')
        finally:
            self._runner.close()
            self._runner = self._rag = None
            _OPEN.discard(self._workspace)
            if not _OPEN:
                self._shared.finalize_share_data()

    @staticmethod
    async def _ended(rag: Any) -> None:
        try:
            await rag.finalize_storages()
        finally:
            # Its workers outlive being cancelled, and with them a loop that was only closed.
            for queued in (*rag.role_llm_funcs.values(), rag.embedding_func.func):
                await queued.shutdown(graceful=False)


def make(name: str, encoder: CachingEncoder, options: MethodOptions) -> Method:
    """Make a method of ``NAMES``."""
    return LightragMethod(name, encoder, required_model(name, options))
