"""A setting says its default, meaning, bounds and unit, and is checked by them."""

from __future__ import annotations

from dataclasses import Field, field, fields
from typing import Any

from memory_node.core.config.plugins import plugin_names

__all__ = ['Checked', 'param']


def param(
    default: Any,
    doc: str,
    *,
    ge: float | None = None,
    le: float | None = None,
    choices: tuple[str, ...] = (),
    plugins: str = '',
    unit: str = '',
    read_only: bool = False,
) -> Any:
    """
    Declare one setting: default, description, inclusive bounds, unit, run-time mutability.

    ``plugins`` is a group of entry points whose names may be chosen, too.
    """
    meta = {
        'doc': doc,
        'ge': ge,
        'le': le,
        'choices': choices,
        'plugins': plugins,
        'unit': unit,
        'read_only': read_only,
    }
    return field(default=default, metadata=meta)


#: A whole number beyond this is no number of any unit, and may be none of Python's either.
_MOST = 10**300


def _check(owner: object, f: Field[Any]) -> None:
    value, meta = getattr(owner, f.name), f.metadata
    kind = type(f.default)
    if kind is float and type(value) is int:
        if abs(value) > _MOST:
            raise ValueError(f'{f.name} must be at most 1e300, got a larger number')
        object.__setattr__(owner, f.name, float(value))
    elif kind is tuple and isinstance(value, (list, tuple)):
        if not all(isinstance(part, str) for part in value):
            raise TypeError(f'{f.name} must be a list of texts, got {value!r}')
        object.__setattr__(owner, f.name, tuple(part for part in value if part))
    elif type(value) is not kind:
        raise TypeError(f'{f.name} must be a {kind.__name__}, got {value!r}')
    if meta['choices'] and value not in meta['choices']:
        known = (*meta['choices'], *(plugin_names(meta['plugins']) if meta['plugins'] else ()))
        if value not in known:
            raise ValueError(f'{f.name} must be one of {", ".join(known)}, got {value!r}')
    unit = f' {meta["unit"]}' if meta['unit'] else ''
    if meta['ge'] is not None and not value >= meta['ge']:  # 'not >=' also rejects NaN
        raise ValueError(f'{f.name} must be >= {meta["ge"]}{unit}, got {value!r}')
    if meta['le'] is not None and not value <= meta['le']:
        raise ValueError(f'{f.name} must be <= {meta["le"]}{unit}, got {value!r}')


class Checked:
    """Base of settings: checks every field against its declaration when an instance is made."""

    def __post_init__(self) -> None:
        for f in fields(self):  # type: ignore[arg-type]
            _check(self, f)
