"""What no method can beat, and what every method must."""

from __future__ import annotations

from collections.abc import Sequence
import hashlib
from pathlib import Path

import numpy as np

from memory_bench.datasets.types import Question
from memory_bench.methods.base import Answer, AnsweredPlace, Method, MethodOptions
from memory_bench.methods.cost import CachingEncoder
from memory_node.core.data import Observation

__all__ = ['NAMES', 'OracleMethod', 'RandomMethod', 'make']

NAMES = ('oracle', 'random')


class _Bound:
    """Chooses among the observations without reading them."""

    def __init__(self, name: str) -> None:
        """Name the bound."""
        self.name = name
        self._observations: tuple[Observation, ...] = ()
        self._positions = np.empty((0, 3))

    def build(self, observations: Sequence[Observation], folder: Path) -> None:
        """Keep the observations."""
        self._observations = tuple(observations)
        self._positions = np.array([o.pose.position for o in observations]).reshape(-1, 3)

    def bytes_used(self) -> int:
        """Nothing is stored."""
        return 0

    def close(self) -> None:
        """Nothing is open."""

    def _places(self, rows: list[int], confidence: float) -> tuple[AnsweredPlace, ...]:
        return tuple(
            AnsweredPlace(
                node_id=self._observations[row].id,
                position=self._observations[row].pose.position,
                confidence=confidence,
            )
            for row in rows
        )


class OracleMethod(_Bound):
    """
    The best pick there is: it reads the judgement, so it bounds every method from above.

    Where observations that show the target are known, it answers with the one of them that is
    nearest to a goal, or else with the nearest of all. A text is made of the facts.
    """

    def ask(self, question: Question, k: int) -> Answer:
        """Answer with the observation that is judged best."""
        if not question.answerable:
            return Answer(found=False)
        goals = np.array(question.goals).reshape(-1, 3)
        rows: list[int] = []
        if len(goals) and len(self._positions):
            apart = np.linalg.norm(self._positions[:, None] - goals[None], axis=2).min(axis=1)
            seen = np.array([o.id in question.nodes for o in self._observations])
            hidden = ~seen if seen.any() else np.zeros(len(apart), np.bool_)
            too_far = apart > question.radius_m
            rows = np.lexsort((apart, hidden, too_far))[:k].tolist()
        return Answer(found=True, places=self._places(rows, 1.0), text='. '.join(question.facts))


class RandomMethod(_Bound):
    """Distinct observations drawn at random, the same for the same seed and question."""

    def __init__(self, name: str, seed: int) -> None:
        """Draw with ``seed``."""
        super().__init__(name)
        self._seed = seed

    def ask(self, question: Question, k: int) -> Answer:
        """Answer with ``k`` observations that have nothing to do with the question."""
        words = f'{self._seed} {question.id} {question.text}'.encode('utf-8', 'replace')
        digest = hashlib.blake2b(words, digest_size=8).digest()
        draw = np.random.default_rng(int.from_bytes(digest, 'little'))
        count = min(k, len(self._observations))
        rows = draw.choice(len(self._observations), count, replace=False).tolist()
        return Answer(found=bool(rows), places=self._places(rows, 0.5))


def make(name: str, encoder: CachingEncoder, options: MethodOptions) -> Method:
    """Make a method of ``NAMES``."""
    del encoder
    return OracleMethod(name) if name == 'oracle' else RandomMethod(name, options.seed)
