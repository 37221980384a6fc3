"""
Episodes of ObjectNav, GOAT-Bench and VLN (R2R, RxR) in habitat-lab's files, as questions.

Pure Python: neither habitat-lab nor habitat-sim is needed. Positions become those of ``map``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
import gzip
import json
import math
from pathlib import Path
from typing import Any, TypeGuard
import zlib

import numpy as np

from memory_bench.datasets.types import Question
from memory_sim.engines.base import Pose2D, Vector3
from memory_sim.engines.habitat.errors import HabitatSceneError
from memory_sim.engines.habitat.frames import to_map
from memory_sim.world.errors import WorldError

__all__ = ['EpisodeFile', 'EpisodeFileError', 'HabitatEpisode', 'read_episodes']

#: Files that unpack to more are refused [bytes].
_LARGEST = 2 << 30
#: How close an answer has to be where the file does not say [m]: that of each benchmark.
_OBJECT_RADIUS_M = 1.0
_INSTRUCTION_RADIUS_M = 3.0
_LONGEST_TEXT = 4096


class EpisodeFileError(WorldError):
    """A file of episodes cannot be read as a whole; the message names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HabitatEpisode:
    """One thing to find or one instruction to follow, from one start in one scene."""

    #: As in the file, for example ``hm3d/val/00800-TEEsavR23oF/TEEsavR23oF.basis.glb``.
    scene_id: str
    #: The data set's configuration, where the episode names one.
    dataset_config: str
    start: Pose2D
    question: Question
    #: Length of the shortest way [m], where the file tells.
    shortest_m: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodeFile:
    """What a file holds, and what in it could not be used."""

    episodes: tuple[HabitatEpisode, ...]
    #: One sentence for each episode or task that was left out, which names it.
    problems: tuple[str, ...]


class _EpisodeError(Exception):
    """What is wrong with one episode."""


def read_episodes(path: Path | str, *, scenes: Collection[str] | None = None) -> EpisodeFile:
    """
    Read ``.json`` or ``.json.gz`` episodes; with them those of ``content/`` beside the file.

    Parameters
    ----------
    path
        The file; its kind is told from its fields.
    scenes
        Names of the scenes there are; None to take any.

    Returns
    -------
    EpisodeFile
        Usable episodes in the order of the file, and what was left out.

    Raises
    ------
    EpisodeFileError
        If the file is missing, damaged, too large, or holds no list of episodes.
    HabitatSceneError
        If an episode takes place in none of ``scenes``.

    """
    path = Path(path)
    episodes: list[HabitatEpisode] = []
    problems: list[str] = []
    for file in (path, *_content(path)):
        for episode in _episodes(file, _load(file), problems):
            if scenes is not None and not _is_known(episode.scene_id, scenes):
                raise HabitatSceneError(
                    f'{file}: episode {episode.question.id}: scene_id: no scene '
                    f'{episode.scene_id!r} among {len(scenes)}'
                )
            episodes.append(episode)
    return EpisodeFile(episodes=tuple(episodes), problems=tuple(problems))


def _content(path: Path) -> list[Path]:
    """Return the files, one a scene, that a split's main file stands for."""
    folder = path.parent / 'content'
    return sorted([*folder.glob('*.json.gz'), *folder.glob('*.json')])


def _load(path: Path) -> Mapping[str, Any]:
    try:
        with path.open('rb') as file:
            packed = file.read(2) == b'\x1f\x8b'
            file.seek(0)
            if packed:
                with gzip.open(file) as unpacked:
                    data = unpacked.read(_LARGEST + 1)
            else:
                data = file.read(_LARGEST + 1)
        if len(data) > _LARGEST:
            raise EpisodeFileError(f'{path}: holds more than {_LARGEST} bytes')
        found = json.loads(data)
    except (OSError, EOFError, ValueError, zlib.error, RecursionError) as error:
        raise EpisodeFileError(f'{path}: no episodes can be read: {error}') from error
    if not isinstance(found, dict) or not isinstance(found.get('episodes'), list):
        raise EpisodeFileError(f'{path}: episodes: expected a list of episodes')
    return found


