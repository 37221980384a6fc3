"""
Looks at a parameter file as the memory node would read it, for ``memory doctor``; needs no ROS.

It runs in a process of its own and writes one finding a line, as JSON.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import Field, fields
from pathlib import Path
import re
import sys
from typing import Any

import yaml

from memory_node.core.config import Checked
from memory_node.interchange.endpoint_findings import endpoint_findings, ENDPOINT_SETTINGS
from memory_node.interchange.findings import BAD, Finding, HINT, OK
from memory_node.ros.groups import check_cameras, group_types, MIDDLEWARE, told_unknown

__all__ = ['file_findings', 'main']

_NODE = 'memory'
#: Types of settings in words.
_KINDS: Mapping[type, str] = {
    bool: 'true or false',
    int: 'a whole number',
    float: 'a number with a point',
    str: 'a text',
    tuple: 'a list of texts',
}
_ANY = ('*', '**')
_MAX_BYTES = 1 << 20
_MAX_DEPTH = 16


class _Loader(yaml.SafeLoader):
    """Reads 1e3 as a number, as ROS does."""


_Loader.add_implicit_resolver(
    'tag:yaml.org,2002:float',
    re.compile(r'[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)[eE][-+]?[0-9]+\Z'),
    list('-+0123456789.'),
)


def file_findings(path: Path, *, ask: bool = True) -> Iterator[Finding]:
    """Tell what of a parameter file the node would refuse or ignore; ``ask`` its endpoints too."""
    about = f'parameters {path}'
    try:
        with path.open('rb') as file:
            text = file.read(_MAX_BYTES + 1)
        if len(text) > _MAX_BYTES:
            raise ValueError(f'more than {_MAX_BYTES} bytes')
        sections = list(_sections(yaml.load(text, _Loader), ()))
    except (OSError, ValueError, yaml.YAMLError, RecursionError) as error:
        yield _bad(about, f'can not be read: {error!s:.300}', 'write it as config/memory.yaml is')
        return
    own = [(name, held) for name, held in sections if name and name[-1] in (_NODE, *_ANY)]
    if not own:
        named = ', '.join('/'.join(name) for name, _ in sections) or 'none'
        found = f'no section is for the node {_NODE}, so it does nothing (sections: {named:.200})'
        yield _bad(about, found, f"begin it with '/**:' or '/{_NODE}:', then ros__parameters:")
        return
    given: dict[str, Any] = {}
    for _, held in own:
        given.update(_flat(held, ''))
    settings = Settings(given)
    for problem in settings.problems:
        yield _bad(about, problem, 'docs/parameters.md has names, types and ranges')
    shared = all(name[-1] in _ANY for name, _ in own)
    for name in settings.unknown:
        said = told_unknown(name, settings.known)
        level = HINT if shared and not said.endswith('?') else BAD  # of another node, perhaps
        yield Finding(level=level, about=about, found=said)
    if not settings.problems and not settings.unknown:
        yield Finding(level=OK, about=about, found=f'{len(given)} parameters, all known')
    if ask:
        yield from endpoint_findings({name: settings.value(name) for name in ENDPOINT_SETTINGS})


def _bad(about: str, found: str, mend: str) -> Finding:
    return Finding(level=BAD, about=about, found=found, mend=mend)


def _sections(node: Any, name: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield the parameters of each node that a file names, with the parts of its name."""
    if not isinstance(node, dict) or len(name) > _MAX_DEPTH:
        return
    for key, held in node.items():
        if key == 'ros__parameters':
            yield name, held
        else:
            yield from _sections(held, (*name, *str(key).strip('/').split('/')))


def _flat(node: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Yield (full name, value) of nested parameters."""
    if not isinstance(node, dict) or name.count('.') > _MAX_DEPTH:
        yield name, node
        return
    for key, held in node.items():
        yield from _flat(held, f'{name}.{key}' if name else str(key))


class Settings:
    """Parameters of a file, held against their declarations."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        """Check every value, then every group as a whole."""
        self._given = given
        #: What the node would refuse, in words.
        self.problems: list[str] = []
        cameras = given.get('cameras', ())
        named = [c for c in cameras if isinstance(c, str)] if isinstance(cameras, list) else []
        self._types = group_types(named)
        declared = {
            f'{prefix}.{f.name}' if prefix else f.name: f
            for prefix, kind in self._types.items()
            for f in fields(kind)  # type: ignore[arg-type]
        }
        #: Names that there are.
        self.known = list(declared)
        #: Names that were given and that are none.
        self.unknown = [
            name for name in given if name not in declared and not name.startswith(MIDDLEWARE)
        ]
        self._taken = {
            name: value
            for name, value in given.items()
            if name in declared and self._fits(name, declared[name], value)
        }
        self._groups = {prefix: self._made(prefix) for prefix in self._types}
        try:
            check_cameras({p: made or self._types[p]() for p, made in self._groups.items()})
        except ValueError as error:
            self.problems.append(str(error))

    def value(self, name: str) -> Any:
        """Return what the node would use for a name that there is."""
        prefix, _, field = name.rpartition('.')
        group = self._groups[prefix] or self._types[prefix]()
        return getattr(group, field)

    def _fits(self, name: str, field: Field[Any], value: Any) -> bool:
        """Tell whether a value is of the type that ROS demands, which converts nothing."""
        kind = type(field.default)
        good = type(value) is (list if kind is tuple else kind)
        if not good:
            hint = f': write {float(value)}' if kind is float and _is_whole(value) else ''
            self.problems.append(f'{name} must be {_KINDS[kind]}, got {value!r:.80}{hint}')
        return good

    def _made(self, prefix: str) -> Checked | None:
        """Return a group with the values that were given, None where it refuses them."""
        own = {
            name.rpartition('.')[2]: value
            for name, value in self._taken.items()
            if name.rpartition('.')[0] == prefix
        }
        try:
            return self._types[prefix](**own)
        except (TypeError, ValueError) as error:
            self.problems.append(f'{prefix}.{error}' if prefix else str(error))
            return None


def _is_whole(value: Any) -> bool:
    return type(value) is int and abs(value) < 1 << 53


def main() -> int:
    """Look, and write what is found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('path', type=Path)
    for finding in file_findings(parser.parse_args().path):
        sys.stdout.write(finding.json() + '\n')
        sys.stdout.flush()
    return 0


if __name__ == '__main__':
    sys.exit(main())
