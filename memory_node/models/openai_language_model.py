"""Language model behind an OpenAI-compatible endpoint, held to a JSON schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from memory_node.core.errors import LanguageModelError
from memory_node.core.ports import Completion, Said
from memory_node.models.json_schema import checked_object, DATA_RULES
from memory_node.models.openai_endpoint import OpenAIEndpoint, Usage

__all__ = ['OpenAIChat']


class OpenAIChat:
    """
    Answers in JSON under a schema that is enforced twice: by the server if it can, and here.

    Thread-safe. ``usage`` counts requests, failures (wrong answers too) and tokens.
    """

    def __init__(
        self,
        *,
        base_url: str,
        model: str,
        timeout_s: float = 20.0,
        retries: int = 2,
        key_file: str = '',
    ) -> None:
        self._endpoint = OpenAIEndpoint(
            base_url=base_url,
            model=model,
            timeout_s=timeout_s,
            retries=retries,
            error=LanguageModelError,
            key_file=key_file,
        )

    @property
    def model_id(self) -> str:
        """Name of the model at the endpoint."""
        return self._endpoint.model

    @property
    def usage(self) -> Usage:
        """Requests, failures and tokens since the start."""
        return self._endpoint.usage

    def complete(
        self, *, instruction: str, data: str, schema: Mapping[str, Any], max_tokens: int = 256
    ) -> Completion:
        """
        Answer ``instruction`` about ``data`` with one JSON object inside ``schema``.

        Raises
        ------
        LanguageModelError
            When the endpoint is unreachable or too slow, or answers outside the schema.

        """
        answer = self._endpoint.ask(
            [
                {'role': 'system', 'content': instruction + DATA_RULES},
                {'role': 'user', 'content': data},
            ],
            schema,
            max_tokens,
            lambda text: checked_object(text, schema, self.model_id),
        )
        return Completion(
            value=answer.value,
            prompt_tokens=answer.prompt_tokens,
            completion_tokens=answer.completion_tokens,
        )

    def talk(
        self, messages: Sequence[Mapping[str, str]], *, max_tokens: int, as_json: bool = False
    ) -> Said:
        """
        Answer messages of ``role`` and ``content`` in text, a model's thoughts left out.

        Nothing in here keeps data apart from instructions. Raises ``LanguageModelError`` when
        the endpoint is unreachable or too slow, or answers nothing.
        """
        answer = self._endpoint.talk(messages, max_tokens, as_json=as_json)
        return Said(
            text=answer.value,
            prompt_tokens=answer.prompt_tokens,
            completion_tokens=answer.completion_tokens,
        )

    def close(self) -> None:
        """Close the connections."""
        self._endpoint.close()
