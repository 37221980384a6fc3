"""
What a run consists of: worlds, methods and questions, read from YAML and checked.

Worlds are generated (``worlds: {apartment: [11, '12:small']}``), scenes of others and world files
(``scenes: [home.glb]``), or the scenes of a file of Habitat's episodes (``episodes: FILE``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
import hashlib
import json
import math
from pathlib import Path
from typing import Any

import yaml

from memory_bench.errors import BenchError, require
from memory_bench.methods.registry import method_names
from memory_bench.places import parse_scene, parse_worlds, scenes_of_episodes, WorldSpec
from memory_bench.questions.wording import SPLITS

__all__ = ['EXPLORATION', 'BenchConfig', 'WorldSpec', 'load_config', 'parse_config']

#: The one method that is no memory.
EXPLORATION = 'exploration'
MODES = ('text', 'rendered')
BACKENDS = ('embedded', 'habitat')
#: Fields that came later count for the identity of a run only where they are not as ever.
_LATER = ('backend', 'llm_timeout_s', 'llm_judge')


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchConfig:
    """A whole run. Two runs of equal configuration ask equal questions."""

    worlds: tuple[WorldSpec, ...]
    methods: tuple[str, ...]
    #: ``text`` takes observations from the truth; ``rendered`` drives the simulated robot.
    mode: str = 'text'
    #: Simulator that draws; data sets of Habitat need ``habitat`` in either mode.
    backend: str = 'embedded'
    questions: int = 24
    #: Which part of the wordings is asked: ``develop``, ``held_out``, ``all``, ``unseen`` or
    #: ``fresh``.
    templates: str = 'held_out'
    #: Added to the seeds of drives, noise and questions, not to those of worlds.
    seed: int = 0
    #: Longest drive of each round [m].
    budget_m: float = math.inf
    #: Places asked for per question.
    k: int = 5
    #: After so long an episode is given up [s].
    timeout_s: float = 900.0
    #: Rendered mode: longest exploration in simulated time [s], and a bag of what was sent.
    explore_s: float = 240.0
    bag: bool = False
    #: OpenAI-compatible endpoint and model for ``lightrag`` and what ends in ``+llm``; empty for
    #: none. A key is taken from the environment's OPENAI_API_KEY.
    llm_base_url: str = ''
    llm_model: str = ''
    #: Longest silence of the endpoint in one of three attempts [s].
    llm_timeout_s: float = 60.0
    #: Whether the model grades texts about areas beside the judge, which decides.
    llm_judge: bool = False

    def __post_init__(self) -> None:
        require(bool(self.worlds), 'worlds', self.worlds, 'at least one')
        names = [w.name for w in self.worlds]
        require(len(set(names)) == len(names), 'worlds', names, 'no world twice')
        known = (*method_names(), EXPLORATION)
        for method in self.methods:
            require(method in known, 'methods', method, f'one of {", ".join(known)}')
        require(bool(self.methods), 'methods', self.methods, 'at least one')
        twice = len(set(self.methods)) < len(self.methods)
        require(not twice, 'methods', self.methods, 'no method twice')
        require(self.mode in MODES, 'mode', self.mode, f'one of {", ".join(MODES)}')
        require(self.backend in BACKENDS, 'backend', self.backend, f'one of {BACKENDS}')
        for world in self.worlds:
            needs = world.of_dataset and self.backend != 'habitat'
            require(not needs, 'backend', self.backend, f'habitat for {world.source}')
        require(1 <= self.questions <= 500, 'questions', self.questions, '1 to 500')
        require(self.templates in SPLITS, 'templates', self.templates, f'one of {SPLITS}')
        require(self.seed >= 0, 'seed', self.seed, 'at least 0')
        require(self.budget_m > 0, 'budget_m', self.budget_m, 'more than 0')
        require(1 <= self.k <= 100, 'k', self.k, '1 to 100')
        require(self.timeout_s > 0, 'timeout_s', self.timeout_s, 'more than 0')
        require(self.explore_s > 0, 'explore_s', self.explore_s, 'more than 0')
        require(self.llm_timeout_s > 0, 'llm_timeout_s', self.llm_timeout_s, 'more than 0')
        url = self.llm_base_url.startswith(('http://', 'https://'))
        require(url or not self.llm_model, 'llm_base_url', self.llm_base_url, 'http(s)://...')
        require(bool(self.llm_model) or not self.llm_judge, 'llm_model', '', 'one for llm_judge')

    def digest(self, world: WorldSpec) -> str:
        """Identify what is asked in one world, whatever methods answer it."""
        told = {
            f.name: getattr(self, f.name)
            for f in fields(self)
            if f.name not in ('worlds', 'methods')
            and not (f.name in _LATER and getattr(self, f.name) == f.default)
        }
        told['llm_base_url'] = ''  # where a model is served changes no answer
        text = json.dumps([told, *world.identity()], sort_keys=True, default=str)
        return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def load_config(path: Path, **given: object) -> BenchConfig:
    """
    Read a run; raises ``BenchError`` naming the file, the field and its value.

    Fields that are ``given`` stand in place of the file's.
    """
    try:
        data = yaml.safe_load(path.read_text(encoding='utf-8'))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise BenchError(f'{path}: cannot be read: {error}') from error
    if isinstance(data, Mapping):
        data = {**data, **given}
    try:
        return parse_config(data, path.parent)
    except BenchError as error:
        raise BenchError(f'{path}: {error}') from error


def parse_config(data: object, folder: Path | str = '.') -> BenchConfig:
    """
    Make a run of parsed YAML; unknown fields are refused.

    Paths of scenes and episodes are relative to ``folder``.
    """
    if not isinstance(data, Mapping):
        raise BenchError(f'expected fields and values, got {data!r:.80}')
    types = {f.name: str(f.type) for f in fields(BenchConfig)}
    values: dict[str, Any] = {}
    for name, value in data.items():
        if name not in types and name not in _PLACES:
            known = ', '.join([*types, *_PLACES])
            raise BenchError(f'{name!r:.80}: unknown; there are {known}')
        if name == 'methods':
            require(_is_list_of_text(value), name, value, 'a list of names')
            values[name] = tuple(value)
        elif name != 'worlds' and name not in _PLACES:
            values[name] = _scalar(name, value, types[name])
    require('methods' in values, 'methods', None, 'a list')
    worlds = _worlds(data, Path(folder))
    require(bool(worlds), 'worlds', data.get('worlds'), 'at least one, or scenes, or episodes')
    return BenchConfig(worlds=tuple(worlds), **values)


#: Fields of a file that name worlds in other ways than ``worlds`` does.
_PLACES = ('scenes', 'episodes', 'dataset')


def _worlds(data: Mapping[str, Any], folder: Path) -> Sequence[WorldSpec]:
    specs = list(parse_worlds(data['worlds'])) if 'worlds' in data else []
    scenes = data.get('scenes', [])
    require(isinstance(scenes, list), 'scenes', scenes, 'a list of files')
    specs += [parse_scene(scene, folder) for scene in scenes]
    dataset = data.get('dataset', '')
    require(isinstance(dataset, str), 'dataset', dataset, 'a path')
    if 'episodes' in data:
        require(isinstance(data['episodes'], str), 'episodes', data['episodes'], 'a path')
        specs += scenes_of_episodes(data['episodes'], dataset, folder)
    return specs


def _is_list_of_text(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(v, str) for v in value)


def _scalar(name: str, value: object, kind: str) -> object:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    fits = {
        'str': isinstance(value, str),
        'bool': isinstance(value, bool),
        'int': isinstance(value, int) and not isinstance(value, bool),
        'float': number and value == value,
    }[kind]
    require(fits, name, value, kind)
    return float(value) if kind == 'float' else value  # type: ignore[arg-type]
