"""The command ``memory-bench budget``: what is still answered at 50, 25 and 10 % of the bytes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
import tempfile

from memory_bench.budget.policies import all_policies
from memory_bench.budget.subjects import Subject
from memory_bench.datasets.types import Question
from memory_bench.errors import EvaluationError
from memory_bench.methods.cost import CachingEncoder
from memory_bench.methods.memory import OursMethod
from memory_bench.metrics.intervals import bootstrap, Interval
from memory_node.core.config import MemoryConfig
from memory_node.core.eviction.policy import Policy
from memory_node.core.memory import Memory

__all__ = ['SHARES', 'Measured', 'measure', 'table']

#: Shares of the bytes that a memory may keep.
SHARES = (0.5, 0.25, 0.1)
#: What the whole memory and the shipped policy with its guard are called.
WHOLE, SHIPPED = 'everything', 'coverage, as shipped'
_PATIENCE_S = 600.0


@dataclass
class Measured:
    """Whether answers were right, by method, share and place, in the order of the questions."""

    right: dict[tuple[str, float], dict[str, list[float]]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    #: Share of the bytes that was kept indeed, by method, share and place.
    kept: dict[tuple[str, float], dict[str, list[float]]] = field(
        default_factory=lambda: defaultdict(dict)
    )

    def of(self, method: str, share: float) -> Interval:
        """Return the rate of right answers."""
        return bootstrap(self.right[method, share])

    def against(self, method: str, other: str, share: float) -> Interval:
        """Return how much more is right than with another one, question by question."""
        mine, others = self.right[method, share], self.right[other, share]
        return bootstrap(
            {n: [a - b for a, b in zip(mine[n], others[n], strict=True)] for n in mine}
        )


class _Opened(OursMethod):
    """The memory under test, opened where it was saved."""

    def __init__(self, path: Path, encoder: CachingEncoder) -> None:
        super().__init__('ours', encoder, MemoryConfig())
        self._opened = Memory.open(path, encoder=encoder)

    def settle(self) -> None:
        """Wait until everything derived is of what is held now."""
        self.memory.wait_indexed(_PATIENCE_S)
        self.memory.wait_areas(_PATIENCE_S)


def measure(
    subjects: Iterable[Subject],
    encoder: CachingEncoder,
    *,
    shares: Sequence[float] = SHARES,
    policies: Sequence[str] = (),
    tell: Callable[[str], None] = lambda line: None,
) -> Measured:
    """
    Ask every memory about every subject; the first half of the questions is only its history.

    Raises ``EvaluationError`` for the name of no policy.

    Every policy evicts from a copy of one memory, first to the largest share, then on from there.
    """
    known = [SHIPPED, *(policy.name for policy in all_policies(Counter()))]
    if unknown := set(policies) - set(known):
        raise EvaluationError(f'no policy is named {min(unknown)!r}; there are {", ".join(known)}')
    measured = Measured()
    for subject in subjects:
        with tempfile.TemporaryDirectory(prefix='budget-') as folder:
            _measure(measured, subject, Path(folder), encoder, tuple(shares), set(policies))
        tell(f'{subject.name}: {len(subject.observations)} observations')
    return measured


def _measure(
    measured: Measured,
    subject: Subject,
    folder: Path,
    encoder: CachingEncoder,
    shares: tuple[float, ...],
    wanted: set[str],
) -> None:
    half = len(subject.questions) // 2
    earlier, later = subject.questions[:half], subject.questions[half:]
    whole = OursMethod('ours', encoder, MemoryConfig())
    try:
        whole.build(subject.observations, folder)
        measured.right[WHOLE, 1.0][subject.name] = _asked(subject, whole, later)
        favoured = _favoured(whole, earlier)
        copies = folder / 'copies'
        copies.mkdir()
        full = whole.memory.stats().store_used_bytes
        empty = _emptied(whole.memory.save(copies / 'empty.sqlite'), encoder)
        for policy in all_policies(favoured):
            for name, guard in ((policy.name, False), *_also(policy)):
                if wanted and name not in wanted:
                    continue
                path = whole.memory.save(copies / f'{name.replace(" ", "_")}.sqlite')
                opened = _Opened(path, encoder)
                try:
                    for share in shares:
                        target = round(empty + share * (full - empty))
                        done = opened.memory.compact(
                            target, policy=policy, guard=guard, fold=guard
                        )
                        opened.settle()
                        held = (done.used_after - empty) / (full - empty)
                        measured.kept[name, share][subject.name] = [held]
                        measured.right[name, share][subject.name] = _asked(subject, opened, later)
                finally:
                    opened.close()
    finally:
        whole.close()


def _also(policy: Policy) -> Sequence[tuple[str, bool]]:
    return [(SHIPPED, True)] if policy.name == 'coverage' else []


def _emptied(path: Path, encoder: CachingEncoder) -> int:
    """Return the bytes of a store that nothing but its labels is left of."""
    with Memory.open(path, encoder=encoder) as memory:
        return memory.compact(1, guard=False).used_after


def _favoured(method: OursMethod, questions: Sequence[Question]) -> Counter[int]:
    """Return how often each observation was among the answers, by key."""
    ids = Counter(p.node_id for q in questions for p in method.ask(q, 3).places)
    snapshot = method.memory.snapshot()
    keys = {o.id: int(k) for k, o in zip(snapshot.keys, method.memory.observations(), strict=True)}
    return Counter({keys[i]: count for i, count in ids.items() if i in keys})  # no areas


def _asked(subject: Subject, method: OursMethod, questions: Sequence[Question]) -> list[float]:
    return [float(subject.right(q, method.ask(q, 1))) for q in questions]


def table(measured: Measured) -> str:
    """Return the rates as a Markdown table, the best first, with what is gained over FIFO."""
    shares = sorted({share for _, share in measured.kept}, reverse=True)
    names = list(dict.fromkeys(name for name, _ in measured.kept))
    names.sort(key=lambda n: -sum(measured.of(n, s).mean for s in shares))
    asked = sum(map(len, measured.right[WHOLE, 1.0].values()))
    lines = [
        f'{asked} questions in {len(measured.right[WHOLE, 1.0])} places;'
        f' with {WHOLE}: {measured.of(WHOLE, 1.0)}',
        '',
        '| | ' + ' | '.join(f'{s:.0%} of the bytes | against fifo' for s in shares) + ' |',
        '|---' * (2 * len(shares) + 1) + '|',
    ]
    for name in names:
        cells = []
        for share in shares:
            held = bootstrap(measured.kept[name, share]).mean
            told = f' (holds {held:.0%})' if held > 1.1 * share else ''
            alone = name == 'fifo' or 'fifo' not in names
            gain = '' if alone else _signed(measured.against(name, 'fifo', share))
            cells += [f'{measured.of(name, share)}{told}', gain]
        lines.append(f'| {name} | ' + ' | '.join(cells) + ' |')
    return '\n'.join(lines)


def _signed(gain: Interval) -> str:
    return f'{gain.mean:+.3f} [{gain.low:+.3f}, {gain.high:+.3f}]'
