"""
Buildings as JSON Lines pairs, ``<building>.observations.jsonl`` and ``<building>.*queries.jsonl``.

A query with its goal becomes a question of kind ``instruction``: right within 3 m of the goal, and
the target is visible from ``goal_ids``. Buildings that the shipped ranker was fitted on are told
apart from those it never saw.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
import random

import numpy as np
from numpy.typing import NDArray

from memory_bench.datasets.absent import swapped_questions, thing_questions, things
from memory_bench.datasets.types import DataSet, Loaded, LoadOptions, Question
from memory_bench.errors import EvaluationError
from memory_node.core.data import Observation
from memory_node.core.errors import StoreAccessError
from memory_node.core.ports import Encoder
from memory_node.core.retrieval.instruction.weights import load_weights
from memory_node.interchange.jsonl import (
    QueryRecord,
    read_observations,
    read_queries,
    Rejected,
)

__all__ = [
    'EXPECTS',
    'SPLITS',
    'building_data_sets',
    'choose_buildings',
    'fitted_buildings',
    'load',
    'reads',
]

#: What is looked for.
EXPECTS = '*.observations.jsonl'

SPLITS = ('aside', 'folds', 'all')
_OBSERVATIONS = '.observations.jsonl'


@dataclass(frozen=True, slots=True, kw_only=True)
class Building:
    """One building: its observations, and the queries whose goal is known."""

    name: str
    observations: tuple[Observation, ...]
    queries: tuple[QueryRecord, ...]

    @property
    def positions(self) -> NDArray[np.float64]:
        """(N, 3) positions of the observations [m]."""
        return np.array([o.pose.position for o in self.observations]).reshape(-1, 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Buildings to develop on, in folds, and buildings that are looked at once, at the end."""

    folds: tuple[tuple[str, ...], ...]
    final: tuple[str, ...]


def _queries(folder: Path, name: str) -> tuple[QueryRecord, ...]:
    refused: list[Rejected] = []
    return tuple(
        record
        for path in sorted(folder.glob(f'{name}.*queries.jsonl'))
        for record in read_queries(path, refused)
        if record.goal is not None
    )


def load_buildings(folder: Path) -> dict[str, Building]:
    """
    Read ``<building>.observations.jsonl`` and ``<building>.*queries.jsonl``, by name.

    Lines that are refused are left out. Raises ``StoreAccessError`` if no building is there.
    """
    names = sorted(p.name.removesuffix(_OBSERVATIONS) for p in folder.glob('*' + _OBSERVATIONS))
    if not names:
        raise StoreAccessError(f'{folder} holds no *{_OBSERVATIONS}')
    return {
        name: Building(
            name=name,
            observations=tuple(read_observations(folder / (name + _OBSERVATIONS), [])),
            queries=_queries(folder, name),
        )
        for name in names
    }


def split_buildings(
    buildings: dict[str, Building], *, folds: int = 4, seed: int = 7, every: int = 5
) -> Split:
    """
    Put one building of every ``every`` aside and the others into folds of equal query counts.

    Buildings of similar query counts are drawn from together, so that the part put aside is like
    the rest. The same seed gives the same split.
    """
    draw = random.Random(seed)
    by_size = sorted(buildings, key=lambda name: (-len(buildings[name].queries), name))
    final: list[str] = []
    develop: list[str] = []
    for start in range(0, len(by_size), every):
        group = by_size[start : start + every]
        aside = draw.randrange(len(group))
        final.append(group[aside])
        develop += group[:aside] + group[aside + 1 :]
    develop.sort(key=lambda name: (-len(buildings[name].queries), name))
    parts: list[list[str]] = [[] for _ in range(folds)]
    sizes = [0] * folds
    for name in develop:
        smallest = min(range(folds), key=lambda i: (sizes[i], i))
        parts[smallest].append(name)
        sizes[smallest] += len(buildings[name].queries)
    return Split(folds=tuple(map(tuple, parts)), final=tuple(final))


