"""
What the memory costs as it grows: questions, adding, opening, RAM and disk, beside plain rivals.

Run ``python test/bench/scale.py --sizes 1000 3000 10000 --rivals``. A robot drives through a
building that grows with the number of observations: rooms of 25 m2 with 20 things each at fixed
places, five of them in a view, about eight views of a thing; captions that share words have near
vectors. ``--random`` scatters all things and draws all vectors instead, so that nothing is ever
seen twice and nothing is alike. Vectors are given or cached, so no model is part of any figure: a
question's time is that of the whole call without the encoder. Every figure is taken in a fresh
process, from one copy of the store; wall and CPU time of the asking thread are both given,
because the machine may be shared. NumPy has one thread, as in the node: with more, a product of
microseconds may wait milliseconds for a thread that has no core.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
import ctypes
from functools import cache, partial
import gc
import hashlib
import importlib
import json
import os
from pathlib import Path
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from typing import Any

os.environ.setdefault('OPENBLAS_NUM_THREADS', '1')  # read when NumPy is first imported

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from memory_node import Memory, Observation, Pose, Sighting  # noqa: E402  the path is set above

FloatArray = NDArray[np.float32]
Figures = dict[str, float]

DIM = 384
SECOND = 10**9
#: A wing is 4 x 4 rooms, driven through twice; the building is a growing square of wings.
ROOM_M, SIDE, PASSES, VIEWS, THINGS, SEEN = 5.0, 4, 2, 16, 20, 5
WING = SIDE * SIDE * PASSES * VIEWS
COLORS = ('red', 'blue', 'green', 'white', 'black', 'grey')
#: Rooms and what is typical there.
KINDS = {
    'kitchen': 'sink stove oven refrigerator kettle toaster microwave dishwasher cabinet table',
    'bathroom': 'toilet bathtub shower towel mirror sink soap hamper scale toothbrush',
    'bedroom': 'bed wardrobe nightstand pillow blanket lamp dresser curtain slippers hanger',
    'living room': 'sofa armchair television bookshelf rug fireplace speaker ottoman vase plant',
    'office': 'desk chair monitor keyboard printer shredder binder whiteboard stapler laptop',
    'dining room': 'table chair sideboard chandelier plate glass tablecloth candle cup bowl',
    'laundry room': 'washer dryer iron basket detergent bucket mop broom ladder heater',
    'hallway': 'coat umbrella shoe bench clock picture door doormat key mailbox',
}
COMMON = (
    'window box bag book bottle phone radiator stool cushion basket trash_can fan guitar piano'
    ' bicycle suitcase backpack telephone camera remote toy ball doll drum easel globe statue'
    ' aquarium cage hammer saw drill toolbox'
)
LABELS = tuple(dict.fromkeys([*' '.join(KINDS.values()).split(), *COMMON.split()]))[:100]
QUESTIONS = (
    'the red sofa',
    'a chair near the window',
    'somewhere to sit',
    'the sink in the kitchen',
    'the nearest toilet',
    'how many chairs are there?',
)
#: Questions that are asked once.
NEW_QUESTIONS = tuple(
    form.format(label.replace('_', ' '))
    for label in LABELS
    for form in ('the {}', 'a {} next to a table', 'where is a {} in the office?')
)


@cache
def word_vector(word: str) -> FloatArray:
    """Return a vector of its own for every word, always the same."""
    seed = hashlib.blake2b(word.encode(), digest_size=8).digest()
    rng = np.random.default_rng(int.from_bytes(seed, 'little'))
    return rng.standard_normal(DIM).astype(np.float32)


class CachedEncoder:
    """Texts that share words have near vectors; keeps them, and the seconds it took a thread."""

    def __init__(self) -> None:
        """Hold no vector yet."""
        self.dim, self.model_id = DIM, 'scale'
        self._texts: dict[str, FloatArray] = {}
        self._local = threading.local()

    @property
    def seconds(self) -> float:
        """What encoding took this thread so far [s]."""
        return float(getattr(self._local, 'seconds', 0.0))

    def encode(self, texts: Sequence[str]) -> FloatArray:
        """Return (n, D) unit vectors."""
        began = time.perf_counter()
        found = np.empty((len(texts), DIM), np.float32)
        for i, text in enumerate(texts):
            if text not in self._texts:
                row = np.sum([word_vector(w) for w in text.casefold().split() or ['']], axis=0)
                self._texts[text] = row / np.linalg.norm(row)
            found[i] = self._texts[text]
        self._local.seconds = self.seconds + time.perf_counter() - began
        return found


def wing_corner(wing: int) -> tuple[float, float]:
    """Return where a wing begins [m]: wings fill ever larger squares."""
    shell = int(np.sqrt(wing))
    rest = wing - shell * shell
    x, y = (shell, rest) if rest <= shell else (2 * shell - rest, shell)
    return x * SIDE * ROOM_M, y * SIDE * ROOM_M


def wing_walk(wing: int, scattered: float) -> Iterator[Observation]:
    """Yield the views of one wing; with ``scattered`` things are anywhere in so many metres."""
    rng = np.random.default_rng((2026, wing))
    left, low = wing_corner(wing)
    kinds = rng.integers(len(KINDS), size=SIDE * SIDE)
    names = [list(KINDS)[kind] for kind in kinds]
    typical = [KINDS[name].split() for name in names]
    things = [
        [str(rng.choice(own if i < THINGS // 2 else LABELS)) for i in range(THINGS)]
        for own in typical
    ]
    colors = rng.integers(len(COLORS), size=(SIDE * SIDE, THINGS))
    places = rng.uniform(0.2, ROOM_M - 0.2, (SIDE * SIDE, THINGS, 3))
    places[..., 2] = rng.uniform(0.1, 1.6, places.shape[:2])
    sizes = rng.uniform(0.2, 1.2, places.shape)
    first = wing * WING
    for step in range(WING):
        turn, room = divmod(step // VIEWS, SIDE * SIDE)
        column, row = divmod(room, SIDE)
        row = row if column % 2 == 0 else SIDE - 1 - row
        corner = np.array([left + column * ROOM_M, low + row * ROOM_M, 0.0])
        eye = corner + [*rng.uniform(0.8, ROOM_M - 0.8, 2), 0.0]
        away = places[room] + corner - eye
        bearing = np.arctan2(away[:, 1], away[:, 0])
        yaw = float(bearing[rng.integers(THINGS)])
        off = np.abs(np.angle(np.exp(1j * (bearing - yaw))))
        seen = np.argsort(off)[:SEEN]
        spread = 0.03 + 0.01 * (away[seen] ** 2).sum(axis=1, keepdims=True)
        points = eye + away[seen] + rng.normal(0.0, spread, (SEEN, 3))
        if scattered:
            points[:, :2] = rng.uniform(0.0, scattered, (SEEN, 2))
        said = [f'a {COLORS[colors[room, i]]} {things[room][i]}' for i in seen[:3]]
        caption = f'a {names[room]} with {", ".join(said[:2])} and {said[2]}'
        vector = rng.standard_normal(DIM).astype(np.float32)
        if not scattered:
            vector += sum(word_vector(word) for word in caption.replace(',', '').split())
        yield Observation(
            id=f'observation-{first + step:06d}',
            stamp_ns=(first + step + 1) * SECOND,
            pose=Pose.from_yaw(tuple(eye.tolist()), yaw),
            caption=caption,
            sightings=tuple(
                Sighting(
                    label=things[room][i],
                    confidence=float(rng.uniform(0.5, 1.0)),
                    position=tuple(point.tolist()),
                    extent=tuple(sizes[room, i].tolist()),
                )
                for i, point in zip(seen.tolist(), points, strict=True)
            ),
            embedding=vector / np.linalg.norm(vector),
        )


def walk(start: int, count: int, scattered: float) -> Iterator[Observation]:
    """Yield ``count`` observations of the robot's drive, from number ``start`` on."""
    for wing in range(start // WING, (start + count - 1) // WING + 1):
        for step, observation in enumerate(wing_walk(wing, scattered), wing * WING):
            if start <= step < start + count:
                yield observation


# ---- measuring, each in a process of its own --------------------------------------------------


def resident_bytes() -> int:
    """Return the resident set of this process, after what is free was given back."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    pages = int(Path('/proc/self/statm').read_text().split()[1])
    return pages * os.sysconf('SC_PAGE_SIZE')


def percentiles(name: str, seconds: Sequence[float]) -> Figures:
    """Return median and 95th percentile in milliseconds."""
    return {f'{name}_p{p}': 1e3 * float(np.percentile(seconds, p)) for p in (50, 95)}


class Clock:
    """Wall and CPU seconds of calls of this thread, without the encoder."""

    def __init__(self, encoder: CachedEncoder) -> None:
        """Subtract what ``encoder`` takes."""
        self._encoder = encoder
        self.wall: list[float] = []
        self.cpu: list[float] = []

    def time(self, action: Callable[[], Any]) -> Any:
        """Call and remember how long it took."""
        encoded = self._encoder.seconds
        began, began_cpu = time.perf_counter(), time.thread_time()
        result = action()
        cpu, wall = time.thread_time() - began_cpu, time.perf_counter() - began
        encoded = self._encoder.seconds - encoded
        self.wall.append(wall - encoded)
        self.cpu.append(max(cpu - encoded, 0.0))
        return result


class PlainRival:
    """What is least: hnswlib's k nearest of the same graph, and ten rows by key from SQLite."""

    def __init__(self, store: Path, memory: Memory) -> None:
        """Load the graph of ``memory`` and copy its captions and poses."""
        import hnswlib

        self._index = hnswlib.Index(space='ip', dim=DIM)
        self._index.load_index(f'{store}.hnsw')
        self._index.set_ef(memory.config.index.ef)
        self._db = sqlite3.connect(':memory:')
        self._db.execute('CREATE TABLE seen (key INTEGER PRIMARY KEY, caption TEXT, pose TEXT)')
        snapshot = memory.snapshot()
        rows = zip(snapshot.keys.tolist(), snapshot.positions.tolist(), strict=True)
        self._db.executemany(
            'INSERT INTO seen VALUES (?, ?, ?)',
            ((k, 'a room with things', str(p)) for k, p in rows),
        )

    def ask(self, vector: FloatArray) -> list[Any]:
        """Return ten rows."""
        keys, _ = self._index.knn_query(vector, 10, num_threads=1)
        marks = ', '.join('?' * 10)
        found = self._db.execute(
            f'SELECT * FROM seen WHERE key IN ({marks})',
            keys[0].tolist(),
        )
        return found.fetchall()


class EmemRival:
    """eMEM as its README shows: ``add`` and semantic search, with the same vectors."""

    def __init__(self, memory: Memory, folder: Path, encoder: CachedEncoder) -> None:
        """Add every observation; raises ``ImportError`` where eMEM is not installed."""
        emem: Any = importlib.import_module('emem')

        class Provider:
            dim = DIM

            def embed(self, texts: list[str]) -> FloatArray:
                if texts[0].startswith('#'):
                    rows = [int(t[1:]) for t in texts]
                    return memory.snapshot().vectors[rows].astype(np.float32)
                return encoder.encode(texts)

        self._memory = emem.SpatioTemporalMemory(
            db_path=str(folder / 'emem.db'), embedding_provider=Provider()
        )
        began = time.perf_counter()
        snapshot = memory.snapshot()
        for i, (x, y, z) in enumerate(snapshot.positions.tolist()):
            stamp = float(snapshot.stamps[i]) / SECOND
            self._memory.add(f'#{i}', x=x, y=y, z=z, timestamp=stamp, layer_name='vlm')
        self._memory.save()
        self.add_ms = 1e3 * (time.perf_counter() - began) / len(snapshot)

    def ask(self, text: str) -> Any:
        """Return ten observations."""
        return self._memory.store.semantic_search(text, n_results=10)


def opened(store: Path, encoder: CachedEncoder) -> Memory:
    """Open a store and wait until everything is ready."""
    memory = Memory.open(store, encoder=encoder)
    memory.wait_indexed()
    memory.wait_areas()
    return memory


def ask(memory: Memory, text: str) -> Any:
    """Ask one question as a robot in the middle of the first room."""
    return memory.retrieve(text, here=(2.5, 2.5, 0.0))


def measure_open(store: Path, options: argparse.Namespace) -> Figures:
    """Open with the derived files as they are; RAM when all is ready and all was asked."""
    import hnswlib  # noqa: F401  libraries are no part of the memory
    import scipy.optimize
    import scipy.sparse.csgraph
    import scipy.spatial  # noqa: F401

    encoder = CachedEncoder()
    before = resident_bytes()
    began = time.perf_counter()
    with Memory.open(store, encoder=encoder) as memory:
        opening = time.perf_counter() - began
        ask(memory, QUESTIONS[0])
        first = time.perf_counter() - began
        memory.wait_indexed()
        memory.wait_areas()
        ready = time.perf_counter() - began
        for text in QUESTIONS:
            ask(memory, text)
        statistics = memory.stats()
        used = resident_bytes() - before
        count, objects = statistics.observations, statistics.objects
        return {
            'observations': count,
            'objects': objects,
            'open_s': opening,
            'first_answer_s': first,
            'ready_s': ready,
            'ram_b': used / count,
            'ram_vectors': used / count / (4 * DIM),
            'object_b': _object_bytes(memory) / max(objects, 1),
        }


def _object_bytes(memory: Memory) -> int:
    """Return what a second object map and its view take."""
    keeper = memory._parts.objects
    from memory_node.core.objects import dump_objects, load_objects

    data = dump_objects(keeper._map, {})
    before = resident_bytes()
    objects = load_objects(data, {}, keeper._map.config)
    view = objects.view()
    after = resident_bytes()
    assert len(view)
    return after - before


def measure_rebuild(store: Path, options: argparse.Namespace) -> Figures:
    """Open without any derived file."""
    for path in store.parent.glob(f'{store.name}.*'):
        if not path.name.endswith(('-wal', '-shm')):
            path.unlink()
    encoder = CachedEncoder()
    began = time.perf_counter()
    with Memory.open(store, encoder=encoder) as memory:
        opening = time.perf_counter() - began
        ask(memory, QUESTIONS[0])
        first = time.perf_counter() - began
        memory.wait_areas()
        areas = time.perf_counter() - began
        if options.full:
            memory.wait_indexed()
        return {
            'rebuilt_open_s': opening,
            'rebuilt_first_answer_s': first,
            'rebuilt_objects_rooms_areas_s': areas,
            'rebuilt_all_s': time.perf_counter() - began if options.full else float('nan'),
        }


def measure_ask(store: Path, options: argparse.Namespace) -> Figures:
    """Ask every question many times, turn by turn with the rivals."""
    encoder = CachedEncoder()
    with opened(store, encoder) as memory:
        plain = PlainRival(store, memory)
        emem = None
        if options.rivals and len(memory.snapshot()) <= options.rival_limit:
            try:
                emem = EmemRival(memory, store.parent, encoder)
            except ImportError as error:
                print(f'no eMEM: {error}', file=sys.stderr)
        clocks = {text: Clock(encoder) for text in QUESTIONS}
        others = {'plain': Clock(encoder), 'emem': Clock(encoder)}
        for turn in range(options.repeat + 1):
            if turn == 1:  # the first turn fills caches
                for clock in (*clocks.values(), *others.values()):
                    clock.wall.clear()
                    clock.cpu.clear()
            for text in QUESTIONS:
                clocks[text].time(partial(ask, memory, text))
                vector = encoder.encode([text])[0]
                others['plain'].time(partial(plain.ask, vector))
                if emem is not None:
                    others['emem'].time(partial(emem.ask, text))
        figures: Figures = {}
        for name, clock in others.items():
            if clock.wall:
                figures |= percentiles(name, clock.wall)
                figures |= percentiles(f'{name}_cpu', clock.cpu)
        if emem is not None:
            figures['emem_add'] = emem.add_ms
        every = list(clocks.values())
        figures |= percentiles('ask', [s for c in every for s in c.wall])
        figures |= percentiles('ask_cpu', [s for c in every for s in c.cpu])
        new = Clock(encoder)
        for text in NEW_QUESTIONS:
            new.time(partial(ask, memory, text))
        figures |= percentiles('new_cpu', new.cpu)
        for text, clock in clocks.items():
            figures |= percentiles(f'ask: {text}', clock.wall)
            figures |= percentiles(f'cpu: {text}', clock.cpu)
        return figures


def measure_add(store: Path, options: argparse.Namespace) -> Figures:
    """Add observations one by one; then ask while ten come every second."""
    encoder = CachedEncoder()
    with opened(store, encoder) as memory:
        count = len(memory.snapshot())
        coming = walk(count, 10**6, options.scattered)
        clock = Clock(encoder)
        for _ in range(options.adds):
            observation = next(coming)
            clock.time(partial(memory.add, observation))
        memory.wait_indexed()
        memory.wait_areas()
        figures = percentiles('add', clock.wall) | percentiles('add_cpu', clock.cpu)
        stop = threading.Event()
        adding = Clock(encoder)

        def add() -> None:
            while not stop.wait(0.1):
                observation = next(coming)
                adding.time(partial(memory.add, observation))

        thread = threading.Thread(target=add)
        asking = Clock(encoder)
        thread.start()
        until = time.monotonic() + options.busy_s
        while time.monotonic() < until:
            for text in QUESTIONS:
                asking.time(partial(ask, memory, text))
                time.sleep(0.01)
        stop.set()
        thread.join()
        figures |= percentiles('busy_ask', asking.wall)
        figures |= percentiles('busy_ask_cpu', asking.cpu)
        figures |= percentiles('busy_add', adding.wall)
        return figures


def measure_frames(store: Path, options: argparse.Namespace) -> Figures:
    """Assign 20 sightings a frame to 5,000 objects and to 50,000, without store and captions."""
    figures: Figures = {}
    for count in (5_000, 50_000):
        figures |= _frames(count)
    return figures


def _frames(count: int) -> Figures:
    from memory_node.core.objects import ObjectMap
    from memory_node.core.store.snapshot import Batch, Columns

    rng = np.random.default_rng(7)
    side = float(np.sqrt(count * 1.25))  # 20 things in 25 m2
    things = np.column_stack([rng.uniform(0.0, side, (count, 2)), rng.uniform(0.1, 1.6, count)])
    labels = rng.integers(len(LABELS), size=count).astype(np.int32)
    sizes = rng.uniform(0.2, 1.2, (count, 3)).astype(np.float32)
    columns = Columns(DIM)
    columns.append_labels(list(LABELS), CachedEncoder().encode(list(LABELS)))
    columns.append_maps(['map'])

    def look(first: int, eyes: NDArray[np.float64]) -> None:
        number = len(eyes)
        near = np.array([np.argsort(((things[:, :2] - e) ** 2).sum(axis=1))[:20] for e in eyes])
        away = np.linalg.norm(things[near, :2] - eyes[:, None], axis=2)[..., None]
        points = things[near] + rng.normal(0.0, 0.03 + 0.01 * away**2, (*near.shape, 3))
        near = near.ravel()
        columns.append(
            Batch(
                keys=np.arange(first, first + number) + 1,
                stamps=np.arange(first, first + number) * SECOND,
                maps=np.zeros(number, np.int32),
                positions=np.column_stack([eyes, np.zeros(number)]),
                yaws=np.zeros(number, np.float32),
                word_counts=np.ones(number, np.int32),
                vectors=np.zeros((number, DIM), np.float32),
                mapped=np.zeros(number, np.bool_),
                sighting_counts=np.full(number, 20, np.int64),
                sighting_labels=labels[near],
                sighting_confidences=np.full(len(near), 0.8, np.float32),
                sighting_positions=points.reshape(-1, 3).astype(np.float32),
                sighting_extents=sizes[near],
            )
        )

    grid = np.arange(0.0, side, 2.5)
    look(0, np.array([(x, y) for x in grid for y in grid]))
    objects = ObjectMap()
    objects.update(columns.snapshot())
    wall = []
    for _ in range(300):
        look(len(columns), rng.uniform(0.0, side, (1, 2)))
        snapshot = columns.snapshot()
        began = time.perf_counter()
        objects.update(snapshot)
        wall.append(time.perf_counter() - began)
    return percentiles(f'frame20_{count}', wall)


PHASES = {
    'ask': measure_ask,
    'open': measure_open,
    'add': measure_add,
    'rebuild': measure_rebuild,
    'frames': measure_frames,
}


# ---- the run ----------------------------------------------------------------------------------


def fill(store: Path, count: int, scattered: float) -> Figures:
    """Let a store grow to ``count`` observations and write all that is derived."""
    encoder = CachedEncoder()
    began = time.perf_counter()
    with opened(store, encoder) as memory:
        held = len(memory.snapshot())
        chunk: list[Observation] = []
        spent = 0.0
        for observation in walk(held, count - held, scattered):
            chunk.append(observation)
            if len(chunk) == 512 or observation.id.endswith(f'{count - 1:06d}'):
                start = time.perf_counter()
                memory.add_many(chunk)
                spent += time.perf_counter() - start
                chunk.clear()
        memory.wait_indexed()
        memory.wait_areas()
    added = max(count - held, 1)
    return {'fill_s': time.perf_counter() - began, 'bulk_add': 1e3 * spent / added}


def disk(store: Path) -> Figures:
    """Return megabytes of the store and of each derived file."""
    files = sorted(p for p in store.parent.glob(f'{store.name}*') if p.is_file())
    kept = {f'disk {p.name.removeprefix(store.name) or "store"}': p.stat().st_size for p in files}
    return {name: size / 1e6 for name, size in kept.items()} | {'disk': sum(kept.values()) / 1e6}


def run_phase(phase: str, store: Path, options: argparse.Namespace) -> Figures:
    """Measure one thing in a fresh process, on a copy of the store where it is changed."""
    with tempfile.TemporaryDirectory(dir=options.folder) as temporary:
        target = store
        if phase in ('add', 'rebuild', 'ask'):
            target = Path(temporary) / store.name
            for path in store.parent.glob(f'{store.name}*'):
                if path.is_file() and not path.name.endswith('.lock'):
                    shutil.copy(path, Path(temporary) / path.name)
        command = [sys.executable, __file__, '--phase', phase, '--store', str(target)]
        for name in ('repeat', 'adds', 'busy_s', 'rival_limit', 'scattered'):
            command += [f'--{name.replace("_", "-")}', str(getattr(options, name))]
        command += [f'--{name}' for name in ('rivals', 'full') if getattr(options, name)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            print(f'{phase} failed', file=sys.stderr)
            return {}
        return dict(json.loads(done.stdout.splitlines()[-1]))


ROWS = (
    ('objects', 'objects', '{:.0f}'),
    ('question p50 [ms]', 'ask_p50', '{:.2f}'),
    ('question p95 [ms]', 'ask_p95', '{:.2f}'),
    ('question CPU p50 [ms]', 'ask_cpu_p50', '{:.2f}'),
    ('question CPU p95 [ms]', 'ask_cpu_p95', '{:.2f}'),
    ('question of new words CPU p50 [ms]', 'new_cpu_p50', '{:.2f}'),
    ('hnswlib + SQLite p50 [ms]', 'plain_p50', '{:.2f}'),
    ('ratio to it', 'ask_p50/plain_p50', '{:.1f}'),
    ('hnswlib + SQLite CPU p50 [ms]', 'plain_cpu_p50', '{:.2f}'),
    ('ratio to it in CPU', 'ask_cpu_p50/plain_cpu_p50', '{:.1f}'),
    ('eMEM p50 [ms]', 'emem_p50', '{:.2f}'),
    ('ratio to it', 'ask_p50/emem_p50', '{:.2f}'),
    *((f'"{text}" p50 [ms]', f'ask: {text}_p50', '{:.2f}') for text in QUESTIONS),
    ('question p95 beside 10 adds/s [ms]', 'busy_ask_p95', '{:.2f}'),
    ('question p50 beside 10 adds/s [ms]', 'busy_ask_p50', '{:.2f}'),
    ('question CPU p95 beside 10 adds/s [ms]', 'busy_ask_cpu_p95', '{:.2f}'),
    ('question CPU p50 beside 10 adds/s [ms]', 'busy_ask_cpu_p50', '{:.2f}'),
    ('add p50 [ms]', 'add_p50', '{:.2f}'),
    ('add p95 [ms]', 'add_p95', '{:.2f}'),
    ('add CPU p50 [ms]', 'add_cpu_p50', '{:.2f}'),
    ('add in bulk [ms]', 'bulk_add', '{:.2f}'),
    ('eMEM add [ms]', 'emem_add', '{:.2f}'),
    ('open [s]', 'open_s', '{:.2f}'),
    ('open, first answer [s]', 'first_answer_s', '{:.2f}'),
    ('open, all ready [s]', 'ready_s', '{:.2f}'),
    ('open without derived files [s]', 'rebuilt_open_s', '{:.2f}'),
    ('... first answer [s]', 'rebuilt_first_answer_s', '{:.2f}'),
    ('... objects, rooms, areas ready [s]', 'rebuilt_objects_rooms_areas_s', '{:.2f}'),
    ('... index too [s]', 'rebuilt_all_s', '{:.2f}'),
    ('RAM an observation [B]', 'ram_b', '{:.0f}'),
    ('RAM / raw vector', 'ram_vectors', '{:.2f}'),
    ('RAM an object [B]', 'object_b', '{:.0f}'),
    ('disk [MB]', 'disk', '{:.1f}'),
)


def table(found: dict[int, Figures]) -> str:
    """Return a Markdown table, one column a size."""
    sizes = list(found)
    lines = [
        '| what | ' + ' | '.join(f'{n:,}' for n in sizes) + ' |',
        '|---' * (len(sizes) + 1) + '|',
    ]
    kinds = sorted(
        {name for figures in found.values() for name in figures if name.startswith('disk ')}
    )
    for title, name, form in (*ROWS, *((f'{n} [MB]', n, '{:.1f}') for n in kinds)):
        top, _, bottom = name.partition('/')
        cells = []
        for figures in found.values():
            value = figures.get(top)
            if value is not None and bottom:
                value = value / figures[bottom] if bottom in figures else None
            cells.append('' if value is None or value != value else form.format(value))
        if any(cells):
            lines.append(f'| {title} | ' + ' | '.join(cells) + ' |')
    return '\n'.join(lines)


def show(options: argparse.Namespace) -> str:
    """Measure all sizes, and return the tables."""
    folder = Path(options.folder)
    folder.mkdir(parents=True, exist_ok=True)
    name = 'random' if options.random else 'building'
    if options.random:
        shells = np.ceil(np.sqrt(max(options.sizes) / WING))
        options.scattered = 8.0 * float(shells) * SIDE * ROOM_M  # too far apart to meet again
    store = folder / f'{name}.db'
    found: dict[int, Figures] = {}
    for size in sorted(options.sizes):
        kept = folder / f'{name}-{size}'
        if not (kept / store.name).exists():
            figures = fill(store, size, options.scattered)
            kept.mkdir()
            for path in folder.glob(f'{store.name}*'):
                if path.is_file() and not path.name.endswith('.lock'):
                    shutil.copy(path, kept / path.name)
            (kept / 'fill.json').write_text(json.dumps(figures))
        at = kept / store.name
        found[size] = json.loads((kept / 'fill.json').read_text()) | disk(at)
        for phase in options.phases:
            if phase != 'frames':
                found[size] |= run_phase(phase, at, options)
                print(f'{size} {phase} done', file=sys.stderr, flush=True)
        print(table(found), file=sys.stderr, flush=True)
    lines = [
        f'### {name}, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores',
        '',
        table(found),
    ]
    if 'frames' in options.phases:
        figures = run_phase('frames', store, options)
        lines += [
            '',
            '| 20 sightings a frame, assigned to | p50 [ms] | p95 [ms] |',
            '|---|---|---|',
        ]
        for count in (5_000, 50_000):
            p50, p95 = (figures.get(f'frame20_{count}_p{p}', float('nan')) for p in (50, 95))
            lines.append(f'| {count:,} objects | {p50:.2f} | {p95:.2f} |')
    (folder / f'{name}.json').write_text(json.dumps(found, indent=1))
    return '\n'.join(lines)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    sizes = [1000, 3000, 10_000, 30_000, 100_000, 300_000]
    parser.add_argument('--sizes', type=int, nargs='+', default=sizes)
    parser.add_argument('--rivals', action='store_true', help='ask eMEM too, where installed')
    parser.add_argument('--rival-limit', type=int, default=30_000, help='observations it is given')
    parser.add_argument('--random', action='store_true', help='nothing is ever seen twice')
    parser.add_argument('--full', action='store_true', help='wait for a whole new index')
    parser.add_argument('--repeat', type=int, default=30, help='times each question is asked')
    parser.add_argument('--adds', type=int, default=150, help='observations added one by one')
    parser.add_argument('--busy-s', type=float, default=10.0, help='seconds of asking and adding')
    parser.add_argument('--phases', nargs='+', default=list(PHASES), choices=list(PHASES))
    parser.add_argument('--folder', help='keep the stores here')
    parser.add_argument('--out', type=Path, help='write the tables here too')
    parser.add_argument('--phase', choices=list(PHASES), help=argparse.SUPPRESS)
    parser.add_argument('--store', type=Path, help=argparse.SUPPRESS)
    parser.add_argument('--scattered', type=float, default=0.0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.phase:
        print(json.dumps(PHASES[options.phase](options.store, options)))
        return
    with tempfile.TemporaryDirectory() as temporary:
        options.folder = options.folder or temporary
        text = show(options)
    print(text)
    if options.out:
        options.out.write_text(text + '\n', encoding='utf-8')


if __name__ == '__main__':
    main()
