"""
Buildings as JSON Lines pairs, ``<building>.observations.jsonl`` and ``<building>.*queries.jsonl``.

A query with its goal becomes a question of kind ``instruction``: right within 3 m of the goal, and
the target is visible from ``goal_ids``. Buildings that the shipped ranker was fitted on are told
apart from those it never saw.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from memory_node.core.ports import Encoder
from memory_node.core.ranking.weights import load_weights
from memory_node.evaluation.absent import swapped_questions, thing_questions, things
from memory_node.evaluation.buildings import Building, load_buildings, split_buildings
from memory_node.evaluation.datasets import DataSet, Question
from memory_node.evaluation.errors import EvaluationError

__all__ = ['SPLITS', 'building_data_sets', 'choose_buildings', 'fitted_buildings']

SPLITS = ('aside', 'folds', 'all')


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
