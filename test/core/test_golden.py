"""
Stores that earlier versions wrote must open for ever: one file for each format version.

``python test/core/test_golden.py`` writes the file of a new version; an old one is never remade.
"""

from __future__ import annotations

from pathlib import Path
import shutil
import signal
import sqlite3
import subprocess
import sys

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
if __name__ == '__main__':
    sys.path[:0] = [str(ROOT), str(ROOT / 'test')]

from fakes import BagOfWordsEncoder  # noqa: E402  the path is set above

from memory_node import Memory, Observation, Pose, Sighting  # noqa: E402
from memory_node.core.bounds import MAX_COORDINATE_M  # noqa: E402
from memory_node.core.store.check import check_store  # noqa: E402

GOLDEN = Path(__file__).parent / 'golden'
OBSERVATIONS = (
    Observation(
        id='küche-1',
        stamp_ns=1_700_000_000_123_456_789,
        pose=Pose(
            position=(1.5, -2.25, 0.125),
            orientation=(0.0, 0.0, 0.6, 0.8),
            covariance=tuple(0.25 * i for i in range(36)),
        ),
        caption='A kitchen 🍳 with "quotes" and an oven',
        sightings=(
            Sighting(label='oven', confidence=0.5, position=(2.5, -2.0, 0.5), extent=(1, 1, 1)),
            Sighting(label='dining#table'),
        ),
        map_id='erdgeschoss',
        neighbors=('hall', 'nobody'),
        keyframe=b'\xff\xd8\xff\x00jpeg',
        source='test',
    ),
    Observation(id='hall', stamp_ns=0, pose=Pose(position=(0.0, 0.0, 0.0)), caption='a hall'),
)


class Recording(BagOfWordsEncoder):
    """Remembers what it was asked for."""

    def __init__(self, dim):
        super().__init__(dim)
        self.texts = set()

    def encode(self, texts):
        self.texts.update(texts)
        return super().encode(texts)


def test_every_released_format_is_read_whole(tmp_path):
    files = sorted(GOLDEN.glob('format-*.db'))
    assert files
    for file in files:
        copy = tmp_path / file.name
        shutil.copy(file, copy)
        with Memory.open(copy, encoder=Recording(dim=16)) as memory:
            for held, wanted in zip(memory.observations(), OBSERVATIONS, strict=True):
                for name in Observation.__dataclass_fields__:
                    if name != 'embedding':
                        assert getattr(held, name) == getattr(wanted, name), name
                assert np.linalg.norm(held.embedding) > 0.99
            # Names of things are encoded, and what was stored as text with its vector is not.
            assert not memory.encoder.texts & {o.caption for o in OBSERVATIONS}
            assert memory.retrieve('oven', 1).places[0].node_id == 'küche-1'
            names = {name for o in memory.objects() for name, _ in o.names}
            assert names >= {'oven', 'dining table'}
            assert memory.retrieve('the oven').places[0].target_position == (2.5, -2.0, 0.5)
            if int(file.stem.removeprefix('format-')) >= 3:
                (correction,) = memory.corrections()
                assert (correction.author, correction.stamp_ns) == ('lena', 7_500_000_000)
                assert memory.objects('oven')[0].label == 'Lena’s oven'
            memory.add(Observation(id='n', stamp_ns=1, pose=Pose(position=(1, 1, 0)), caption='x'))


def test_a_store_of_an_earlier_version_is_read_without_being_written(tmp_path):
    copy = tmp_path / 'old.db'
    shutil.copy(GOLDEN / 'format-1.db', copy)
    before = copy.read_bytes()
    with Memory.open(copy, encoder=Recording(dim=16), read_only=True) as memory:
        assert [o.id for o in memory.observations()] == [o.id for o in OBSERVATIONS]
        assert memory.retrieve('oven', 1).places[0].node_id == 'küche-1'
    assert copy.read_bytes() == before


def test_numbers_that_an_earlier_version_took_are_brought_to_the_bound(tmp_path):
    copy = tmp_path / 'old.db'
    shutil.copy(GOLDEN / 'format-1.db', copy)
    db = sqlite3.connect(copy)
    db.execute("UPDATE observation SET x = 1e155, y = -1e12 WHERE id = 'hall'")
    db.commit()
    db.close()
    for _ in range(2):
        with Memory.open(copy, encoder=Recording(dim=16)) as memory:
            held = memory.observation('hall').pose.position
            assert held == (MAX_COORDINATE_M, -MAX_COORDINATE_M, 0.0)
            assert memory.wait_areas(30.0)
            assert memory.retrieve('oven', 1).places[0].node_id == 'küche-1'


_KILLED = """
import os, signal, sys; sys.path[:0] = sys.argv[2:]
from memory_node.core.store import migration
from memory_node.core.store.store import Store
bounded = migration._bound_numbers
def end(db):
    bounded(db)
    db.execute('PRAGMA cache_size = 1')  # what was changed is in the log by now
    os.kill(os.getpid(), signal.SIGKILL)
migration._bound_numbers = end
Store(sys.argv[1])
"""


def test_a_migration_that_is_killed_is_made_again(tmp_path):
    copy = tmp_path / 'old.db'
    shutil.copy(GOLDEN / 'format-1.db', copy)
    command = [sys.executable, '-c', _KILLED, copy, ROOT]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    db = sqlite3.connect(copy)
    assert db.execute('PRAGMA user_version').fetchone() == (1,)
    db.close()
    with Memory.open(copy, encoder=Recording(dim=16)) as memory:
        assert [o.id for o in memory.observations()] == [o.id for o in OBSERVATIONS]
    assert not check_store(copy).problems


def main() -> None:
    """Write the file of this version unless it is there."""
    from memory_node.core.store.schema import FORMAT_VERSION

    GOLDEN.mkdir(exist_ok=True)
    target = GOLDEN / f'format-{FORMAT_VERSION}.db'
    work = GOLDEN / 'work.db'
    with Memory.open(work, encoder=BagOfWordsEncoder(dim=16)) as memory:
        memory.add_many(OBSERVATIONS)
        (oven,) = memory.objects('oven')
        memory.correct('name', object_id=oven.id, name='Lena’s oven', author='lena', stamp=7.5)
        memory._mirror.store.copy_to(target)
    for path in GOLDEN.glob('work.db*'):
        path.unlink()


if __name__ == '__main__':
    main()
