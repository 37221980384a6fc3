"""The ranking model as a torch module, for training; ``core.ranking.model`` runs it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
import math

import numpy as np
from numpy.typing import NDArray
import torch
from torch import nn
from torch.nn import functional

from memory_node.core.retrieval.instruction.floors import FLOOR_FEATURES
from memory_node.core.retrieval.instruction.model import (
    place_features,
    STEPS,
    TARGET_PRIOR,
    WINDOW,
)
from memory_node.core.retrieval.instruction.parsing import Role
from memory_node.core.retrieval.instruction.scene import KERNEL_RADII_M, STRUCTURE

__all__ = ['Example', 'Network', 'Regularisation', 'SceneTensors', 'Vectors']

_FLOOR_SHARE = 0.02
_ROOM_SPREAD = 0.3
_PLACE_FEATURES = place_features([Role.OTHER]).shape[1]
_FAR = 1e9
_DEEPEST, _TINY = 30.0, 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Vectors:
    """Sentence vectors of all words and labels, reduced to their main components."""

    words: tuple[str, ...]
    labels: tuple[str, ...]
    #: (W, c) and (L, c) reduced vectors.
    word_vectors: torch.Tensor
    label_vectors: torch.Tensor
    #: (D,) mean and (D, c) projection that reduce a sentence vector.
    mean: NDArray[np.float32]
    projection: NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneTensors:
    """One building: what ``Scene`` holds, as tensors."""

    labels: torch.Tensor
    presence: torch.Tensor
    kernels: torch.Tensor
    structure: torch.Tensor
    log_counts: torch.Tensor


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One instruction, and what answers it."""

    words: torch.Tensor
    trained: torch.Tensor
    roles: tuple[Role, ...]
    lexical: torch.Tensor
    floor: torch.Tensor
    goal: int
    #: (C,) candidates near enough to the goal, and (L,) labels that the target may go by.
    right: torch.Tensor
    meant: torch.Tensor


@dataclass(frozen=True, slots=True, kw_only=True)
class Regularisation:
    """What is hidden from the network while it learns, as probabilities."""

    units: float = 0.3
    words: float = 0.2
    word_identity: float = 0.7
    label_identity: float = 0.7
    labels: float = 0.1


def _eye(rows: int, columns: int) -> nn.Parameter:
    values = torch.zeros(rows, columns)
    values[:columns, :columns] = 0.8 * torch.eye(columns)
    return nn.Parameter(values)


def _zeros(rows: int, columns: int) -> nn.Embedding:
    table = nn.Embedding(rows, columns)
    nn.init.zeros_(table.weight)
    return table


def _zero_linear(inputs: int, outputs: int) -> nn.Linear:
    layer = nn.Linear(inputs, outputs)
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


