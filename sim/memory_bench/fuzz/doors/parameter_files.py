"""Parameter files of the node, as ``memory doctor`` looks at them; no endpoint is asked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from hypothesis import strategies as st
import yaml

from memory_bench.fuzz.door import Door
from memory_bench.fuzz.texts import data, mostly, mutated, numbers, strange
from memory_node.ros.params_file import file_findings
from memory_node.ros.settings import parameters

__all__ = ['doors']

_NAMES = mostly(st.sampled_from(list(dict(parameters()))), strange)
_VALUES = st.one_of(numbers, st.booleans(), strange, st.lists(strange, max_size=3), data)
_GIVEN = st.dictionaries(_NAMES, _VALUES, max_size=4)
_SECTION = mostly(st.fixed_dictionaries({'ros__parameters': mostly(_GIVEN, data)}), data)
_FILES = st.dictionaries(
    mostly(st.sampled_from(['/**', 'memory', '/ns/memory', '/*']), strange), _SECTION, max_size=2
)


def _bytes(value: object) -> bytes:
    try:
        return yaml.safe_dump(value, allow_unicode=True).encode('utf-8', 'replace')
    except yaml.YAMLError:
        return repr(value).encode('utf-8', 'replace')


def doors(folder: Path) -> Iterator[Door]:
    """Yield the one door."""

    def take(content: bytes) -> None:
        path = folder / 'parameters.yaml'
        path.write_bytes(content)
        for finding in file_findings(path, ask=False):
            assert '\n' not in finding.line()

    files = _FILES.map(_bytes)
    yield Door(name='files/parameters', inputs=st.one_of(files, mutated(files)), take=take)
