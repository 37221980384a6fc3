"""Whether the endpoints of language model and captioner answer, as ``memory doctor`` tells it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
import time
from typing import Any

from memory_node.core.errors import LanguageModelError
from memory_node.interchange.findings import BAD, Finding, OK
from memory_node.models.openai_endpoint import OpenAIEndpoint

__all__ = ['ENDPOINT_SETTINGS', 'endpoint_findings']

#: Longest wait for one word of a model [s].
_PATIENCE_S = 10.0
#: For each endpoint: the setting that says whether it is used, with the value for that, and group
#: and prefix of those of address, model and key.
_ENDPOINTS = (
    ('language_model.provider', 'openai', 'language_model', ''),
    ('perception.captioner', 'openai', 'perception', 'openai_'),
)
#: Settings that ``endpoint_findings`` reads.
ENDPOINT_SETTINGS = tuple(
    name
    for used, _, group, prefix in _ENDPOINTS
    for name in (used, *(f'{group}.{prefix}{part}' for part in ('base_url', 'model', 'key_file')))
)


def endpoint_findings(settings: Mapping[str, Any]) -> Iterator[Finding]:
    """Ask each endpoint that ``settings`` use for one word; keys are those of this machine."""
    for used, value, group, prefix in _ENDPOINTS:
        address, model, key_file = (
            str(settings[f'{group}.{prefix}{part}']) for part in ('base_url', 'model', 'key_file')
        )
        if settings[used] != value or not model:
            continue
        about = f'{model} at {group}.{prefix}base_url'
        began = time.perf_counter()
        try:
            OpenAIEndpoint(
                base_url=address,
                model=model,
                timeout_s=_PATIENCE_S,
                retries=0,
                error=LanguageModelError,
                key_file=key_file,
            ).talk([{'role': 'user', 'content': 'Answer with the word yes.'}], 16)
        except LanguageModelError as error:
            yield Finding(
                level=BAD,
                about=about,
                found=str(error),
                mend='start the server, or set address, model and key: OPENAI_API_KEY, or'
                f' {group}.{prefix}key_file of mode 0600; until then rules and extracted sentences'
                ' answer, and no picture is described',
            )
        else:
            took_s = time.perf_counter() - began
            yield Finding(level=OK, about=about, found=f'answers after {took_s:.1f} s')