class Network(nn.Module):
    """Gated translation of words into labels, a head for the target, and a match of rooms."""

    def __init__(
        self,
        vectors: Vectors,
        *,
        dim: int = 48,
        hidden: int = 64,
        roles: int = 2,
        hide: Regularisation | None = None,
    ) -> None:
        super().__init__()
        self.vectors, self.dim, self.roles = vectors, dim, roles
        self.hide = hide or Regularisation()
        components = vectors.word_vectors.shape[1]
        kernels = 1 + len(KERNEL_RADII_M)
        counts = (len(vectors.words), len(vectors.labels))
        self.word_projection = _eye(components, dim)
        self.label_projection = _eye(components, dim)
        self.room_projection = _eye(components, dim)
        self.word_delta = _zeros(counts[0], dim)
        self.label_delta = _zeros(counts[1], dim)
        self.room_delta = _zeros(counts[1], dim)
        self.label_bias = _zeros(counts[1], roles + 1)
        self.conv1 = nn.Linear((dim + _PLACE_FEATURES) * WINDOW, hidden)
        self.conv2 = nn.Linear(hidden * WINDOW, hidden)
        self.gate = nn.Linear(2 * hidden, roles)
        self.context = _zero_linear(2 * hidden, roles * dim)
        self.target_attention = nn.Linear(2 * hidden, 1, bias=False)
        self.target_context = _zero_linear(2 * hidden, dim)
        self.room_attention = nn.Linear(2 * hidden, 1, bias=False)
        self.room_query = nn.Linear(2 * hidden, dim)
        start = torch.tensor([0.0, -1.0, -1.5, -3.0, -3.0])[:kernels]
        wider = torch.tensor([-1.0, 0.5, 1.0, 1.0, 1.0])[:kernels]
        self.kernel = nn.Parameter(start + torch.arange(roles)[:, None] * wider)
        self.lexical = nn.Parameter(torch.ones(roles, 3))
        self.spread = nn.Parameter(torch.full((roles,), 0.5))
        self.floor = nn.Parameter(torch.full((roles,), -3.0))
        self.scale = nn.Parameter(torch.full((roles,), 2.0))
        self.target_kernel = nn.Parameter(torch.tensor([0.0, -2.0, -2.0, -4.0, -4.0])[:kernels])
        self.target_lexical = nn.Parameter(torch.ones(3))
        #: Scale of the target's head, share of its competition, and weight of "no such label".
        self.target_scalars = nn.Parameter(torch.tensor([2.0, 1.0, -4.0]))
        self.room_kernel = nn.Parameter(torch.tensor([0.0, -0.5, -0.5, -0.5, -1.0])[:kernels])
        self.room = nn.Linear(dim + len(STRUCTURE), dim)
        self.storey = nn.Parameter(torch.full((len(FLOOR_FEATURES),), 0.5))
        self.prior1 = nn.Linear(len(STRUCTURE), 16)
        self.prior2 = nn.Linear(16, 1, bias=False)

    def identity_parameters(self) -> list[torch.Tensor]:
        """Return what belongs to single words and labels, and so is held back more."""
        tables = (self.word_delta, self.label_delta, self.room_delta, self.label_bias)
        return [table.weight for table in tables]

    def _keep(self, shape: Sequence[int], hidden: float) -> torch.Tensor:
        if not self.training or hidden <= 0.0:
            return torch.ones(tuple(shape))
        return (torch.rand(tuple(shape)) >= hidden).float()

    def _drop(self, values: torch.Tensor) -> torch.Tensor:
        return functional.dropout(values, self.hide.units, self.training)

    def _windows(self, values: torch.Tensor, step: int) -> torch.Tensor:
        reach, count = step * (WINDOW // 2), values.shape[1]
        padded = functional.pad(values, (0, 0, reach, reach))
        return torch.cat([padded[:, i * step : i * step + count] for i in range(WINDOW)], -1)

    def _read(self, batch: Sequence[Example]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return (Q, T, d) words, (Q, T, 2 h) hidden states, and the (Q, T) mask."""
        count = max(len(e.words) for e in batch)
        ids = torch.zeros(len(batch), count, dtype=torch.long)
        trained = torch.zeros(len(batch), count)
        mask = torch.zeros(len(batch), count)
        places = torch.zeros(len(batch), count, _PLACE_FEATURES)
        for i, e in enumerate(batch):
            size = len(e.words)
            ids[i, :size], trained[i, :size], mask[i, :size] = e.words, e.trained, 1.0
            places[i, :size] = torch.from_numpy(place_features(e.roles))
        words = self.vectors.word_vectors[ids] @ self.word_projection
        own = trained * self._keep(ids.shape, self.hide.word_identity)
        words = words + self.word_delta(ids) * own[..., None]
        words = words * (mask * self._keep(ids.shape, self.hide.words))[..., None]
        inputs = torch.cat([self._drop(words), places], -1) * mask[..., None]
        first = torch.relu(self.conv1(self._windows(inputs, STEPS[0]))) * mask[..., None]
        second = torch.relu(self.conv2(self._windows(self._drop(first), STEPS[1])))
        second = second * mask[..., None]
        return words, self._drop(torch.cat([first, second], -1)), mask

    def forward(
        self, scene: SceneTensors, batch: Sequence[Example], *, without: Sequence[str] = ()
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """
        Return (Q, C) scores and the (Q, L) log probability of each label for the wanted thing.

        ``without`` names signals to leave out, for ablations.
        """
        words, hidden, mask = self._read(batch)
        presence = scene.presence * self._keep(scene.labels.shape, self.hide.labels)
        known = self._keep((len(scene.labels), 1), self.hide.label_identity)
        vectors = self.vectors.label_vectors[scene.labels]
        match = vectors @ self.label_projection + self.label_delta(scene.labels) * known
        bias = self.label_bias(scene.labels)
        lexical = nn.utils.rnn.pad_sequence([e.lexical for e in batch], batch_first=True).float()
        wanted = self._wanted(words, hidden, mask, batch, match, bias, lexical)
        parts: dict[str, torch.Tensor] = {}
        context = self.context(hidden).unflatten(-1, (self.roles, self.dim))
        gates = torch.sigmoid(self.gate(hidden)) * mask[..., None]
        for role in range(self.roles):
            logits = (words + context[:, :, role]) @ match.T
            logits = logits * (self.scale[role] * 2.0 / math.sqrt(self.dim))
            logits = logits + lexical @ (self.lexical[role] * 2.0) + bias[:, role]
            meant = torch.softmax(functional.pad(logits, (0, 1)), -1)[..., :-1]
            around = torch.tensordot(torch.exp(self.kernel[role]), scene.kernels, 1)
            shown = around @ (presence * torch.exp(-self.spread[role] * scene.log_counts))
            logs = torch.log(meant @ shown.T + torch.exp(self.floor[role]) * _FLOOR_SHARE)
            name = ('seen', 'surroundings')[min(role, 1)]
            parts[name] = torch.einsum('qt,qtc->qc', gates[..., role], logs)
        asked = self._asked(hidden, mask)
        parts['room'] = asked @ self._rooms(scene, presence, vectors, known).T
        parts['floor'] = torch.stack([e.floor for e in batch]) @ self.storey
        prior = self.prior2(torch.relu(self.prior1(scene.structure)))[:, 0]
        parts['place'] = prior.expand(len(batch), -1)
        total = torch.stack([p for name, p in parts.items() if name not in without]).sum(0)
        if 'target' not in without:
            total = total + self._target(scene, presence, wanted, total)
        return total, wanted

    def _wanted(
        self,
        words: torch.Tensor,
        hidden: torch.Tensor,
        mask: torch.Tensor,
        batch: Sequence[Example],
        match: torch.Tensor,
        bias: torch.Tensor,
        lexical: torch.Tensor,
    ) -> torch.Tensor:
        count = mask.shape[1]
        prior = torch.tensor(
            [
                [TARGET_PRIOR * (r is Role.TARGET) for r in e.roles]
                + [0.0] * (count - len(e.roles))
                for e in batch
            ]
        )
        scores = self.target_attention(hidden)[..., 0] + (mask - 1.0) * _FAR + prior
        attention = torch.softmax(scores, 1)
        pooled = (attention[..., None] * (words + self.target_context(hidden))).sum(1)
        logits = pooled @ match.T * (self.target_scalars[0] * 2.0 / math.sqrt(self.dim))
        shared = torch.einsum('qt,qtlk,k->ql', attention, lexical, self.target_lexical)
        return torch.log_softmax(logits + 2.0 * shared + bias[:, -1], 1)

    def _target(
        self,
        scene: SceneTensors,
        presence: torch.Tensor,
        wanted: torch.Tensor,
        others: torch.Tensor,
    ) -> torch.Tensor:
        """Share the probability of each label among the candidates that show it."""
        share = torch.sigmoid(self.target_scalars[1])
        shown = torch.tensordot(torch.exp(self.target_kernel), scene.kernels, 1) @ presence
        likely = torch.exp((others - others.amax(1, keepdim=True)).clamp(min=-_DEEPEST))
        rivals = torch.log(likely @ shown + _TINY)
        everyone = torch.log(likely.sum(1, keepdim=True))
        meant = torch.exp(wanted - share * rivals) @ shown.T
        return torch.log(meant + torch.exp(self.target_scalars[2] - share * everyone))

    def _asked(self, hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Return (Q, d) the kinds of rooms that are asked for."""
        attention = torch.softmax(self.room_attention(hidden)[..., 0] + (mask - 1.0) * _FAR, 1)
        asked = self.room_query((attention[..., None] * hidden).sum(1))
        return self._drop(asked)

    def _rooms(
        self,
        scene: SceneTensors,
        presence: torch.Tensor,
        vectors: torch.Tensor,
        known: torch.Tensor,
    ) -> torch.Tensor:
        around = torch.tensordot(torch.exp(self.room_kernel), scene.kernels, 1) @ presence
        kinds = vectors @ self.room_projection + self.room_delta(scene.labels) * known
        mixed = around @ (kinds * torch.exp(-_ROOM_SPREAD * scene.log_counts)[:, None])
        mixed = mixed / torch.sqrt(1e-3 + around.sum(1, keepdim=True))
        return torch.tanh(self.room(torch.cat([mixed, scene.structure], 1)))

    def arrays(self, trained: torch.Tensor) -> Mapping[str, NDArray[np.float32]]:
        """
        Return the arrays that ``RankingModel`` reads.

        ``trained`` is (W,) 1 where a word was seen often enough to have a vector of its own.
        """
        with torch.no_grad():
            words = self.vectors.word_vectors @ self.word_projection
            reduce = torch.from_numpy(self.vectors.projection)
            found = {
                'word_vectors': words + self.word_delta.weight * trained[:, None],
                'label_vectors': self.vectors.label_vectors @ self.label_projection
                + self.label_delta.weight,
                'room_vectors': self.vectors.label_vectors @ self.room_projection
                + self.room_delta.weight,
                'label_bias': self.label_bias.weight,
                'encoder_mean': torch.from_numpy(self.vectors.mean),
                'word_projection': reduce @ self.word_projection,
                'label_projection': reduce @ self.label_projection,
                'room_projection': reduce @ self.room_projection,
                'target_attention': self.target_attention.weight[0],
                'room_attention': self.room_attention.weight[0],
                'kernel': torch.exp(self.kernel),
                'lexical': self.lexical,
                'spread': self.spread,
                'floor': self.floor,
                'scale': self.scale,
                'target_kernel': torch.exp(self.target_kernel),
                'target_lexical': self.target_lexical,
                'target_scalars': self.target_scalars,
                'room_kernel': torch.exp(self.room_kernel),
                'storey': self.storey,
                'prior_w1': self.prior1.weight.T,
                'prior_b1': self.prior1.bias,
                'prior_w2': self.prior2.weight[0],
            }
            for name in ('conv1', 'conv2', 'gate', 'context', 'target_context', 'room_query'):
                layer = getattr(self, name)
                found[name + '_w'], found[name + '_b'] = layer.weight.T, layer.bias
            found['room_w'], found['room_b'] = self.room.weight.T, self.room.bias
        return {n: v.detach().numpy().astype(np.float32) for n, v in found.items()}