def fitted_buildings() -> frozenset[str]:
    """Return the buildings that the shipped ranker says it was fitted on."""
    return frozenset(str(name) for name in load_weights().origin.get('fitted_on', ()))


def choose_buildings(
    buildings: dict[str, Building], split: str, folds: Sequence[int] = ()
) -> dict[str, Building]:
    """
    Return one part of the buildings, by name.

    ``aside`` is what the shipped ranker was not fitted on, ``folds`` the others (only the numbered
    ones of four where ``folds`` says so), ``all`` everything. Raises ``EvaluationError`` for an
    unknown part, or one that is empty.
    """
    if split not in SPLITS:
        raise EvaluationError(f'split must be one of {", ".join(SPLITS)}, got {split!r:.80}')
    fitted = fitted_buildings()
    chosen = {
        name: building
        for name, building in sorted(buildings.items())
        if split == 'all' or (name in fitted) == (split == 'folds')
    }
    if split == 'folds' and folds:
        parts = split_buildings(buildings).folds
        wrong = [n for n in folds if not 0 <= n < len(parts)]
        if wrong:
            raise EvaluationError(f'folds must be in [0, {len(parts)}), got {wrong[0]}')
        kept = {name for n in folds for name in parts[n]}
        chosen = {name: b for name, b in chosen.items() if name in kept}
    if not any(b.queries for b in chosen.values()):
        raise EvaluationError(f'no building with queries is in the part {split!r}')
    return {name: b for name, b in chosen.items() if b.queries}


def building_data_sets(
    folder: Path,
    encoder: Encoder,
    *,
    split: str = 'aside',
    folds: Sequence[int] = (),
    absent: int = 0,
    seed: int = 0,
) -> list[DataSet]:
    """
    Read buildings, with ``absent`` questions of each generated kind per building.

    Things are drawn from the labels of all buildings in the folder; see ``absent``.
    """
    buildings = load_buildings(folder)
    chosen = choose_buildings(buildings, split, folds)
    found = [_data_set(b) for b in chosen.values()]
    if not absent:
        return found
    held = things([_data_set(b) for _, b in sorted(buildings.items())], encoder)
    return [
        replace(
            d,
            questions=(
                *d.questions,
                *thing_questions(d, held[d.name], absent, seed),
                *swapped_questions(d, held[d.name], absent, seed),
            ),
        )
        for d in found
    ]


def _data_set(building: Building) -> DataSet:
    questions = tuple(
        Question(
            id=f'{building.name}/{number} {query.id}',
            text=query.text,
            kind='instruction',
            goals=() if query.goal is None else (query.goal,),
            nodes=query.goal_ids,
        )
        for number, query in enumerate(building.queries)
    )
    return DataSet(
        name=building.name,
        kind='building',
        observations=building.observations,
        questions=questions,
    )


def reads(path: Path) -> bool:
    """Whether this is a folder of JSON Lines pairs."""
    return path.is_dir() and any(path.glob('*' + _OBSERVATIONS))


def load(path: Path, encoder: Encoder, options: LoadOptions) -> Loaded:
    """Read one part of the buildings, and tell whether the ranker was fitted on some."""
    try:
        found = building_data_sets(
            path,
            encoder,
            split=options.split,
            folds=options.folds,
            absent=options.absent,
            seed=options.seed,
        )
    except StoreAccessError as error:
        raise EvaluationError(str(error)) from error
    fitted = sum(d.name in fitted_buildings() for d in found)
    told = (
        'the shipped ranker was fitted on none of these buildings'
        if not fitted
        else f'THE SHIPPED RANKER WAS FITTED ON {fitted} OF THESE BUILDINGS: its figures are no'
        ' measure of new ones'
    )
    folds = f' {" ".join(map(str, options.folds))}' if options.folds else ''
    notes = [f'data: {path.name}, part {options.split}{folds}, {len(found)} buildings; {told}']
    if options.absent:
        notes.append(
            f'{options.absent} generated questions of each form per building (seed {options.seed})'
        )
    return found, notes
