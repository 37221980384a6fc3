"""Counts what a method asks of a language model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
import threading
from typing import Any

from memory_node.core.errors import LanguageModelError
from memory_node.core.ports import Completion, LanguageModel, Said

__all__ = ['CountingModel', 'ModelUse']


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelUse:
    """What a language model was asked; failed calls count as calls too."""

    calls: int = 0
    failures: int = 0
    tokens: int = 0

    def __sub__(self, earlier: ModelUse) -> ModelUse:
        """Return what was asked since ``earlier``."""
        return ModelUse(
            calls=self.calls - earlier.calls,
            failures=self.failures - earlier.failures,
            tokens=self.tokens - earlier.tokens,
        )


class CountingModel:
    """
    A language model that counts calls and tokens; thread-safe as the model is.

    Where the model keeps an account itself, as one behind an endpoint does, its tokens are taken
    from there: that has those of wrong answers too.
    """

    def __init__(self, model: LanguageModel) -> None:
        """Pass everything on to ``model``."""
        self._model = model
        self._before = self._spent() or 0
        self._lock = threading.Lock()
        self._use = ModelUse()
        self._message = ''

    @property
    def model_id(self) -> str:
        """Identity of the model."""
        return self._model.model_id

    @property
    def use(self) -> ModelUse:
        """What was asked so far."""
        with self._lock:
            use = self._use
        spent = self._spent()
        return use if spent is None else replace(use, tokens=spent - self._before)

    def _spent(self) -> int | None:
        """Return the tokens on the model's own account, None where it keeps none."""
        if isinstance(self._model, CountingModel):
            return self._model.use.tokens
        usage = getattr(self._model, 'usage', None)
        return None if usage is None else int(usage.prompt_tokens + usage.completion_tokens)

    @property
    def message(self) -> str:
        """Last failure in words, '' for none."""
        with self._lock:
            return self._message

    @property
    def talks(self) -> bool:
        """Whether the model answers in free text too."""
        if isinstance(self._model, CountingModel):
            return self._model.talks
        return callable(getattr(self._model, 'talk', None))

    def complete(
        self, *, instruction: str, data: str, schema: Mapping[str, Any], max_tokens: int = 256
    ) -> Completion:
        """Answer as the model does."""
        try:
            completion = self._model.complete(
                instruction=instruction, data=data, schema=schema, max_tokens=max_tokens
            )
        except LanguageModelError as error:
            self._count(0, failure=str(error))
            raise
        self._count(completion.prompt_tokens + completion.completion_tokens)
        return completion

    def talk(
        self, messages: Sequence[Mapping[str, str]], *, max_tokens: int, as_json: bool = False
    ) -> Said:
        """Answer as the model does; ``LanguageModelError`` too where it does not talk."""
        if not self.talks:
            raise LanguageModelError(f'{self.model_id} does not answer in free text')
        talk = self._model.talk  # type: ignore[attr-defined]
        try:
            said: Said = talk(messages, max_tokens=max_tokens, as_json=as_json)
        except LanguageModelError as error:
            self._count(0, failure=str(error))
            raise
        self._count(said.prompt_tokens + said.completion_tokens)
        return said

    @property
    def trouble(self) -> str:
        """How many calls failed, and why the last one did; '' for none."""
        use = self.use
        if not use.failures:
            return ''
        return f'{use.failures} of {use.calls} calls of the model failed ({self.message})'

    def close(self) -> None:
        """Close the connections of the model, if it has any."""
        close = getattr(self._model, 'close', None)
        if callable(close):
            close()

    def _count(self, tokens: int, failure: str = '') -> None:
        with self._lock:
            was = self._use
            self._use = ModelUse(
                calls=was.calls + 1,
                failures=was.failures + bool(failure),
                tokens=was.tokens + tokens,
            )
            self._message = failure or self._message
