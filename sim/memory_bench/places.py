"""Names the worlds of a run: generated ones, scene files, and scenes of Habitat's data sets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
import hashlib
from pathlib import Path
import re
from typing import get_args

from memory_bench.errors import BenchError, require
from memory_sim.formats.detect import is_dataset, is_scene_file
from memory_sim.world.generate import WorldSize

__all__ = ['WorldSpec', 'parse_scene', 'parse_worlds', 'scenes_of_episodes']

#: ``WorldSpec.kind`` of worlds that are not generated.
WORLD_FILE, IMPORTED, HABITAT = 'file', 'imported', 'habitat'
_WORLD_FILES = ('.yaml', '.yml')
_LONGEST_SLUG = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class WorldSpec:
    """One world: by kind, seed and size, or a file; equal ones are the same world."""

    kind: str
    #: Of the world if it is generated, of drives, noise and questions in any case.
    seed: int = 0
    size: WorldSize = 'medium'
    #: File of a world that is not generated, as the configuration names it; of a data set of
    #: Habitat with ``#`` and the scene.
    source: str = ''
    #: File of Habitat's episodes that are asked in it, and their name of the scene.
    episodes: str = ''
    scene_id: str = ''
    #: What the files are relative to.
    folder: str = ''

    @property
    def name(self) -> str:
        """Name in files and tables: no path, and another one for another file."""
        if self.generated:
            size = '' if self.size == 'medium' else f'-{self.size}'
            return f'{self.kind}-{self.seed}{size}'
        file, _, scene = self.source.partition('#')
        stem = Path(scene or self.scene_id or file).name.split('.')[0]
        slug = re.sub(r'[^a-z0-9]+', '-', stem.lower()).strip('-')[:_LONGEST_SLUG]
        told = '\n'.join([self.source, self.episodes, self.scene_id])
        mark = hashlib.blake2b(told.encode(), digest_size=3).hexdigest()
        return f'{slug or self.kind}-{mark}' + (f'-{self.seed}' if self.seed else '')

    @property
    def generated(self) -> bool:
        """Whether kind, seed and size say all."""
        return not (self.source or self.episodes)

    @property
    def of_dataset(self) -> bool:
        """Whether it is a scene of a data set of Habitat."""
        return self.kind == HABITAT

    @property
    def path(self) -> Path:
        """The file, without the scene in it."""
        return Path(self.folder) / self.source.partition('#')[0]

    @property
    def scene(self) -> str:
        """Which scene of the data set."""
        return self.source.partition('#')[2] or self.scene_id

    @property
    def episodes_path(self) -> Path:
        """File of episodes."""
        return Path(self.folder) / self.episodes

    def identity(self) -> tuple[object, ...]:
        """Return what makes it another world: names, and what is in its files."""
        told: tuple[object, ...] = (self.kind, self.seed)
        if self.size != 'medium':
            told += (self.size,)
        if not self.generated:
            told += (self.source, self.episodes, self.scene_id)
            told += (_content(self.path) if self.source else '',)
            told += (_content(self.episodes_path) if self.episodes else '',)
        return told


def _content(path: Path | str) -> str:
    """Return a hash of a file, or nothing where it cannot be read."""
    try:
        state = Path(path).stat()
        return _hash(str(path), state.st_mtime_ns, state.st_size)
    except OSError:
        return ''


@lru_cache(maxsize=256)
def _hash(path: str, mtime_ns: int, size: int) -> str:
    del mtime_ns, size
    with open(path, 'rb') as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=8)).hexdigest()


def parse_worlds(value: object) -> Iterator[WorldSpec]:
    """Read ``{kind: seed or list of seeds}``; a seed may be followed by a size, as in 12:small."""
    if not isinstance(value, Mapping):
        raise BenchError(f'worlds: expected kinds, each with a list of seeds, got {value!r:.80}')
    for kind, seeds in value.items():
        require(isinstance(kind, str) and bool(kind), 'worlds', kind, 'the name of a kind')
        # The name of a kind becomes the name of a file.
        require(kind.replace('_', '').replace('-', '').isalnum(), 'worlds', kind, 'a plain name')
        for seed in seeds if isinstance(seeds, list) else [seeds]:
            yield _generated(kind, seed)


def _generated(kind: str, seed: object) -> WorldSpec:
    if isinstance(seed, str):
        number, _, size = seed.partition(':')
        plain = number.isascii() and number.isdigit()
        require(plain, f'worlds.{kind}', seed, 'a seed of at least 0, or seed:size')
        require(size in get_args(WorldSize), f'worlds.{kind}', seed,
                 f'a size of {", ".join(get_args(WorldSize))}')  # fmt: skip
        return WorldSpec(kind=kind, seed=int(number), size=size)  # type: ignore[arg-type]
    if not isinstance(seed, int) or isinstance(seed, bool) or seed < 0:
        raise BenchError(f'worlds.{kind}: expected a seed of at least 0, got {seed!r:.80}')
    return WorldSpec(kind=kind, seed=seed)


def parse_scene(value: object, folder: Path) -> WorldSpec:
    """Read the path of a world file, a scene of others, or a data set and ``#`` and a scene."""
    if not isinstance(value, str) or not value.strip():
        raise BenchError(f'scenes: expected paths of files, got {value!r:.80}')
    file, _, scene = value.partition('#')
    kind = ''
    if is_dataset(file):
        require(bool(scene), 'scenes', value, 'the scene after "#"')
        kind = HABITAT
    elif is_scene_file(value):
        kind = IMPORTED
    elif Path(value).suffix.lower() in _WORLD_FILES:
        kind = WORLD_FILE
    readable = 'a world file (YAML), glTF, OBJ, COLLADA, Gazebo, or a data set of Habitat'
    require(bool(kind), 'scenes', value, readable)
    return WorldSpec(kind=kind, source=value, folder=str(folder))


def scenes_of_episodes(episodes: str, dataset: str, folder: Path) -> list[WorldSpec]:
    """
    Return a world for each scene that a file of Habitat's episodes takes place in.

    ``dataset`` goes before the data set that the episodes name. Raises ``BenchError`` if the file
    is not to be read, or holds nothing that can be asked.
    """
    from memory_bench.datasets.habitat_episodes import EpisodeFileError, read_episodes

    try:
        found = read_episodes(folder / episodes)
    except EpisodeFileError as error:
        raise BenchError(f'episodes: {error}') from error
    scenes = {e.scene_id: dataset or e.dataset_config for e in found.episodes}
    if not scenes:
        reasons = '; '.join(found.problems[:3]) or 'it is empty'
        raise BenchError(f'episodes: {episodes}: nothing can be asked: {reasons}')
    return [
        WorldSpec(
            kind=HABITAT,
            source=f'{config}#{scene}' if config else '',
            episodes=episodes,
            scene_id=scene,
            folder=str(folder),
        )
        for scene, config in sorted(scenes.items())
    ]