def _episodes(
    path: Path, data: Mapping[str, Any], problems: list[str]
) -> Iterator[HabitatEpisode]:
    stem = path.name.split('.')[0]
    for i, item in enumerate(data['episodes']):
        number = item.get('episode_id', i) if isinstance(item, dict) else i
        name = f'{stem}:{number}'
        try:
            if not isinstance(item, dict):
                raise _EpisodeError(f'expected a mapping, got {_short(item)}')
            read = _reader(item)
            yield from read(name, item, data, problems)
        except _EpisodeError as error:
            problems.append(f'{path}: episode {name}: {error}')


def _reader(item: Mapping[str, Any]) -> Callable[..., Iterator[HabitatEpisode]]:
    if 'tasks' in item:
        return _goat
    return _vln if 'instruction' in item else _object_nav


def _object_nav(
    name: str, item: Mapping[str, Any], data: Mapping[str, Any], problems: list[str]
) -> Iterator[HabitatEpisode]:
    """Yield an ObjectNav episode: any thing of a category will do."""
    del problems
    category, scene = _text(item, 'object_category'), _text(item, 'scene_id')
    goals = item.get('goals')
    if not goals:
        shared = _mapping(data, 'goals_by_category')
        goals = shared.get(f'{Path(scene).name}_{category}')
    question = Question(
        id=name,
        text=_wanted(category),
        kind='explicit',
        goals=tuple(_places(goals)),
        radius_m=_OBJECT_RADIUS_M,
        near=_vector(item, 'start_position'),
    )
    yield _episode(item, question)


def _goat(
    name: str, item: Mapping[str, Any], data: Mapping[str, Any], problems: list[str]
) -> Iterator[HabitatEpisode]:
    """Yield the tasks of a GOAT-Bench episode that can be asked in words."""
    tasks, shared, start = item['tasks'], _mapping(data, 'goals'), _vector(item, 'start_position')
    if not isinstance(tasks, list):
        raise _EpisodeError(f'tasks: expected a list, got {_short(tasks)}')
    for i, task in enumerate(tasks):
        try:
            if not (isinstance(task, list) and len(task) >= 2):
                raise _EpisodeError(f'expected category and type, got {_short(task)}')
            category, kind = str(task[0]), str(task[1])
            goals = _of_category(shared, category, Path(_text(item, 'scene_id')).name)
            if kind == 'object':
                text, asked = _wanted(category), 'explicit'
            elif kind == 'description':
                goals = [g for g in goals if len(task) > 2 and g.get('object_id') == task[2]]
                if not goals:
                    raise _EpisodeError(f'no goal {_short(task[2:3])} of category {category!r}')
                text, asked = _text(goals[0], 'lang_desc'), 'spatial'
            else:
                raise _EpisodeError(f'a goal given as {_short(kind)} cannot be asked in words')
            question = Question(
                id=f'{name}:{i}', text=text, kind=asked, goals=tuple(_places(goals)),
                radius_m=_OBJECT_RADIUS_M, near=start,
            )  # fmt: skip
        except _EpisodeError as error:
            problems.append(f'episode {name}: task {i}: {error}')
            continue
        yield _episode(item, question)


def _wanted(category: str) -> str:
    name = category.replace('_', ' ')
    return f'find {"an" if name[:1].lower() in "aeiou" else "a"} {name}'


def _of_category(shared: Mapping[str, Any], category: str, scene: str) -> list[Any]:
    """Return the goals of a category, of which a file may hold several scenes' worth."""
    lists = [shared.get(f'{scene}_{category}')]
    if lists[0] is None:
        lists = [g for _, g in sorted(shared.items()) if _category_of(g) == category]
    goals = [goal for found in lists if isinstance(found, list) for goal in found]
    children = {str(c) for g in goals for c in _children(g)}
    for child in sorted(children - {category}):
        more = shared.get(f'{scene}_{child}')
        goals += more if isinstance(more, list) else []
    return [goal for goal in goals if isinstance(goal, dict)]


def _category_of(goals: Any) -> Any:
    first = goals[0] if isinstance(goals, list) and goals else None
    return first.get('object_category') if isinstance(first, dict) else None


def _children(goal: Any) -> Sequence[Any]:
    found = goal.get('children_object_categories') if isinstance(goal, dict) else None
    return found if isinstance(found, list) else ()


