"""Questions, with whatever filters, clocks and points."""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Iterator
from datetime import timezone
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from memory_bench.fuzz.door import Door
from memory_bench.fuzz.small_memory import SmallMemory
from memory_bench.fuzz.texts import data, mostly, numbers, questions, strange
from memory_node.cli.query import moment, vector
from memory_node.core.constraints.order import Order
from memory_node.core.constraints.registry import REGISTRY
from memory_node.core.errors import MemoryNodeError
from memory_node.core.language.parser import parse
from memory_node.core.language.times import Clock

__all__ = ['doors']

_POINTS = st.tuples(*[st.floats(-30.0, 30.0)] * 3)
_STAMPS = st.floats(1.7e9 - 100.0, 1.7e9 + 1000.0)
#: What each filter usually holds; variations make the rest.
_FILTERS: dict[str, st.SearchStrategy[Any]] = {
    'k': st.sampled_from([None, 1, 5, 1000]),
    'near': _POINTS,
    'radius': st.floats(0.0, 50.0),
    'since': _STAMPS,
    'until': _STAMPS,
    'map_id': st.sampled_from(['map', 'map', 'cellar', '']),
    'mode': st.sampled_from(['auto', 'explicit', 'implicit', 'global']),
    'here': _POINTS,
    'now': _STAMPS,
}
_ASKED = ('retrieve', 'ask', 'find', 'describe', 'objects', 'navigation_goal')


def doors(folder: Path) -> Iterator[Door]:
    """Yield the parser, a memory that is asked, and values of a command line."""
    yield Door(
        name='requests/parser',
        inputs=st.tuples(questions, st.integers(0, 2**63 - 1)),
        take=lambda drawn: parse(drawn[0], Clock(drawn[1], timezone.utc), REGISTRY, Order),
        varied=(0,),
    )
    small = SmallMemory(folder / 'asked.db')
    yield Door(
        name='requests/asked',
        inputs=st.tuples(st.sampled_from(_ASKED), questions),
        take=lambda drawn: getattr(small.memory, drawn[0])(drawn[1]),
        close=small.close,
        varied=(1,),
    )
    odd = numbers | data | strange
    yield Door(
        name='requests/filters',
        inputs=st.tuples(
            questions,
            st.lists(st.sampled_from(sorted(_FILTERS)), max_size=3, unique=True).flatmap(
                lambda names: st.fixed_dictionaries(
                    {name: mostly(_FILTERS[name], odd) for name in names}
                )
            ),
        ),
        take=lambda drawn: small.memory.retrieve(drawn[0], **drawn[1]),
    )
    yield Door(
        name='requests/command line',
        inputs=strange | numbers.map(str) | st.tuples(numbers, numbers).map(str),
        take=_command_line,
        refused=(MemoryNodeError, ArgumentTypeError),
        share=3.0,
    )


def _command_line(text: str) -> None:
    try:
        moment(text)
    except ArgumentTypeError:
        vector(text)
