"""Replies of language models and captioners: prose, broken JSON, and JSON of another form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timezone
import json
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from memory_bench.fuzz.door import Door
from memory_bench.fuzz.small_memory import SmallMemory
from memory_bench.fuzz.texts import captions, data, mutated, numbers, questions, strange
from memory_node.core.constraints.order import Order
from memory_node.core.constraints.registry import REGISTRY
from memory_node.core.errors import LanguageModelError
from memory_node.core.language.llm_parser import LanguageModelParser
from memory_node.core.language.request import AnswerKind, SubjectKind
from memory_node.core.language.times import Clock
from memory_node.core.ports import Completion
from memory_node.models.openai_captioner import read_caption
from memory_node.models.openai_endpoint import bare_text, parse_json_object

__all__ = ['doors']

_ROW = st.fixed_dictionaries(
    {},
    optional={
        'kind': st.sampled_from([kind.NAME for kind in REGISTRY]) | strange,
        'phrase': questions, 'negated': data, 'about': questions, 'count': numbers,
        'name': strange,
        'relation': strange, 'distance_m': numbers, 'direction': strange, 'floor': data,
        'thing': questions, 'room': questions, 'since': data, 'until': data,
    },
)  # fmt: skip
_READ = st.fixed_dictionaries(
    {},
    optional={
        'subject': questions | data,
        'subject_kind': st.sampled_from([kind.value for kind in SubjectKind]) | data,
        'answer': st.sampled_from([kind.value for kind in AnswerKind]) | data,
        'order': st.sampled_from(['none', 'nearest', 'oldest']) | data,
        'constraints': st.lists(_ROW | data, max_size=3) | data,
    },
)
_SAID = st.fixed_dictionaries(
    {},
    optional={
        'known': data, 'answer': captions | data, 'citations': st.lists(numbers) | data,
        'areas': st.lists(strange | data, max_size=3) | data, 'things': st.lists(strange) | data,
        'caption': captions | data, 'objects': st.lists(strange) | data, 'text': captions | data,
    },
)  # fmt: skip


class _Scripted:
    """Answers with what it was given last; raises where that is no object, as a client does."""

    model_id = 'scripted'

    def __init__(self) -> None:
        self.value: Any = {}

    def complete(
        self, *, instruction: str, data: str, schema: Mapping[str, Any], max_tokens: int = 256
    ) -> Completion:
        if not isinstance(self.value, dict):
            raise LanguageModelError('no object')
        return Completion(value=self.value)


def doors(folder: Path) -> Iterator[Door]:
    """Yield the readers of replies, and a memory whose model answers anything."""
    texts = captions | mutated((_SAID | data).map(lambda v: json.dumps(v).encode())).map(
        lambda content: content.decode('utf-8', 'replace')
    )
    yield Door(name='replies/captioner', inputs=texts, take=read_caption, share=3.0)
    yield Door(
        name='replies/json',
        inputs=texts,
        take=lambda t: (parse_json_object(t), bare_text(t)),
        share=3.0,
    )
    reader = _Scripted()
    parser = LanguageModelParser(reader, REGISTRY, Order)

    def read(drawn: tuple[str, Any]) -> None:
        text, reader.value = drawn
        parser.parse(text, Clock(1_700_000_000 * 10**9, timezone.utc))

    yield Door(name='replies/reading', inputs=st.tuples(questions, _READ | data), take=read)
    model = _Scripted()
    asked = SmallMemory(folder / 'model.db', model)

    def ask(drawn: tuple[str, str, Any]) -> None:
        how, text, model.value = drawn
        getattr(asked.memory, how)(text, model=model)

    yield Door(
        name='replies/answering',
        inputs=st.tuples(st.sampled_from(['ask', 'find']), questions, _SAID | data),
        take=ask,
        close=asked.close,
        varied=(1, 2),
    )