def _vln(
    name: str, item: Mapping[str, Any], data: Mapping[str, Any], problems: list[str]
) -> Iterator[HabitatEpisode]:
    """Yield an instruction; right is its end, not the way there."""
    del data, problems
    text = _text(_mapping(item, 'instruction'), 'instruction_text')
    goals = item.get('goals')
    places = tuple(_places(goals)) if goals else ()
    if not places:
        path = item.get('reference_path')
        if not (isinstance(path, list) and path):
            raise _EpisodeError('goals: missing, and no reference_path either')
        places = (_point(path[-1], 'reference_path'),)
    radius = goals[0].get('radius') if goals else None
    question = Question(
        id=name,
        text=text,
        kind='instruction',
        goals=places,
        radius_m=float(radius) if _is_number(radius) and radius > 0 else _INSTRUCTION_RADIUS_M,
        near=_vector(item, 'start_position'),
    )
    yield _episode(item, question)


def _episode(item: Mapping[str, Any], question: Question) -> HabitatEpisode:
    if not question.goals:
        raise _EpisodeError('goals: none has a position')
    info = item.get('info')
    shortest = info.get('geodesic_distance') if isinstance(info, dict) else None
    x, y, z = _vector(item, 'start_position')
    return HabitatEpisode(
        scene_id=_text(item, 'scene_id'),
        dataset_config=str(item.get('scene_dataset_config') or ''),
        start=Pose2D(x=x, y=y, z=z, yaw_rad=_heading(item.get('start_rotation'))),
        question=question,
        shortest_m=float(shortest) if _is_number(shortest) else None,
    )


def _places(goals: Any) -> Iterator[Vector3]:
    """Yield where a goal can be seen from, or the goal itself where views are not given."""
    if not isinstance(goals, list) or not goals:
        raise _EpisodeError(f'goals: expected a list of goals, got {_short(goals)}')
    for goal in goals:
        if not isinstance(goal, dict):
            raise _EpisodeError(f'goals: expected mappings, got {_short(goal)}')
        views = goal.get('view_points') or []
        states = [v.get('agent_state') for v in views if isinstance(v, dict)]
        if states:
            yield from (_vector(s if isinstance(s, dict) else {}, 'position') for s in states)
        else:
            yield _vector(goal, 'position')


def _vector(item: Mapping[str, Any], field: str) -> Vector3:
    if field not in item:
        raise _EpisodeError(f'{field}: missing')
    return _point(item[field], field)


def _point(values: Any, field: str) -> Vector3:
    if not (isinstance(values, list) and len(values) == 3 and all(map(_is_number, values))):
        raise _EpisodeError(f'{field}: expected three finite numbers, got {_short(values)}')
    x, y, z = to_map(np.array(values, dtype=np.float64)).tolist()
    return x, y, z


def _heading(values: Any) -> float:
    """Return the heading of a quaternion, x first, that turns Habitat's ``-z`` [rad]."""
    if not (isinstance(values, list) and len(values) == 4 and all(map(_is_number, values))):
        raise _EpisodeError(f'start_rotation: expected four finite numbers, got {_short(values)}')
    x, y, z, w = (float(v) for v in values)
    norm = x * x + y * y + z * z + w * w
    if norm < 1e-6:
        raise _EpisodeError(f'start_rotation: expected a rotation, got {_short(values)}')
    # Where -z goes, in Habitat's axes, up to the length of the quaternion.
    right, behind = -2.0 * (x * z + w * y), -(norm - 2.0 * (x * x + y * y))
    return math.atan2(-right, -behind)


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _text(item: Mapping[str, Any], field: str) -> str:
    value = item.get(field)
    if not (isinstance(value, str) and value.strip()):
        raise _EpisodeError(f'{field}: expected a text, got {_short(value)}')
    return value.strip()[:_LONGEST_TEXT]


def _mapping(item: Mapping[str, Any], field: str) -> Mapping[str, Any]:
    value = item.get(field)
    if not isinstance(value, dict):
        raise _EpisodeError(f'{field}: expected a mapping, got {_short(value)}')
    return value


def _is_known(scene_id: str, scenes: Collection[str]) -> bool:
    """Whether a scene is one of those named, by its path or by its bare name."""
    bare = Path(scene_id).name.split('.')[0]
    return scene_id in scenes or any(Path(s).name.split('.')[0] == bare for s in scenes)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f'{text[:77]}...'
