"""What a run writes: one JSON Lines file for each world and method, whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields
import json
from pathlib import Path
from typing import Any

from memory_bench.errors import BenchError
from memory_sim.formats.whole_files import plain_json, write_whole

__all__ = [
    'EpisodeRecord',
    'QuestionRecord',
    'episode_path',
    'read_episode',
    'read_run',
    'write_episode',
    'write_lines',
]

FORMAT = 'memory-bench episode 1'
_SUFFIX = '.jsonl'


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionRecord:
    """One question to one method: what was asked, answered, and how right it was."""

    id: str
    kind: str
    form: str
    text: str
    expected: str
    found: bool
    success: bool
    #: Whether the first place is right, held to be right or not; False for texts.
    first: bool
    any_of_k: bool
    #: Success weighted by the shortest way over the way driven.
    spl: float
    #: Driving distance from the first place to the nearest right one [m].
    distance_m: float | None
    confidence: float
    #: The first place, and what was seen there.
    position: tuple[float, float, float] | None
    seen: str
    answer: str
    #: For questions about areas that are answered in words.
    recall: float | None
    cosine: float | None
    search_s: float
    encode_s: float
    search_cpu_s: float
    llm_calls: int
    llm_tokens: int
    #: Whether the picture from where the robot ended shows a target; None where none was taken.
    visible: bool | None = None
    #: What a language model thinks of a text, in [0, 1]; None where none was asked or it failed.
    llm_grade: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodeRecord:
    """One world and one method."""

    world: str
    kind: str
    seed: int
    method: str
    #: Identity of what was asked; records of other configurations are not taken over.
    digest: str
    mode: str
    #: ``ok``, or why there are no answers.
    status: str
    observations: int
    build_s: float
    build_cpu_s: float
    bytes_used: int
    questions: tuple[QuestionRecord, ...] = ()
    #: Size of a generated world.
    size: str = 'medium'
    #: What building asked a language model.
    build_llm_calls: int = 0
    build_llm_tokens: int = 0
    #: What went wrong on the way although it went on, for example a restarted simulator.
    note: str = ''


def episode_path(out: Path, world: str, method: str) -> Path:
    """Return where the record of a world and a method is kept."""
    return out / 'episodes' / f'{world}.{method}{_SUFFIX}'


def write_lines(path: Path, items: Iterable[Mapping[str, Any]]) -> None:
    """Write one object a line; a reader sees the whole file or none. Raises ``OSError``."""
    lines = (json.dumps(plain_json(i), ensure_ascii=False, allow_nan=False) + '\n' for i in items)
    write_whole(path, ''.join(lines))


def write_episode(out: Path, record: EpisodeRecord) -> Path:
    """Write a record: a line about the episode, and one for each question."""
    path = episode_path(out, record.world, record.method)
    head = {k: v for k, v in asdict(record).items() if k != 'questions'}
    lines = [{'format': FORMAT, **head}, *(asdict(q) for q in record.questions)]
    write_lines(path, lines)
    return path


def read_episode(path: Path) -> EpisodeRecord:
    """Read a record; raises ``BenchError`` naming the file for anything else."""
    try:
        lines = [json.loads(line) for line in path.read_text(encoding='utf-8').splitlines()]
        head = dict(lines[0])
        if head.pop('format', None) != FORMAT:
            raise ValueError(f'not a {FORMAT}')
        questions = tuple(_question(item) for item in lines[1:])
        return EpisodeRecord(questions=questions, **head)
    except (OSError, ValueError, TypeError, IndexError, KeyError, RecursionError) as error:
        raise BenchError(f'{path}: no record of an episode: {error}') from error


def _question(item: dict[str, Any]) -> QuestionRecord:
    names = {f.name for f in fields(QuestionRecord)}
    values = {k: v for k, v in item.items() if k in names}
    position = values.get('position')
    values['position'] = None if position is None else tuple(float(v) for v in position)
    return QuestionRecord(**values)


def read_run(out: Path) -> Iterator[EpisodeRecord]:
    """Yield every record of a run, sorted by file; raises ``BenchError`` if there is none."""
    paths = sorted((out / 'episodes').glob(f'*{_SUFFIX}'))
    if not paths:
        raise BenchError(f'{out}: holds no episodes; was it written by "memory-bench run"?')
    return map(read_episode, paths)
