"""``memory maps`` and ``memory join``."""

from __future__ import annotations

import json

import numpy as np
import pytest

from memory_node import Memory, Observation, Pose, Sighting
from memory_node.cli.main import main

KINDS = (
    'sofa', 'sink', 'stove', 'bed', 'desk', 'printer', 'bathtub', 'wardrobe', 'bookcase', 'toilet',
    'fridge', 'piano',
)  # fmt: skip


@pytest.fixture
def store(tmp_path):
    """Hold one flat twice, and another one."""
    spots = np.random.default_rng(1).random((len(KINDS), 2)) * 8.0
    other = np.random.default_rng(2).random((len(KINDS), 2)) * 8.0
    with Memory.open(tmp_path / 'm.sqlite') as memory:
        for name, turn, places in (('a', 0, spots), ('b', 1, spots), ('c', 0, other)):
            for n in range(3):
                at = [(-y + 3.0, x) if turn else (x, y) for x, y in places.tolist()]
                seen = tuple(
                    Sighting(label=kind, position=(x, y, 0.5))
                    for kind, (x, y) in zip(KINDS, at, strict=True)
                )
                pose = Pose(position=(0.5 * n, 0.0, 0.0))
                memory.add(
                    Observation(
                        id=f'{name}{n}', stamp_ns=n, pose=pose, sightings=seen, map_id=name
                    )
                )
    return tmp_path / 'm.sqlite'


def called(capsys, *args):
    code = main([str(a) for a in args])
    said = capsys.readouterr()
    return code, [json.loads(line) for line in said.out.splitlines()], ' '.join(said.err.split())


def test_maps_are_listed_joined_and_parted(store, capsys):
    where = ('--store', store, '--json')
    code, maps, _ = called(capsys, 'maps', *where)
    assert (code, [m['map_id'] for m in maps]) == (0, ['a', 'b', 'c'])
    ends = ('--from', 'a', '--to', 'b')
    code, (would,), _ = called(capsys, 'join', *ends, '--dry-run', *where)
    assert (code, would['observations'], would['found']) == (0, 0, 12)
    assert would['transform'] == pytest.approx([3.0, 0.0, 0.0, 1.5708], abs=0.01)
    code, (joined,), _ = called(capsys, 'join', *ends, *where)
    assert (code, joined['observations']) == (0, 3)
    _, maps, _ = called(capsys, 'maps', *where)
    assert [(m['map_id'], m['joined'], m['objects']) for m in maps] == [
        ('b', ['a'], 12), ('c', [], 12),
    ]  # fmt: skip
    assert called(capsys, 'join', '--part', 'a', *where)[1][0]['observations'] == 3
    assert len(called(capsys, 'maps', *where)[1]) == 3


def test_what_can_not_be_joined_is_refused_with_the_reason(store, capsys):
    where = ('--store', store)
    code, _, said = called(capsys, 'join', '--from', 'a', '--to', 'c', *where)
    assert code == 1
    assert "map 'a' is not joined to 'c'" in said
    code, _, said = called(capsys, 'join', '--from', 'a', *where)
    assert code == 1
    assert '--from and --to' in said
    code, _, said = called(
        capsys, 'join', '--from', 'a', '--to', 'c', '--transform=1,2,0,0.5', *where
    )
    assert code == 0
    assert "'a' lies in 'c' at 1.00,2.00,0.00,0.500: 3 observations moved" in said
    with pytest.raises(SystemExit):
        main(['join', '--from', 'a', '--to', 'b', '--transform', 'east'])
