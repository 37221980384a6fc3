"""Read and write worlds as YAML; what is wrong in a file is said with file, field and value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, MISSING
from functools import cache
from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

import yaml

from memory_sim.formats.whole_files import write_whole
from memory_sim.world.errors import WorldError
from memory_sim.world.model import World

__all__ = ['FORMAT', 'dump_world', 'load_world', 'parse_world', 'save_world']

#: First entry of every file: the format and its version.
FORMAT = 'memory_sim world 1'


class _OneLine(dict[str, Any]):
    """A mapping that is written on one line."""


class _Dumper(yaml.SafeDumper):
    """Writes list entries of a world one a line."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


_Dumper.add_representer(
    _OneLine,
    lambda dumper, data: dumper.represent_mapping('tag:yaml.org,2002:map', data, flow_style=True),
)


def load_world(path: Path | str) -> World:
    """
    Read a world.

    Raises
    ------
    WorldError
        If the file holds no world; the message names the file, the field and its value.
    OSError
        If the file cannot be read.

    """
    data = Path(path).read_bytes()
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise WorldError(f'{path}: not a UTF-8 text file: {error}') from error
    try:
        return parse_world(text)
    except WorldError as error:
        raise WorldError(f'{path}: {error}') from error


def parse_world(text: str) -> World:
    """
    Return the world that YAML text describes.

    Raises
    ------
    WorldError
        If it describes none.

    """
    try:
        data = yaml.load(text, Loader=getattr(yaml, 'CSafeLoader', yaml.SafeLoader))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        first_line = str(error).replace('\n', ' ')
        raise WorldError(f'not YAML: {first_line}') from error
    if not isinstance(data, dict):
        raise WorldError(f'expected a mapping, got {type(data).__name__}')
    found = data.pop('format', None)
    if found != FORMAT:
        raise WorldError(f'format: expected {FORMAT!r}, got {_short(found)}')
    world = _decode(World, data, '')
    assert isinstance(world, World)
    return world


def dump_world(world: World) -> str:
    """Return the YAML text of a world; values that are a field's default are left out."""
    data = {'format': FORMAT, **_encode(world)}
    for name, value in data.items():
        if isinstance(value, list):
            data[name] = [_OneLine(item) for item in value]
    return yaml.dump(data, Dumper=_Dumper, sort_keys=False, width=1000, allow_unicode=True)


def save_world(world: World, path: Path | str) -> None:
    """
    Write a world; the file is replaced as a whole or not at all.

    Raises
    ------
    OSError
        If it cannot be written.

    """
    write_whole(Path(path), dump_world(world))


def _encode(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {
            f.name: _encode(getattr(value, f.name))
            for f in fields(value)
            if getattr(value, f.name) != f.default
        }
    if isinstance(value, tuple):
        return [_encode(item) for item in value]
    return value


@cache
def _hints(kind: type) -> Mapping[str, Any]:
    return get_type_hints(kind)


def _decode(kind: Any, value: Any, where: str) -> Any:
    """Turn plain data into a value of the annotated type, or say where it does not fit."""
    if is_dataclass(kind):
        return _decode_record(kind, value, where)
    if get_origin(kind) is tuple:
        return _decode_tuple(kind, value, where)
    if isinstance(kind, UnionType):  # an optional value
        return None if value is None else _decode(get_args(kind)[0], value, where)
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:
        raise WorldError(f'{where}: expected {kind.__name__}, got {_short(value)}')
    return value


def _decode_tuple(kind: Any, value: Any, where: str) -> tuple[Any, ...]:
    parts = get_args(kind)
    if not isinstance(value, list):
        raise WorldError(f'{where}: expected a list, got {_short(value)}')
    if len(parts) == 2 and parts[1] is Ellipsis:
        return tuple(_decode(parts[0], item, f'{where}[{i}]') for i, item in enumerate(value))
    if len(value) != len(parts):
        raise WorldError(f'{where}: expected {len(parts)} values, got {_short(value)}')
    return tuple(
        _decode(part, item, f'{where}[{i}]')
        for i, (part, item) in enumerate(zip(parts, value, strict=True))
    )


def _decode_record(kind: Any, value: Any, where: str) -> Any:
    prefix = f'{where}.' if where else ''
    if not isinstance(value, dict):
        raise WorldError(f'{where}: expected a mapping, got {_short(value)}')
    known = {f.name: f for f in fields(kind)}
    for name in value:
        if name not in known:
            raise WorldError(f'{prefix}{name}: unknown field; known are {", ".join(known)}')
    for name, f in known.items():
        if name not in value and f.default is MISSING:
            raise WorldError(f'{prefix}{name}: missing')
    hints = _hints(kind)
    arguments = {
        name: _decode(hints[name], item, f'{prefix}{name}') for name, item in value.items()
    }
    try:
        return kind(**arguments)
    except WorldError as error:
        raise WorldError(f'{where}: {error}' if where else str(error)) from error


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f'{text[:77]}...'
