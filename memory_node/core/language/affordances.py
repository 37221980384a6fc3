"""What things are for, and what else they are called: packs of sentences that a user can add."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
import hashlib
import json
import logging
from pathlib import Path
from typing import Any

from memory_node.core.config.paths import user_path
from memory_node.core.language.text import clean_label, singular_phrase

__all__ = ['AffordancePacks', 'load_packs', 'things']

_LOG = logging.getLogger(__name__)
DATA = Path(__file__).resolve().parents[2] / 'data'
#: Bounds of one row: a pack is data of somebody else.
MAX_LINE_CHARS, MAX_ENTRIES, MAX_ENTRY_CHARS = 20_000, 64, 200
#: Texts of packs whose rows are kept: each memory that a process opens has the same ones.
_KEPT = 8
#: Names of one kind of thing, the usual one first, and what it is used for.
Row = tuple[tuple[str, ...], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class AffordancePacks:
    """The rows of all packs."""

    rows: tuple[Row, ...] = ()
    #: One sentence for each line that could not be used.
    problems: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """What tells these packs from others, for what is derived with them."""
        return hashlib.sha256(json.dumps(self.rows).encode()).hexdigest()[:16]

    @property
    def synonyms(self) -> Mapping[str, str]:
        """The usual name of every name."""
        return {name: called[0] for called, _ in reversed(self.rows) for name in called}


def pack_path(name: str) -> Path:
    """Return the file of a pack: one that comes with the memory, or a path; see ``user_path``."""
    shipped = DATA / f'affordances_{name}.jsonl'
    return shipped if name.isidentifier() and shipped.is_file() else user_path(name)


@lru_cache(maxsize=1)
def things() -> frozenset[str]:
    """Return the names, in the singular, that the shipped packs call things by."""
    shipped = [path.stem.partition('_')[2] for path in sorted(DATA.glob('affordances_*.jsonl'))]
    names = (name for called, _ in load_packs(shipped).rows for name in called)
    return frozenset(singular_phrase(name.casefold()) for name in names)


def load_packs(names: Iterable[str]) -> AffordancePacks:
    """
    Read packs by name or path, later ones in addition to earlier ones.

    A line that is broken is named in ``problems`` and in the log, and the rest is used; so is a
    file that can't be read.
    """
    rows: list[Row] = []
    problems: list[str] = []
    for name in filter(None, map(str.strip, names)):
        try:
            path = pack_path(name)
            text = path.read_text(encoding='utf-8')
        except (OSError, ValueError) as error:  # bytes that are no text, a NUL, an unknown home
            problems.append(f'affordance pack {name!r:.200}: {error}')
            continue
        good, bad = _rows(text)
        rows += good
        problems += [f'affordance pack {path}, line {problem}' for problem in bad]
    for problem in problems:
        _LOG.warning('%s', problem)
    return AffordancePacks(tuple(rows), tuple(problems))


@lru_cache(maxsize=_KEPT)
def _rows(text: str) -> tuple[tuple[Row, ...], tuple[str, ...]]:
    """Return the rows of a pack, and number and problem of each line that is none."""
    rows: list[Row] = []
    problems: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            rows.append(_row(line))
        except (ValueError, RecursionError) as error:
            problems.append(f'{number}: {error}')
    return tuple(rows), tuple(problems)


def _row(line: str) -> Row:
    """Return names and uses of one line; ``ValueError`` says what is wrong with it."""
    if len(line) > MAX_LINE_CHARS:
        raise ValueError(f'has {len(line)} characters, at most {MAX_LINE_CHARS} are read')
    row: Any = json.loads(line)
    if not isinstance(row, dict):
        raise ValueError('is no JSON object')
    names = [clean_label(name) for name in _texts(row, 'names')]
    if not any(names):
        raise ValueError("'names' must hold a name")
    return tuple(name for name in names if name), tuple(_texts(row, 'uses'))


def _texts(row: Mapping[str, Any], key: str) -> list[str]:
    values: Sequence[Any] = row.get(key, [])
    if not isinstance(values, list) or not all(isinstance(v, str) for v in values):
        raise ValueError(f'{key!r} must be a list of texts')
    if len(values) > MAX_ENTRIES or any(len(v) > MAX_ENTRY_CHARS for v in values):
        raise ValueError(
            f'{key!r} may hold {MAX_ENTRIES} texts of {MAX_ENTRY_CHARS} characters each'
        )
    return [' '.join(v.split()) for v in values if v.strip()]
