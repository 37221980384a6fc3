"""Draws the questions of an episode, of every kind, each with all that is right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

import numpy as np

from memory_bench.questions.case import Case, FORMS, KINDS
from memory_bench.questions.context import Desk, Stage
from memory_bench.questions.makers import FORM_MAKERS

__all__ = ['draw_cases']


def draw_cases(
    stage: Stage, count: int, *, leave_out: frozenset[str] = frozenset()
) -> tuple[Case, ...]:
    """
    Draw ``count`` questions, as even over the kinds and their forms as the world allows.

    Forms in ``leave_out`` are not asked. Only what was in view at least once is asked for, except
    by negative questions. Fewer are returned where the world gives fewer.
    """
    rng = np.random.default_rng((stage.seed, 15))
    desk = Desk(stage, rng)
    # The makers go through what there is in random order, and only as far as they are asked to.
    most = 3 + 2 * count // len(KINDS)
    pools = {
        kind: _interleaved(
            [list(islice(FORM_MAKERS[f](desk), most)) for f in forms if f not in leave_out]
        )
        for kind, forms in FORMS.items()
    }
    chosen: list[Case] = []
    used: Counter[str] = Counter()
    while len(chosen) < count and any(pools.values()):
        for pool in (pools[kind] for kind in KINDS):
            if pool and len(chosen) < count:
                # What was asked for already, and in which form, is asked for last.
                best = min(
                    range(len(pool)),
                    key=lambda i: (used[pool[i].form] + 2 * used[_subject(pool[i])], i),
                )
                case = pool.pop(best)
                used.update([case.form, _subject(case)])
                chosen.append(case)
    return tuple(_numbered(case, f'q{number:02d}') for number, case in enumerate(chosen, start=1))


def _subject(case: Case) -> str:
    return ','.join(sorted({t.label for t in case.targets})) or case.question.text


def _numbered(case: Case, name: str) -> Case:
    return replace(case, question=replace(case.question, id=name))


def _interleaved(pools: Sequence[list[Case]]) -> list[Case]:
    longest = max(map(len, pools), default=0)
    return [pool[i] for i in range(longest) for pool in pools if i < len(pool)]
