"""
Ask a memory the golden questions, and judge what it says.

A line of ``answers.jsonl`` holds ``id`` (memory.kind.number), ``memory``, ``ask``, ``text``,
optionally ``here`` [m] and ``now`` [s], and what is right. Of a ``query``, about the first place:
``found``; one of ``label``; none of ``not_label``; the pose stands in one of ``room``; one of
``ids``; the target is at one of ``target`` [m]; its caption has one of the words of ``caption``.
Of an ``ask``: ``found`` (it knows), ``count``, ``yes``, one of ``mentions``, none of
``not_mentions``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
import json
import math
from pathlib import Path
import re
from typing import Any

from golden.memories import GoldenMemory, load, site_questions

from memory_node import Memory, Query
from memory_node.models.sentence_encoder import SentenceEncoder

__all__ = ['Verdict', 'ask_all', 'known_failures', 'questions']

FOLDER = Path(__file__).resolve().parent
#: A target counts as right this close to where the thing is [m].
TARGET_M = 0.75
SITES = ('site_text', 'site_full', 'site_nopos')


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One question, what is wrong with its answer (empty: nothing), and the answer in short."""

    line: Mapping[str, Any]
    wrong: tuple[str, ...]
    got: str

    @property
    def id(self) -> str:
        """Id of the question: memory, kind and number."""
        return str(self.line['id'])


def questions(memory: str) -> list[dict[str, Any]]:
    """Return the questions asked of a memory."""
    lines = (FOLDER / 'answers.jsonl').read_text(encoding='utf-8').splitlines()
    asked = [line for line in map(json.loads, lines) if line['memory'] == memory]
    return asked + list(_of_site(memory)) if memory in SITES else asked


def _of_site(memory: str) -> Iterator[dict[str, Any]]:
    """Yield the questions that are shared with the data of the site."""
    for text in site_questions().read_text(encoding='utf-8').splitlines():
        item = json.loads(text)
        number = item['id'].rpartition('-')[2]
        yield {
            'id': f'{memory}.caption.{number}', 'memory': memory, 'ask': 'query',
            'text': item['text'], 'found': True, 'ids': item['goal_ids'],
        }  # fmt: skip


def known_failures() -> set[str]:
    """Return the ids of questions that are known to be answered wrongly."""
    text = (FOLDER / 'known_failures.txt').read_text(encoding='utf-8')
    return {line.strip() for line in text.splitlines() if line.strip() and line[0] != '#'}


def ask_all(name: str, folder: Path, encoder: SentenceEncoder | None = None) -> list[Verdict]:
    """Fill a memory in ``folder``, ask all its questions, and judge the answers."""
    contents = load(name)
    asked = questions(name)
    with Memory.open(folder / f'{name}.sqlite', encoder=encoder) as memory:
        memory.add_many(contents.observations)
        assert memory.wait_indexed(120.0)
        assert memory.wait_areas(120.0)
        return [judge(memory, contents, line) for line in asked]


def judge(memory: Memory, contents: GoldenMemory, line: Mapping[str, Any]) -> Verdict:
    """Ask one question; an error is a wrong answer."""
    try:
        if line['ask'] == 'ask':
            wrong, got = _judge_answer(ask(memory, line), line)
        else:
            wrong, got = _judge_places(memory, contents, line)
    except Exception as error:  # noqa: BLE001  one question must not hide the others
        wrong, got = ['raised'], repr(error)
    return Verdict(line=line, wrong=tuple(wrong), got=got)


def ask(memory: Memory, line: Mapping[str, Any]) -> Any:
    """Ask for a sentence. To be ``memory.ask`` alone once every ``Memory`` has it."""
    here = tuple(line['here']) if 'here' in line else None
    if hasattr(memory, 'ask'):
        return memory.ask(line['text'], here=here, now=line.get('now'))
    from memory_node.core.asking import ask as ask_memory

    now_ns = None if 'now' not in line else round(line['now'] * 1e9)
    query = Query(text=line['text'], here=here, now_ns=now_ns)
    return ask_memory(memory, query, now_ns=now_ns)


# ---- places ----------------------------------------------------------------------------------


def _judge_places(
    memory: Memory, contents: GoldenMemory, line: Mapping[str, Any]
) -> tuple[list[str], str]:
    here = tuple(line['here']) if 'here' in line else None
    answer = memory.retrieve(line['text'], here=here, now=line.get('now'))
    wrong = []
    if 'found' in line and answer.found != line['found']:
        wrong.append('found')
    if not answer.places:
        wrong += [key for key in ('label', 'room', 'ids', 'target', 'caption') if key in line]
        return wrong, f'found={answer.found}, no place: {answer.message}'
    best = answer.places[0]
    position = best.pose.position
    if 'label' in line and best.label.casefold() not in map(str.casefold, line['label']):
        wrong.append('label')
    if 'not_label' in line and best.label.casefold() in map(str.casefold, line['not_label']):
        wrong.append('not_label')
    if 'room' in line and not contents.rooms_at(position) & set(line['room']):
        wrong.append('room')
    if 'ids' in line and best.node_id not in line['ids']:
        wrong.append('ids')
    if 'target' in line and not _close(best.target_position, line['target']):
        wrong.append('target')
    if 'caption' in line and not _says(best.caption, line['caption']):
        wrong.append('caption')
    rooms = '/'.join(sorted(contents.rooms_at(position)))
    where = ', '.join(f'{v:.1f}' for v in best.target_position or position)
    got = f'found={answer.found} {best.label!r} ({where}) in {rooms or "?"} [{best.node_id}]'
    return wrong, f'{got} {best.confidence:.2f}'


def _close(position: Sequence[float] | None, targets: Sequence[Sequence[float]]) -> bool:
    return position is not None and any(
        math.dist(position[: len(target)], target) <= TARGET_M for target in targets
    )


def _says(text: str, words: Sequence[str]) -> bool:
    """Whether the text holds one of these beginnings of words."""
    return any(re.search(rf'\b{re.escape(word)}', text, re.IGNORECASE) for word in words)


# ---- sentences -------------------------------------------------------------------------------


def _judge_answer(answer: Any, line: Mapping[str, Any]) -> tuple[list[str], str]:
    wrong = []
    if 'found' in line and answer.known != line['found']:
        wrong.append('found')
    if 'count' in line and _counted(answer) != line['count']:
        wrong.append('count')
    if 'yes' in line and _yes(answer) != line['yes']:
        wrong.append('yes')
    if 'mentions' in line and not (answer.known and _says(answer.text, line['mentions'])):
        wrong.append('mentions')
    if 'not_mentions' in line and _says(answer.text, line['not_mentions']):
        wrong.append('not_mentions')
    return wrong, f'known={answer.known} {answer.text[:240]}'


def _counted(answer: Any) -> int | None:
    """Return the number that was given; what nobody saw counts as none."""
    count = getattr(answer, 'count', None)
    if count is not None:
        return int(count)
    if not answer.known:
        return 0
    number = re.search(r'\b\d+\b', answer.text)
    return None if number is None else int(number[0])


def _yes(answer: Any) -> bool | None:
    """Return whether the answer says yes; not to know of a thing is to say no."""
    if not answer.known or re.match(r'no\b', answer.text, re.IGNORECASE):
        return False
    return True if re.match(r'yes\b', answer.text, re.IGNORECASE) else None
