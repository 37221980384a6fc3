"""Fitting the ranking model: a listwise loss over places, and one over the target's label."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
import random

import numpy as np
from numpy.typing import NDArray
import torch
from torch.nn import functional

from memory_bench.training.examples import common_words, Prepared
from memory_bench.training.network import Example, Network, Regularisation, Vectors

__all__ = ['Schedule', 'fit', 'predict']

_NEVER = -1e9


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """How long and how hard the network is trained."""

    epochs: int = 3
    batch: int = 32
    rate: float = 6e-3
    #: Share of the loss on the goal itself; the rest is on being near enough to it.
    goal_share: float = 0.5
    label_weight: float = 0.5
    decay: float = 0.02
    identity_decay: float = 0.05
    seed: int = 0


def _batches(
    prepared: Sequence[Prepared], size: int, draw: random.Random
) -> list[tuple[int, list[int]]]:
    """Return batches of one building and like length each, shuffled."""
    found = []
    for at, building in enumerate(prepared):
        lengths = {i: len(e.words) + 4.0 * draw.random() for i, e in enumerate(building.examples)}
        order = sorted(lengths, key=lambda i: (lengths[i], i))
        found += [(at, order[i : i + size]) for i in range(0, len(order), size)]
    draw.shuffle(found)
    return found


def _loss(
    scores: torch.Tensor, wanted: torch.Tensor, batch: Sequence[Example], schedule: Schedule
) -> torch.Tensor:
    logs = functional.log_softmax(scores, 1)
    right = torch.stack([e.right for e in batch])
    goals = torch.tensor([e.goal for e in batch])
    near = -torch.logsumexp(logs.masked_fill(~right, _NEVER), 1)
    there = -logs[torch.arange(len(batch)), goals]
    meant = torch.stack([e.meant for e in batch])
    label = -torch.logsumexp(wanted.masked_fill(~meant, _NEVER), 1) * meant.any(1)
    share = schedule.goal_share
    return (share * there + (1.0 - share) * near + schedule.label_weight * label).mean()


def fit(
    prepared: Sequence[Prepared],
    vectors: Vectors,
    schedule: Schedule,
    *,
    hide: Regularisation | None = None,
    report: Callable[[int, float], None] | None = None,
) -> tuple[Network, torch.Tensor]:
    """Train on the buildings given; return the network and which words have vectors."""
    torch.manual_seed(schedule.seed)
    torch.set_flush_denormal(True)
    draw = random.Random(schedule.seed)
    trained = common_words(prepared, vectors)
    buildings = [
        replace(b, examples=tuple(replace(e, trained=trained[e.words]) for e in b.examples))
        for b in prepared
        if b.examples
    ]
    network = Network(vectors, hide=hide)
    own = network.identity_parameters()
    rest = [p for p in network.parameters() if all(p is not o for o in own)]
    optimizer = torch.optim.AdamW(
        [
            {'params': own, 'weight_decay': schedule.identity_decay},
            {'params': rest, 'weight_decay': schedule.decay},
        ],
        lr=schedule.rate,
    )
    steps = len(_batches(buildings, schedule.batch, random.Random(0))) * schedule.epochs
    rates = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, schedule.rate, total_steps=steps + 1, pct_start=0.2
    )
    for epoch in range(schedule.epochs):
        network.train()
        total, count = 0.0, 0
        for at, chosen in _batches(buildings, schedule.batch, draw):
            batch = [buildings[at].examples[i] for i in chosen]
            scores, wanted = network(buildings[at].tensors, batch)
            loss = _loss(scores, wanted, batch, schedule) * (len(batch) / schedule.batch)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            rates.step()
            total, count = total + loss.item() * schedule.batch, count + len(batch)
        if report is not None:
            report(epoch, total / max(count, 1))
    return network.eval(), trained


def predict(
    network: Network,
    trained: torch.Tensor,
    building: Prepared,
    *,
    without: Sequence[str] = (),
) -> NDArray[np.float64]:
    """Return (Q, C) scores of a building's candidates for its instructions."""
    examples = [replace(e, trained=trained[e.words]) for e in building.examples]
    found = []
    with torch.no_grad():
        for start in range(0, len(examples), 64):
            scores, _ = network(building.tensors, examples[start : start + 64], without=without)
            found.append(scores.numpy().astype(np.float64))
    return np.concatenate(found) if found else np.empty((0, len(building.scene)))
