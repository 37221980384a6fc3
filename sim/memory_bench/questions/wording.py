"""
The hand-written texts of the benchmark, and their split into parts.

- ``develop``: wordings to tune a memory on.
- ``held_out``: looked at rarely, to see whether what was tuned holds for other wordings.
- ``all``: both of these.
- ``unseen`` and ``fresh``: for final figures only, and read by nobody who tunes. Their wordings
  are in files of their own, written without a look at what a memory can parse or at other
  wordings; ``unseen`` has been asked of earlier versions, ``fresh`` only since this one.
- ``stranger``: written without such a look too, but failures on them are read: what a change of
  the reading is tried on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
import re
from typing import Any

import yaml

__all__ = [
    'SPLITS',
    'AreaUse',
    'Need',
    'area_uses',
    'caption_texts',
    'needs',
    'question_texts',
    'split',
    'with_article',
]

#: ``develop`` takes the first, third, ... wording of every list, ``held_out`` the others;
#: those of ``OWN_FILES`` take all that their own files list.
SPLITS = ('develop', 'held_out', 'all', 'unseen', 'fresh', 'stranger')
OWN_FILES = ('unseen', 'fresh', 'stranger')


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """Wordings of one need, and the labels of things that meet it."""

    labels: frozenset[str]
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaUse:
    """What kinds of areas are good for, in words."""

    kinds: frozenset[str]
    texts: tuple[str, ...]


def split(texts: Sequence[str], part: str) -> tuple[str, ...]:
    """Return what ``part`` takes of a list; raises ``ValueError`` for an unknown part."""
    if part not in SPLITS:
        raise ValueError(f'templates: expected one of {", ".join(SPLITS)}, got {part!r}')
    if part == 'all' or part in OWN_FILES:
        return tuple(texts)
    return tuple(texts[int(part == 'held_out') :: 2])


@cache
def _read(name: str) -> Any:
    return yaml.safe_load(resources.files(__package__).joinpath(name).read_text('utf-8'))


def _read_part(name: str, part: str) -> Any:
    return _read(f'{part}_{name}' if part in OWN_FILES else name)


def question_texts(kind: str, part: str) -> tuple[str, ...]:
    """Return the wordings of one kind of question."""
    return split(_read_part('questions.yaml', part)[kind], part)


def area_uses(part: str) -> tuple[AreaUse, ...]:
    """Return what areas are for."""
    return tuple(
        AreaUse(kinds=frozenset(a['kinds']), texts=split(a['use'], part))
        for a in _read_part('questions.yaml', part)['areas']
    )


def needs(part: str) -> tuple[Need, ...]:
    """Return all needs."""
    return tuple(
        Need(labels=frozenset(n['labels']), texts=split(n['say'], part))
        for n in _read_part('needs.yaml', part)
    )


def caption_texts() -> Mapping[str, Sequence[str]]:
    """Return how captions are worded, and which labels people move about."""
    texts: Mapping[str, Sequence[str]] = _read('captions.yaml')
    return texts


def with_article(text: str) -> str:
    """Put ``a`` or ``an`` before a noun phrase."""
    return f'{"an" if re.match("[aeiou]", text, re.IGNORECASE) else "a"} {text}'
