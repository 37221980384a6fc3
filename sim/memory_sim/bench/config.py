"""What a run consists of: worlds, methods and questions, read from YAML and checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
import hashlib
import json
import math
from pathlib import Path
from typing import Any

import yaml

from memory_node.evaluation.registry import method_names
from memory_sim.bench.errors import BenchError
from memory_sim.bench.wording import SPLITS

__all__ = ['EXPLORATION', 'BenchConfig', 'WorldSpec', 'load_config', 'parse_config']

#: The one method that is no memory.
EXPLORATION = 'exploration'
MODES = ('text', 'rendered')
#: Fields that came later count for the identity of a run only where they are not as ever.
_LATER = ('llm_timeout_s', 'llm_judge')


@dataclass(frozen=True, slots=True, kw_only=True)
class WorldSpec:
    """One world by kind and seed."""

    kind: str
    seed: int

    @property
    def name(self) -> str:
        """Name in files and tables."""
        return f'{self.kind}-{self.seed}'


def _require(ok: bool, name: str, value: object, expected: str) -> None:
    if not ok:
        raise BenchError(f'{name}: expected {expected}, got {value!r:.80}')


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchConfig:
    """A whole run. Two runs of equal configuration ask equal questions."""

    worlds: tuple[WorldSpec, ...]
    methods: tuple[str, ...]
    #: ``text`` takes observations from the truth; ``rendered`` drives the simulated robot.
    mode: str = 'text'
    questions: int = 24
    #: Which half of the wordings is asked: ``develop``, ``held_out`` or ``all``.
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
        _require(bool(self.worlds), 'worlds', self.worlds, 'at least one')
        names = [w.name for w in self.worlds]
        _require(len(set(names)) == len(names), 'worlds', names, 'no world twice')
        known = (*method_names(), EXPLORATION)
        for method in self.methods:
            _require(method in known, 'methods', method, f'one of {", ".join(known)}')
        _require(bool(self.methods), 'methods', self.methods, 'at least one')
        twice = len(set(self.methods)) < len(self.methods)
        _require(not twice, 'methods', self.methods, 'no method twice')
        _require(self.mode in MODES, 'mode', self.mode, f'one of {", ".join(MODES)}')
        _require(1 <= self.questions <= 500, 'questions', self.questions, '1 to 500')
        _require(self.templates in SPLITS, 'templates', self.templates, f'one of {SPLITS}')
        _require(self.seed >= 0, 'seed', self.seed, 'at least 0')
        _require(self.budget_m > 0, 'budget_m', self.budget_m, 'more than 0')
        _require(1 <= self.k <= 100, 'k', self.k, '1 to 100')
        _require(self.timeout_s > 0, 'timeout_s', self.timeout_s, 'more than 0')
        _require(self.explore_s > 0, 'explore_s', self.explore_s, 'more than 0')
        _require(self.llm_timeout_s > 0, 'llm_timeout_s', self.llm_timeout_s, 'more than 0')
        url = self.llm_base_url.startswith(('http://', 'https://'))
        _require(url or not self.llm_model, 'llm_base_url', self.llm_base_url, 'http(s)://...')
        _require(bool(self.llm_model) or not self.llm_judge, 'llm_model', '', 'one for llm_judge')

    def digest(self, world: WorldSpec) -> str:
        """Identify what is asked in one world, whatever methods answer it."""
        told = {
            f.name: getattr(self, f.name)
            for f in fields(self)
            if f.name not in ('worlds', 'methods')
            and not (f.name in _LATER and getattr(self, f.name) == f.default)
        }
        text = json.dumps([told, world.kind, world.seed], sort_keys=True, default=str)
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
        return parse_config(data)
    except BenchError as error:
        raise BenchError(f'{path}: {error}') from error


def parse_config(data: object) -> BenchConfig:
    """Make a run of parsed YAML; unknown fields are refused."""
    if not isinstance(data, Mapping):
        raise BenchError(f'expected fields and values, got {data!r:.80}')
    types = {f.name: str(f.type) for f in fields(BenchConfig)}
    values: dict[str, Any] = {}
    for name, value in data.items():
        if name not in types:
            raise BenchError(f'{name!r:.80}: unknown; there are {", ".join(types)}')
        if name == 'worlds':
            values[name] = tuple(_worlds(value))
        elif name == 'methods':
            _require(_is_list_of_text(value), name, value, 'a list of names')
            values[name] = tuple(value)
        else:
            values[name] = _scalar(name, value, types[name])
    for name in ('worlds', 'methods'):
        _require(name in values, name, None, 'a list')
    return BenchConfig(**values)


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
    _require(fits, name, value, kind)
    return float(value) if kind == 'float' else value  # type: ignore[arg-type]


def _worlds(value: object) -> Sequence[WorldSpec]:
    """Read ``{kind: seed or list of seeds}``."""
    _require(isinstance(value, Mapping), 'worlds', value, 'kinds, each with a list of seeds')
    specs = []
    for kind, seeds in value.items():  # type: ignore[attr-defined]
        listed = seeds if isinstance(seeds, list) else [seeds]
        _require(isinstance(kind, str) and bool(kind), 'worlds', kind, 'the name of a kind')
        # The name of a kind becomes the name of a file.
        _require(kind.replace('_', '').replace('-', '').isalnum(), 'worlds', kind, 'a plain name')
        for seed in listed:
            ok = isinstance(seed, int) and not isinstance(seed, bool) and seed >= 0
            _require(ok, f'worlds.{kind}', seed, 'a seed of at least 0')
            specs.append(WorldSpec(kind=kind, seed=seed))
    return specs
