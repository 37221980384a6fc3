"""The command ``memory-bench changes``: ask every memory about many scripted flats."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
import math
from pathlib import Path
import tempfile

from memory_bench.changes.drive import drive, Noise, STEP_NS
from memory_bench.changes.methods import Heard, Method, Ours, PLAIN, Plain
from memory_bench.changes.order import ORDER_ASPECTS, order_questions
from memory_bench.changes.questions import Asked, ASPECTS, questions_of
from memory_bench.changes.rendered import drive_rendered, standing
from memory_bench.changes.world import COPIES, draw_script, FIXED, MOVABLE
from memory_bench.metrics.intervals import bootstrap, Interval
from memory_node.core.ports import Encoder

__all__ = ['Measured', 'measure', 'scored', 'table']

#: An answer is right within this distance [m].
_RIGHT_M = 0.5


@dataclass
class Measured:
    """Scores of methods: by method and aspect, the values of each world."""

    scores: dict[tuple[str, str], dict[str, list[float]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )

    def add(self, method: str, aspect: str, world: str, value: float) -> None:
        """Take in one value."""
        self.scores[method, aspect][world].append(value)

    def of(self, method: str, aspect: str) -> Interval | None:
        """Return the mean of an aspect with its interval; None where nothing was asked."""
        values = self.scores.get((method, aspect))
        return bootstrap(values) if values else None


def scored(question: Asked, heard: Heard) -> Iterator[tuple[str, float]]:
    """Yield what an answer is worth, by aspect; the Brier score is the one that is to be small."""
    aspect = question.aspect
    if aspect == 'still there':
        yield aspect, (heard.still - question.still) ** 2
    elif aspect == 'gone':
        yield aspect, float(heard.where is None)
    elif aspect == 'count':
        yield aspect, float(heard.count == question.count)
    elif aspect == 'changed':
        said = {n for n in (*MOVABLE, *COPIES) if n in heard.text} - question.unknown
        yield aspect, 2.0 * len(said & question.changed) / (len(said) + len(question.changed))
    elif aspect == 'how long there':
        shortest = question.until_ns - question.since_ns
        longest = shortest + 2 * STEP_NS
        yield aspect, float(shortest - 10**9 <= heard.count * 10**9 <= longest + 10**9)
    elif aspect == 'last there':
        yield aspect, float(heard.stamp_ns == question.until_ns)
    elif aspect in ORDER_ASPECTS:
        yield aspect, float(_told(heard.text, question) == question.order)
    else:
        where = heard.where
        near = where is not None and any(math.dist(where, p) < _RIGHT_M for p in question.places)
        yield aspect, float(near)
        if aspect.startswith('where is'):
            yield 'present refused', float(where is None)


def _told(text: str, question: Asked) -> tuple[str, ...]:
    """Return the names of rooms, or of the things asked for, that an answer tells, in order."""
    if question.aspect == 'first of two':
        text = text.partition(':')[2]
    text = text.partition('. At other times')[0].casefold()
    names = FIXED if question.aspect not in ('order of things', 'first of two') else question.order
    found = {name: at for name in names if (at := text.find(f'the {name}')) >= 0}
    return tuple(sorted(found, key=found.__getitem__))


def measure(
    seeds: Sequence[int],
    noise: Noise,
    encoder: Encoder,
    *,
    rendered: bool = False,
    tell: Callable[[str], None] | None = None,
) -> Measured:
    """Ask ours and the plain memories about the flats of some seeds; ``tell`` hears failures."""
    measured = Measured()
    for seed in seeds:
        script = standing(draw_script(seed)) if rendered else draw_script(seed)
        seen = (drive_rendered if rendered else drive)(script, seed, noise)
        asked = [*questions_of(script, seen), *order_questions(script, seen)]
        with tempfile.TemporaryDirectory() as folder:
            ours = Ours(seen.observations, Path(folder), encoder)
            methods: Mapping[str, Method] = {
                'ours': ours,
                **{rule: Plain(seen.observations, rule) for rule in PLAIN},
            }
            try:
                for name, method in methods.items():
                    for question in asked:
                        heard = method.ask(question)
                        for aspect, value in scored(question, heard):
                            measured.add(name, aspect, str(seed), value)
                            wrong = value > 0.25 if aspect in _SMALL else value < 1.0
                            if tell and wrong and name == 'ours':
                                tell(f'{seed} {aspect}: {question} -> {heard}')
            finally:
                ours.close()
    return measured


#: Aspects that are to be small.
_SMALL = ('still there', 'present refused')


def table(measured: Measured, methods: Sequence[str] = ('ours', *PLAIN)) -> str:
    """Return the scores as a Markdown table."""
    lines = ['| | ' + ' | '.join(methods) + ' | n |', '|---' * (len(methods) + 2) + '|']
    for aspect in (*ASPECTS, *ORDER_ASPECTS, 'present refused'):
        cells = [measured.of(method, aspect) for method in methods]
        if any(cells):
            count = sum(map(len, measured.scores[methods[0], aspect].values()))
            shown = ' | '.join('' if c is None else str(c) for c in cells)
            lines.append(f'| {aspect} | {shown} | {count} |')
    return '\n'.join(lines)
