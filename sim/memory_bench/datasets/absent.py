"""
Questions about things, there or not, in the same words, to see who can tell.

A thing is absent from a place when none of its words is in any label or caption there, and no
label there means nearly the same. Absent things are drawn from what other places hold. Every
absent question has a twin of the same form whose answer is there, so that a method can not tell
them apart by form.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
import random
import re

from memory_bench.datasets.types import DataSet, Question
from memory_bench.methods.cost import document
from memory_node.core.data import Observation
from memory_node.core.language.text import clean_label
from memory_node.core.ports import Encoder
from memory_node.core.retrieval.instruction.words import stem, tokenize

__all__ = [
    'ABSENT',
    'Things',
    'absent_kind',
    'swapped_questions',
    'thing_questions',
    'things',
]

#: Appended to the kind of a question whose thing is not there.
ABSENT = ' (absent)'
TEMPLATES = (
    'where is the {}?',
    'find the {}',
    'go to the {}',
    'is there a {} somewhere?',
    'take me to the {}',
)
#: A label whose cosine with a label of the place is above this may be the same thing.
_SAME_COSINE = 0.7
#: Places that must have a label before it is asked for where it is absent.
_COMMON = 2
_MAX_WORDS = 3
_MAX_GOALS = 1000


def absent_kind(kind: str) -> str:
    """Return the kind of questions that look like ``kind`` and have no answer."""
    return kind + ABSENT


def _stems(text: str) -> frozenset[str]:
    return frozenset(stem(word) for word in tokenize(text) if word[0].isalnum())


@dataclass(frozen=True, slots=True, kw_only=True)
class Things:
    """What is in one place, and what is surely not."""

    #: Observations that show each label, by label.
    shown: dict[str, tuple[Observation, ...]]
    #: Labels of other places that nothing here goes by, ascending.
    absent: tuple[str, ...]


def things(data_sets: Sequence[DataSet], encoder: Encoder) -> dict[str, Things]:
    """Return what is there and what is not, by name of the data set."""
    shown = {d.name: _shown(d.observations) for d in data_sets}
    held: dict[str, int] = {}
    for labels in shown.values():
        for label in labels:
            held[label] = held.get(label, 0) + 1
    common = sorted(
        label for label, n in held.items() if n >= _COMMON and 0 < len(label.split()) <= _MAX_WORDS
    )
    found = {}
    for data_set in data_sets:
        words = frozenset().union(*(_stems(document(o)) for o in data_set.observations))
        away = [label for label in common if not _stems(label) & words]
        here = sorted(shown[data_set.name])
        if away and here:
            nearest = (encoder.encode(away) @ encoder.encode(here).T).max(axis=1)
            away = [a for a, n in zip(away, nearest.tolist(), strict=True) if n < _SAME_COSINE]
        found[data_set.name] = Things(shown=shown[data_set.name], absent=tuple(away))
    return found


def _shown(observations: Sequence[Observation]) -> dict[str, tuple[Observation, ...]]:
    shown: dict[str, list[Observation]] = {}
    for observation in observations:
        for label in dict.fromkeys(clean_label(s.label) for s in observation.sightings):
            shown.setdefault(label, []).append(observation)
    return {label: tuple(rows) for label, rows in shown.items()}


def thing_questions(
    data_set: DataSet, held: Things, count: int, seed: int, radius_m: float = 3.0
) -> tuple[Question, ...]:
    """Return at most ``count`` questions for things that are there, and as many for absent."""
    draw = random.Random(f'{seed} things {data_set.name}')
    there = sorted(label for label in held.shown if 0 < len(label.split()) <= _MAX_WORDS)
    count = min(count, len(there), len(held.absent))
    questions = []
    pairs = zip(draw.sample(there, count), draw.sample(held.absent, count), strict=True)
    for number, (present, absent) in enumerate(pairs):
        form = draw.choice(TEMPLATES)
        seen = held.shown[present][:_MAX_GOALS]
        name = f'{data_set.name} thing {number}'
        questions.append(
            Question(
                id=name,
                text=form.format(present),
                kind='thing',
                goals=tuple(o.pose.position for o in seen),
                radius_m=radius_m,
                nodes=tuple(o.id for o in seen),
            )
        )
        questions.append(
            Question(
                id=name + ABSENT,
                text=form.format(absent),
                kind=absent_kind('thing'),
                answerable=False,
            )
        )
    return tuple(questions)


def swapped_questions(
    data_set: DataSet, held: Things, count: int, seed: int
) -> tuple[Question, ...]:
    """Return at most ``count`` of the questions with their target replaced by an absent thing."""
    draw = random.Random(f'{seed} swapped {data_set.name}')
    labels = {o.id: {clean_label(s.label) for s in o.sightings} for o in data_set.observations}
    able = []
    for question in data_set.questions:
        rows = [labels[i] for i in question.nodes if i in labels]
        target = _named(question.text, set.intersection(*rows) if rows else set())
        if question.answerable and target:
            able.append((question, target))
    if not held.absent:
        return ()
    chosen = draw.sample(able, min(count, len(able)))
    return tuple(
        replace(
            question,
            id=question.id + ABSENT,
            text=_whole(target).sub(draw.choice(held.absent), question.text),
            kind=absent_kind(question.kind),
            goals=(),
            nodes=(),
            answerable=False,
        )
        for question, target in chosen
    )


def _whole(words: str) -> re.Pattern[str]:
    return re.compile(rf'\b{re.escape(words)}\b', re.IGNORECASE)


def _named(text: str, labels: set[str]) -> str:
    """Return the longest of the labels that a text names, '' if it names none."""
    named = [label for label in labels if _whole(label).search(text)]
    return min(named, key=lambda label: (-len(label), label), default='')
