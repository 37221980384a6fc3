"""
Measures rooms against recorded buildings: ``python test/rooms/evaluate.py FOLDER [FOLDER ...]``.

Each FOLDER holds buildings with ``observations.jsonl``, ``questions.jsonl`` and ``truth.json``.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from dataclasses import dataclass, replace
import json
import math
from pathlib import Path
import re
import sys
from typing import Any

import numpy as np

from memory_node.core.rooms.building import RoomBuilder
from memory_node.core.rooms.matching import next_to, RoomMatcher
from memory_node.core.rooms.rooms import Rooms
from memory_node.core.rooms.segmentation import SegmentationSettings
from memory_node.core.rooms.views import RoomViews
from memory_node.core.rooms.vocabulary import load_vocabulary


@dataclass(frozen=True)
class Building:
    name: str
    views: RoomViews
    truth: list[str]
    ids: list[str]
    questions: list[dict[str, Any]]


def load(folder: Path) -> Building:
    rows = [json.loads(line) for line in (folder / 'observations.jsonl').read_text().splitlines()]
    row_of = {row['id']: i for i, row in enumerate(rows)}
    labels: dict[str, int] = {}
    starts, ids = [0], []
    objects: dict[tuple[str, tuple[float, ...]], list[int]] = defaultdict(list)
    for i, row in enumerate(rows):
        for seen in row['objects']:
            ids.append(labels.setdefault(seen['label'], len(labels)))
            if 'position' in seen:
                objects[seen['label'], tuple(seen['position'])].append(i)
        starts.append(len(ids))
    links = {
        tuple(sorted((i, row_of[other])))
        for i, row in enumerate(rows)
        for other in row.get('neighbors', ())
        if other in row_of
    }
    truth = json.loads((folder / 'truth.json').read_text())['rooms']
    questions = (folder / 'questions.jsonl').read_text().splitlines()
    return Building(
        folder.name,
        RoomViews(
            keys=np.arange(len(rows)),
            stamps=np.array([int(row['stamp'] * 1e9) for row in rows], np.int64),
            maps=np.zeros(len(rows), np.int32),
            positions=np.array([row['position'] for row in rows], float),
            captions=[row['caption'] for row in rows],
            label_starts=np.array(starts, np.int64),
            label_ids=np.array(ids, np.int64),
            labels=list(labels),
            links=np.array(sorted(links), np.int64).reshape(-1, 2),
            object_labels=np.array([labels[label] for label, _ in objects], np.int64),
            object_positions=np.array([at for _, at in objects], float).reshape(-1, 3),
            object_starts=np.cumsum([0, *map(len, objects.values())]).astype(np.int64),
            object_rows=np.array([i for some in objects.values() for i in some], np.int64),
        ),
        [truth[row['id']] for row in rows],
        [row['id'] for row in rows],
        [json.loads(line) for line in questions],
    )


def in_box(at: Any, box: list[float], margin: float = 0.3) -> bool:
    x, y, z, size_x, size_y = box
    return (
        abs(at[0] - x) <= size_x / 2 + margin
        and abs(at[1] - y) <= size_y / 2 + margin
        and abs(at[2] - z) < 1.5
    )


def adjusted_rand(one: Any, other: Any) -> float:
    a, b = (np.unique(some, return_inverse=True)[1] for some in (one, other))
    table = np.zeros((a.max() + 1, b.max() + 1))
    np.add.at(table, (a, b), 1)

    def pairs(x: Any) -> float:
        return float((x * (x - 1) / 2).sum())

    both, left, right = pairs(table), pairs(table.sum(axis=1)), pairs(table.sum(axis=0))
    expected = left * right / pairs(np.array([len(a)]))
    return (both - expected) / ((left + right) / 2 - expected)


def answers(building: Building, rooms: Rooms, matcher: RoomMatcher) -> dict[str, list[float]]:
    """Return, for each measure, one number a question or a building."""
    found: dict[str, list[float]] = defaultdict(list)
    views, vocabulary = building.views, matcher.vocabulary
    found['ARI'].append(adjusted_rand(rooms.room_of_row, building.truth))
    for row, truth in enumerate(building.truth):
        kinds = {vocabulary.index(kind) for kind in truth.split('#')[0].split('/')}
        name = rooms.names[rooms.room_of_row[row]]
        found['view kind'].append(vocabulary.head_index(name) in kinds if name else 0.0)
    for q in building.questions:
        kind, text = q['kind'], q['text']
        if kind in ('room', 'absent_room'):
            scores = matcher.log_odds(rooms, text.removeprefix('go to '))
            best = int(scores.argmax())
            if kind == 'absent_room':
                found['absent_room refused'].append(scores[best] < 0.0)
                continue
            found['room stands'].append(_stands(q, views, rooms, best))
            found['room refused wrongly'].append(scores[best] < 0.0)
        elif kind == 'next_to':
            wanted, other = re.match(r'the (.+) next to the (.+)', text).groups()
            scores = next_to(
                rooms, matcher.log_odds(rooms, wanted), matcher.log_odds(rooms, other)
            )
            found['next_to first'].append(_stands(q, views, rooms, int(scores.argmax())))
        elif kind == 'which_next':
            other = re.match(r'which room is next to the (.+)\?', text)[1]
            scores = next_to(rooms, None, matcher.log_odds(rooms, other))
            found['which_next first'].append(_stands(q, views, rooms, int(scores.argmax())))
        elif kind in ('in_room', 'count_room'):
            label = q['want'][0] if kind == 'in_room' else q['want_class']
            if label not in views.labels:
                found[f'{kind} right'].append(kind == 'count_room' and q['count'] == 0)
                continue
            scores = matcher.log_odds(rooms, q['room'])
            own = np.flatnonzero(views.object_labels == list(views.labels).index(label))
            of_own = scores[rooms.room_of_object[own]]
            if kind == 'count_room':
                holds = np.isin(np.arange(len(rooms)), rooms.room_of_object[own])
                counted = matcher.meant(scores, holds)[rooms.room_of_object[own]]
                found['count_room right'].append(int(counted.sum()) == q['count'])
                continue
            at = views.object_positions[own[int(of_own.argmax())]]
            found['in_room right'].append(
                any(
                    math.dist(at[:2], goal[:2]) <= q['radius_m'] and abs(at[2] - goal[2]) < 2.0
                    for goal in q['goals']
                )
            )
    return found


def _stands(q: dict[str, Any], views: RoomViews, rooms: Rooms, room: int) -> bool:
    at = views.positions[rooms.representatives[room]]
    return any(in_box(at, box) for box in q['boxes'])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('folders', type=Path, nargs='+')
    parser.add_argument('--leave-out', nargs='*', default=[], help='evidence to ignore')
    parser.add_argument('--no-links', action='store_true', help='forget the drivable links')
    parser.add_argument('--no-stamps', action='store_true', help='shuffle the stamps')
    given = parser.parse_args()
    vocabulary, matcher = load_vocabulary(), RoomMatcher(load_vocabulary())
    settings = SegmentationSettings(**dict.fromkeys(given.leave_out, 0.0))
    builder = RoomBuilder(vocabulary, settings=settings)
    for folder in given.folders:
        total: dict[str, list[float]] = defaultdict(list)
        for one in sorted(filter(Path.is_dir, folder.iterdir())):
            building = load(one)
            views = building.views
            if given.no_links:
                views = replace(views, links=views.links[:0])
            if given.no_stamps:
                views = replace(views, stamps=np.random.default_rng(1).permutation(views.stamps))
            building = replace(building, views=views)
            for measure, values in answers(
                building, builder.build(building.views), matcher
            ).items():
                total[measure] += values
        sys.stdout.write(f'{folder.name}\n')
        for measure, values in total.items():
            sys.stdout.write(f'  {measure:22} {np.mean(values):.3f}  n={len(values)}\n')


if __name__ == '__main__':
    main()
