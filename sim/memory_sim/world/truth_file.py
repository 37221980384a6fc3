"""Ground truth as JSON, beside scenes whose own files cannot hold all of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields, is_dataclass, MISSING
import json
import math
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from memory_sim.engines.base import GroundTruth
from memory_sim.world.errors import WorldError

__all__ = ['dump_truth', 'load_truth']

_FORMAT = 'memory_sim truth 1'


def dump_truth(truth: GroundTruth) -> bytes:
    """Return the JSON text of a ground truth."""
    return json.dumps({'format': _FORMAT, **asdict(truth)}, indent=1, sort_keys=True).encode()


def load_truth(path: Path | str) -> GroundTruth:
    """
    Read a ground truth.

    Raises
    ------
    WorldError
        If the file holds something else; the message names the file and the field.
    OSError
        If it cannot be read.

    """
    data = Path(path).read_bytes()
    try:
        parsed = json.loads(data)
        found = parsed.pop('format', None) if isinstance(parsed, dict) else None
        if found != _FORMAT:
            raise ValueError(f'format: expected {_FORMAT!r}, got {found!r}')
        truth = _decode(GroundTruth, parsed, 'truth')
    except (ValueError, TypeError, RecursionError) as error:
        raise WorldError(f'{path}: {error}') from error
    assert isinstance(truth, GroundTruth)
    return truth


def _decode(kind: Any, value: Any, where: str) -> Any:
    """Turn plain data into a value of the annotated type, or say where it does not fit."""
    if is_dataclass(kind):
        return _record(kind, value, where)
    origin, parts = get_origin(kind), get_args(kind)
    if origin is tuple and isinstance(value, list):
        if parts[-1] is Ellipsis:
            parts = parts[:1] * len(value)
        if len(parts) == len(value):
            pairs = enumerate(zip(parts, value, strict=True))
            return tuple(_decode(part, item, f'{where}[{i}]') for i, (part, item) in pairs)
    elif origin is Mapping and isinstance(value, dict):
        return {str(k): _decode(parts[1], v, f'{where}.{k}') for k, v in value.items()}
    elif kind is float and isinstance(value, int | float) and math.isfinite(value):
        return float(value)
    elif type(value) is kind:
        return value
    raise ValueError(f'{where}: expected {kind}, got {str(value)[:60]!r}')


def _record(kind: Any, value: Any, where: str) -> Any:
    if not isinstance(value, dict):
        raise ValueError(f'{where}: expected a mapping, got {str(value)[:60]!r}')
    hints, arguments = get_type_hints(kind), {}
    for field in fields(kind):
        if field.name in value:
            arguments[field.name] = _decode(
                hints[field.name], value[field.name], f'{where}.{field.name}'
            )
        elif field.default is MISSING and field.default_factory is MISSING:
            raise ValueError(f'{where}.{field.name}: missing')
    return kind(**arguments)
