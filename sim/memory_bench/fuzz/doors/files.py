"""Files that a person gives as parameters, and the parameters themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields
import json
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
import yaml

from memory_bench.fuzz.door import Door
from memory_bench.fuzz.texts import data, mostly, mutated, numbers, strange
from memory_node.core import config
from memory_node.core.errors import CaptionerError
from memory_node.core.language.affordances import load_packs
from memory_node.core.language.wordings import wording_packs
from memory_node.core.perception.class_names import ClassNames, read_class_names
from memory_node.core.rooms.vocabulary import load_vocabulary

__all__ = ['doors']

_GROUPS = tuple(
    group
    for name in config.__all__
    if name.endswith('Config') and name != 'MemoryConfig'
    for group in [getattr(config, name)]
)
_SETTINGS = [(group, f.name) for group in _GROUPS for f in fields(group)]
_LISTS = st.lists(strange, max_size=3) | data
_PLAIN = st.lists(
    st.sampled_from(['kitchen', 'milking parlour', 'where is the {thing}?', 'oven', '(bare)']),
    min_size=1,
    max_size=3,
)
_USUAL = mostly(_PLAIN, _LISTS)
_ENTRY = st.dictionaries(
    st.sampled_from(['uses', 'also', 'near', 'kind_of', 'defining', 'typical', 'x']),
    _USUAL,
    max_size=4,
)
_CAPTIONS = st.dictionaries(st.sampled_from(['ends', 'looks', 'no_place', 'signs']), _USUAL)
_NAMED = mostly(st.sampled_from(['kitchen', 'bathroom', 'sauna', 'boat house']), strange)
_ROOMS = st.fixed_dictionaries(
    {'rooms': st.dictionaries(_NAMED, mostly(_ENTRY), max_size=3)},
    optional={'heads': _USUAL, 'bare': _USUAL, 'captions': mostly(_CAPTIONS)},
)
_WORDINGS = st.dictionaries(
    mostly(st.sampled_from(['where', 'exists', 'need', 'count', 'when', 'place']), strange),
    st.one_of(_USUAL, st.fixed_dictionaries({'plain': strange, 'said': _USUAL})),
)
_PACK = st.fixed_dictionaries({}, optional={'names': _LISTS, 'uses': _LISTS, 'x': data})


def _bytes(text: str) -> bytes:
    return text.encode('utf-8', 'replace')


def _yaml(value: Any) -> bytes:
    try:
        return _bytes(yaml.safe_dump(value, allow_unicode=True))
    except yaml.YAMLError:
        return _bytes(repr(value))


def _file(path: Path, read: Callable[[Path], object]) -> Callable[[bytes], object]:
    def take(content: bytes) -> object:
        path.write_bytes(content)
        return read(path)

    return take


def doors(folder: Path) -> Iterator[Door]:
    """Yield every kind of file that a setting names, and the settings."""
    for name, inputs, read in (
        ('rooms', mostly(_ROOMS).map(_yaml), lambda path: load_vocabulary(extra=path)),
        ('wordings', mostly(_WORDINGS).map(_yaml), lambda path: wording_packs(extra=path)),
        ('packs', (_PACK | data).map(lambda v: json.dumps(v).encode()), _packs),
    ):
        yield Door(
            name=f'files/{name}',
            inputs=st.one_of(inputs, mutated(inputs)),
            take=_file(folder / name, read),
            refused=(ValueError, OSError),
            share=0.5,
        )
    for end in ('.txt', '.yaml', '.json'):
        named = st.dictionaries(numbers | strange, strange) | st.lists(strange) | data
        yield Door(
            name=f'files/class names{end}',
            inputs=mutated(named.map(_yaml) | strange.map(_bytes)),
            take=_file(folder / f'classes{end}', read_class_names),
            refused=(CaptionerError,),
        )
    yield Door(
        name='files/label info',
        inputs=st.lists(st.tuples(st.integers(0, 65535), strange), max_size=4),
        take=lambda pairs: ClassNames('').learn(pairs),
        varied=(),
    )
    yield Door(
        name='files/settings',
        inputs=st.tuples(st.sampled_from(_SETTINGS), numbers | data),
        take=_set,
        refused=(RefusedByNameError,),
        varied=(1,),
        share=3.0,
    )


def _packs(path: Path) -> None:
    load_packs([str(path)])


class RefusedByNameError(Exception):
    """A setting was refused, and the reason names it."""


def _set(drawn: tuple[tuple[type[Any], str], Any]) -> None:
    (group, name), value = drawn
    try:
        group(**{name: value})
    except (TypeError, ValueError) as error:
        if name in str(error):
            raise RefusedByNameError(name) from error
        raise
