"""From a path to data sets: what is there decides how it is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
import random

from memory_node.core.errors import StoreAccessError
from memory_node.core.ports import Encoder
from memory_node.evaluation.datasets import DataSet
from memory_node.evaluation.errors import EvaluationError
from memory_node.evaluation.folders import is_data_set, read_data_set
from memory_node.evaluation.graphs import known_item_data_set, typed_query_data_set
from memory_node.evaluation.instructions import building_data_sets, fitted_buildings

__all__ = ['LoadOptions', 'limited', 'load_data_sets']


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadOptions:
    """What of the data is wanted."""

    #: Typed queries of a building graph.
    questions: Path | None = None
    #: Part of the buildings, and folds of the part ``folds``; see ``choose_buildings``.
    split: str = 'aside'
    folds: Sequence[int] = ()
    #: Generated questions of each form, per data set, and as many without an answer.
    absent: int = 0
    #: Known items asked for.
    items: int = 300
    seed: int = 0


def load_data_sets(
    path: Path, encoder: Encoder, options: LoadOptions
) -> tuple[list[DataSet], list[str]]:
    """
    Return the data sets at ``path``, and notes on them for the reader of a report.

    ``path`` is a folder of the generic format, a folder of such folders, a folder of JSON Lines
    pairs, or a GML graph. Raises ``EvaluationError`` naming what is missing or broken.
    """
    if path.is_file() and path.suffix.lower() == '.gml':
        return _graph(path, options)
    if not path.is_dir():
        raise EvaluationError(f'{path} is neither a folder nor a .gml file')
    if is_data_set(path):
        return [read_data_set(path)], [f'data: {path.name}']
    inside = sorted(p for p in path.iterdir() if p.is_dir() and is_data_set(p))
    if inside:
        return [read_data_set(p) for p in inside], [f'data: {path.name}, {len(inside)} sets']
    if not any(path.glob('*.observations.jsonl')):
        raise EvaluationError(
            f'{path} holds no data set: expected questions.jsonl, *.observations.jsonl or a .gml'
        )
    return _buildings(path, encoder, options)


def _graph(path: Path, options: LoadOptions) -> tuple[list[DataSet], list[str]]:
    if options.questions is not None:
        found = typed_query_data_set(path, options.questions)
        judged = sum(bool(q.goals) for q in found.questions)
        return [found], [
            f'data: {path.name} with {options.questions.name}; {judged} explicit questions have'
            ' goals told from object names (within 5 m), the others are asked without judging'
        ]
    found = known_item_data_set(
        path, count=options.items, absent=options.absent, seed=options.seed
    )
    others = len(found.observations) - 1
    return [found], [
        f'data: {path.name}; a paraphrased caption must find its place within 50 m among'
        f' {others} others; seed {options.seed}'
    ]


def _buildings(
    path: Path, encoder: Encoder, options: LoadOptions
) -> tuple[list[DataSet], list[str]]:
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


def limited(data_sets: Sequence[DataSet], limit: int, seed: int) -> list[DataSet]:
    """Keep at most ``limit`` questions of each kind and data set; 0 keeps all."""
    if not limit:
        return list(data_sets)
    found = []
    for data_set in data_sets:
        draw = random.Random(f'{seed} limit {data_set.name}')
        kinds: dict[str, list[int]] = {}
        for row, question in enumerate(data_set.questions):
            kinds.setdefault(question.kind, []).append(row)
        kept = sorted(
            row for rows in kinds.values() for row in draw.sample(rows, min(limit, len(rows)))
        )
        found.append(replace(data_set, questions=tuple(data_set.questions[i] for i in kept)))
    return found
