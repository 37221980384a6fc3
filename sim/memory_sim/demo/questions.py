"""
Questions people ask a robot about a home, with every thing in it that would be a right answer.

Explicit questions name the thing. Implicit ones name a need and never the label of a right answer.
The texts are written by hand; which of them are asked depends on what the world holds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
import re

import numpy as np

from memory_sim.engines.base import GroundTruth, Instance

__all__ = ['EXPLICIT_TEMPLATES', 'NEEDS', 'Need', 'Question', 'draw_questions']


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """A need in a person's words, and the labels of things that meet it."""

    text: str
    labels: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question about one world."""

    text: str
    #: ``explicit`` or ``implicit``.
    kind: str
    #: Labels that are right answers, sorted.
    labels: tuple[str, ...]
    #: Every instance that is a right answer.
    targets: tuple[Instance, ...]


EXPLICIT_TEMPLATES: tuple[str, ...] = (
    'Where is the {label}?',
    'Take me to the {label}.',
    'Find the {label}.',
    'Go to the {label}, please.',
    'Where did you see the {label}?',
    'I am looking for the {label}.',
)


def _need(text: str, *labels: str) -> Need:
    return Need(text=text, labels=frozenset(labels))


NEEDS: tuple[Need, ...] = (
    _need('Where can I wash my hands?', 'sink'),
    _need('I want to brush my teeth.', 'sink'),
    _need('I am thirsty and want something cold.', 'refrigerator'),
    _need('Where is the milk kept cool?', 'refrigerator'),
    _need('I am tired and want to lie down for the night.', 'bed'),
    _need('Where can a guest sleep?', 'bed'),
    _need('Where can I heat up leftovers?', 'microwave', 'stove', 'oven'),
    _need('I want to fry an egg.', 'stove'),
    _need('I would like to cook some pasta.', 'stove'),
    _need('My clothes are dirty and need cleaning.', 'washing machine'),
    _need('The laundry is wet and should not be.', 'dryer'),
    _need('I took off my socks: where do they go until they are washed?', 'laundry basket'),
    _need('I would like to watch the news.', 'tv'),
    _need('Where can I see a film tonight?', 'tv'),
    _need('Where can several friends sit together comfortably?', 'sofa'),
    _need('I want to borrow a novel to read.', 'bookshelf', 'shelf'),
    _need('I need a place to write a letter.', 'desk'),
    _need('Where do I put my folded sweaters?', 'wardrobe', 'dresser'),
    _need('I just came in: where do I hang my jacket?', 'coat rack', 'wardrobe'),
    _need('Where do I leave my boots?', 'shoe cabinet'),
    _need('I want to soak in warm water.', 'bathtub'),
    _need('I came home sweaty and want to rinse off.', 'shower', 'bathtub'),
    _need('I need to pee.', 'toilet'),
    _need('I want to check how my hair looks.', 'mirror'),
    _need('Something green needs to be watered.', 'potted plant', 'vase of flowers'),
    _need('I want to play a melody.', 'piano', 'guitar'),
    _need('Where do I load the dirty plates after dinner?', 'dishwasher'),
    _need('I could use a cappuccino.', 'coffee machine'),
    _need('Where does the family eat together?', 'dining table'),
    _need('I want to do a workout.', 'treadmill', 'exercise bike'),
    _need('Where do I throw away a banana peel?', 'trash can'),
    _need('I am cold and would like to see flames.', 'fireplace'),
    _need('I have to send an e-mail.', 'computer', 'laptop'),
    _need('Where can I get a slice of bread crisp and brown?', 'toaster'),
    _need('I want to know what time it is.', 'clock'),
    _need('I need this document on paper.', 'printer'),
    _need('I want to ride to the shop on two wheels.', 'bicycle'),
    _need('My shirt is full of creases.', 'ironing board'),
    _need('It is hot and I would like a breeze.', 'fan'),
    _need('I feel like eating an apple.', 'bowl of fruit', 'refrigerator'),
    _need('The child wants something to cuddle.', 'teddy bear'),
    _need('Where do the children tidy up their playthings?', 'toy box'),
    _need('Where would tax papers be kept?', 'filing cabinet'),
    _need('How do I leave this home?', 'front door'),
    _need('Where can I sketch an idea for everybody to see?', 'whiteboard'),
)


def draw_questions(
    truth: GroundTruth, count: int = 10, *, seed: int = 0, max_targets: int = 4
) -> tuple[Question, ...]:
    """
    Draw explicit and implicit questions about things that exist, as even in number as possible.

    A label with more than ``max_targets`` things is asked for by no question: such an answer
    would be right almost anywhere. Raises ``ValueError`` if the world gives fewer than ``count``.
    """
    if count < 1:
        raise ValueError(f'count must be >= 1, got {count}')
    rng = np.random.default_rng((seed, 4))
    things: dict[str, list[Instance]] = defaultdict(list)
    for instance in sorted(truth.instances, key=lambda i: i.id):
        things[instance.label].append(instance)
    implicit = _implicit(things, rng, max_targets)
    explicit = _explicit(things, rng, max_targets)
    if len(implicit) + len(explicit) < count:
        raise ValueError(
            f'this world gives {len(implicit) + len(explicit)} questions, {count} were asked for'
        )
    chosen_implicit = implicit[: max(count // 2, count - len(explicit))]
    covered = {label for q in chosen_implicit for label in q.labels}
    # A thing that is asked for in words is more telling when its name is not asked for as well.
    explicit.sort(key=lambda q: bool(covered.intersection(q.labels)))
    chosen_explicit = explicit[: count - len(chosen_implicit)]
    mixed = [*chosen_explicit, *chosen_implicit]
    return tuple(mixed[i] for i in rng.permutation(len(mixed)))


def _implicit(
    things: Mapping[str, Sequence[Instance]], rng: np.random.Generator, max_targets: int
) -> list[Question]:
    """One question for each set of right answers, in random order."""
    found: dict[tuple[str, ...], list[Question]] = defaultdict(list)
    for need in NEEDS:
        labels = tuple(sorted(need.labels.intersection(things)))
        targets = tuple(t for label in labels for t in things[label])
        if targets and len(targets) <= max_targets:
            question = Question(text=need.text, kind='implicit', labels=labels, targets=targets)
            found[labels].append(question)
    drawn = [group[int(rng.integers(len(group)))] for _, group in sorted(found.items())]
    return [drawn[i] for i in rng.permutation(len(drawn))]


def _explicit(
    things: Mapping[str, Sequence[Instance]], rng: np.random.Generator, max_targets: int
) -> list[Question]:
    questions = []
    for label, instances in sorted(things.items()):
        template = EXPLICIT_TEMPLATES[int(rng.integers(len(EXPLICIT_TEMPLATES)))]
        if len(instances) > max_targets:
            continue
        text = template.format(label=label)
        if len(instances) > 1:
            text = re.sub(r'\bthe ', 'a ', text, count=1)
            text = re.sub(r'\ba (?=[aeiou])', 'an ', text)
        questions.append(
            Question(text=text, kind='explicit', labels=(label,), targets=tuple(instances))
        )
    return [questions[i] for i in rng.permutation(len(questions))]
