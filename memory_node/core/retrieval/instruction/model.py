"""
The learned ranking model in plain numpy: which candidate an instruction means.

Each word of the instruction is translated into the labels that are known (IBM model 1 over word
and label vectors), and a candidate is scored by the labels it and its surroundings show. Gates
learned from the words around decide how much a word counts. Apart from that there is a head for
the thing that is wanted, a bilinear match of instruction and kind of room, the named floor, and
how often instructions lead to such a place at all. Every part is a named signal; the score is
their sum, and its softmax over the candidates is a probability.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
import math

import numpy as np
from numpy.typing import NDArray

from memory_node.core.retrieval.instruction.floors import floor_features
from memory_node.core.retrieval.instruction.parsing import ParsedQuery, Role
from memory_node.core.retrieval.instruction.scene import Scene
from memory_node.core.retrieval.instruction.weights import check_arrays, Weights

__all__ = [
    'LabelVectors',
    'RankingModel',
    'Reading',
    'Surroundings',
    'place_features',
]

Matrix = NDArray[np.float32]

#: Words looked at on each side by the two convolutions, and the step between them.
WINDOW = 5
STEPS = (1, 2)
#: Score of the wanted thing's head for words that the parser took for the target.
TARGET_PRIOR = 1.5
_FLOOR_SHARE = 0.02
_ROOM_SPREAD = 0.3
_DEEPEST, _TINY = 30.0, 1e-9
#: Words that count less than this change no score by a hundredth of a nat; most do.
_UNHEARD = 2e-4
_EVERY = slice(None)
#: Most a place loses because it shows what was said not to be there.
_NEGATION_WEIGHT = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelVectors:
    """What the model knows of L labels."""

    #: (L, d) for translation, and (L, d) for the kind of room.
    match: Matrix
    room: Matrix
    #: (L, R + 1) how readily a label is meant: by role, the wanted thing last.
    bias: Matrix

    def take(self, rows: NDArray[np.int64]) -> LabelVectors:
        """Return the labels at ``rows``."""
        return LabelVectors(match=self.match[rows], room=self.room[rows], bias=self.bias[rows])


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """An instruction of T words as the model reads it."""

    parsed: ParsedQuery
    #: (T, d) word vectors.
    words: Matrix
    #: (T, R) how much a word counts in each role, in [0, 1].
    gates: Matrix
    #: (R, T, d) what the words around add to a word.
    context: Matrix
    #: (T,) share of each word in the wanted thing, and (d,) the vector of that thing.
    attention: Matrix
    target: Matrix
    #: (d,) the kind of room.
    room: Matrix


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the model makes of C candidates and L labels before anything is asked."""

    #: (R, C, C) weight of candidates for each other, by role.
    seen: Matrix
    #: (C, C) the same for the wanted thing.
    target: Matrix
    #: (L,) log of how many candidates show each label.
    log_count: Matrix
    #: (C, d) the kind of room around each candidate.
    rooms: Matrix
    #: (C,) how often instructions lead to such a place.
    place: Matrix


def place_features(roles: Sequence[Role]) -> Matrix:
    """Return (T, 13) where in the instruction each word is, and its role."""
    count = len(roles)
    at = np.arange(count, dtype=np.float32)
    features = np.zeros((count, 6 + len(Role)), np.float32)
    features[:, 0] = at / max(count, 1)
    features[:, 1] = at == 0
    features[:, 2] = at < 4
    features[:, 3] = at / 10.0
    features[:, 4] = (count - at) / 10.0
    features[:, 5] = count - at < 4
    features[np.arange(count), 6 + np.array([int(r) for r in roles], np.int64)] = 1.0
    return features


def _softmax(values: Matrix) -> Matrix:
    shifted = np.exp(values - values.max(axis=-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True), np.float32)


def _windows(values: Matrix, step: int) -> Matrix:
    """Return (T, 5 F): each row with its two neighbours on either side, ``step`` apart."""
    reach = step * (WINDOW // 2)
    padded = np.pad(values, ((reach, reach), (0, 0)))
    return np.concatenate(
        [padded[i * step : i * step + len(values)] for i in range(WINDOW)], axis=1
    )


class RankingModel:
    """Scores candidates for instructions with trained weights; immutable and thread-safe."""

    def __init__(self, weights: Weights) -> None:
        """Check and take the weights; ``StoreFormatError`` if they do not make a whole model."""
        check_arrays(weights)
        self.weights = weights
        self._w = weights.arrays
        self._words = {word: row for row, word in enumerate(weights.words)}
        self._labels = {label: row for row, label in enumerate(weights.labels)}
        self.dim = int(self._w['word_vectors'].shape[1])
        self.roles = int(self._w['gate_w'].shape[1])

    @property
    def encoder_dim(self) -> int:
        """Size of the sentence vectors that unknown words and labels may be given as."""
        return len(self._w['encoder_mean'])

    def unknown_words(self, words: Sequence[str]) -> list[str]:
        """Return the distinct words that the model has no vector for, in order."""
        return [w for w in dict.fromkeys(words) if w not in self._words]

    def _projected(self, vectors: Matrix, name: str) -> Matrix:
        return np.asarray((vectors - self._w['encoder_mean']) @ self._w[name], np.float32)

    def label_vectors(self, labels: Sequence[str], vectors: Matrix | None) -> LabelVectors:
        """
        Return what the model knows of labels.

        ``vectors`` are (L, D) sentence vectors of the labels, used where a label is unknown; with
        None an unknown label is matched by its words alone.
        """
        rows = np.array([self._labels.get(label, -1) for label in labels], np.int64)
        known = rows >= 0
        match = np.zeros((len(labels), self.dim), np.float32)
        room = np.zeros_like(match)
        bias = np.zeros((len(labels), self.roles + 1), np.float32)
        match[known] = self._w['label_vectors'][rows[known]]
        room[known] = self._w['room_vectors'][rows[known]]
        bias[known] = self._w['label_bias'][rows[known]]
        if vectors is not None and not known.all():
            match[~known] = self._projected(vectors[~known], 'label_projection')
            room[~known] = self._projected(vectors[~known], 'room_projection')
        return LabelVectors(match=match, room=room, bias=bias)

    def read(self, parsed: ParsedQuery, unknown: Mapping[str, Matrix]) -> Reading:
        """Read an instruction; ``unknown`` maps words to their (D,) sentence vectors."""
        w = self._w
        words = np.zeros((len(parsed.words), self.dim), np.float32)
        for i, word in enumerate(parsed.words):
            row = self._words.get(word)
            if row is not None:
                words[i] = w['word_vectors'][row]
            elif word in unknown:
                words[i] = self._projected(unknown[word], 'word_projection')
        inputs = np.concatenate([words, place_features(parsed.roles)], axis=1)
        first = np.maximum(_windows(inputs, STEPS[0]) @ w['conv1_w'] + w['conv1_b'], 0.0)
        second = np.maximum(_windows(first, STEPS[1]) @ w['conv2_w'] + w['conv2_b'], 0.0)
        hidden = np.concatenate([first, second], axis=1)
        gates = 1.0 / (1.0 + np.exp(-(hidden @ w['gate_w'] + w['gate_b'])))
        is_target = np.array([r is Role.TARGET for r in parsed.roles], np.float32)
        attention = _softmax(hidden @ w['target_attention'] + TARGET_PRIOR * is_target)
        about = words + hidden @ w['target_context_w'] + w['target_context_b']
        pooled = _softmax(hidden @ w['room_attention']) @ hidden
        context = hidden @ w['context_w'] + w['context_b']
        target = attention @ about
        room = pooled @ w['room_query_w'] + w['room_query_b']
        return Reading(
            parsed=parsed,
            words=words,
            gates=gates.astype(np.float32),
            context=np.moveaxis(context.reshape(len(words), self.roles, self.dim), 1, 0),
            attention=attention,
            target=np.asarray(target, np.float32),
            room=np.asarray(room, np.float32),
        )

    # ---- translation into labels -------------------------------------------------------------

    def translations(
        self,
        reading: Reading,
        labels: LabelVectors,
        lexical: Matrix,
        role: int,
        words: NDArray[np.bool_] | slice = _EVERY,
    ) -> Matrix:
        """Return (T, L) the probability that a word stands for a label, rest: for none."""
        w = self._w
        factor = float(w['scale'][role]) * 2.0 / math.sqrt(self.dim)
        logits = (reading.words[words] + reading.context[role][words]) @ labels.match.T * factor
        logits += lexical[words] @ (w['lexical'][role] * 2.0) + labels.bias[:, role]
        # "None" has the logit 0, as one more column.
        peak = np.maximum(logits.max(axis=1, keepdims=True, initial=0.0), 0.0)
        shifted = np.exp(logits - peak)
        return np.asarray(shifted / (shifted.sum(axis=1, keepdims=True) + np.exp(-peak)))

    def wanted(self, reading: Reading, labels: LabelVectors, lexical: Matrix) -> Matrix:
        """Return (L,) the probability that the wanted thing goes by a label."""
        scale = float(self._w['target_scalars'][0]) * 2.0 / math.sqrt(self.dim)
        logits = labels.match @ reading.target * scale + labels.bias[:, -1]
        logits += np.tensordot(reading.attention, lexical, 1) @ (self._w['target_lexical'] * 2.0)
        return _softmax(logits)

    # ---- signals -----------------------------------------------------------------------------

    def survey(self, scene: Scene, labels: LabelVectors) -> Surroundings:
        """
        Work out what no instruction changes; ``labels`` are the L labels of the scene.

        Worth keeping as long as the candidates stay the same. Cost grows with C squared.
        """
        w = self._w
        weights = np.concatenate(
            [w['kernel'], w['room_kernel'][None], w['target_kernel'][None]]
        ).astype(np.float32)
        mixed = np.tensordot(weights, scene.kernels, 1)
        counts = scene.presence.sum(axis=0)
        hidden = np.maximum(scene.structure @ w['prior_w1'] + w['prior_b1'], 0.0)
        return Surroundings(
            seen=mixed[: self.roles],
            target=mixed[self.roles + 1],
            log_count=np.log(np.maximum(counts, 1.0)),
            rooms=self._rooms(mixed[self.roles], scene, labels, counts),
            place=hidden @ w['prior_w2'],
        )

    def signals(
        self,
        reading: Reading,
        scene: Scene,
        around: Surroundings,
        labels: LabelVectors,
        lexical: Matrix,
    ) -> dict[str, NDArray[np.float64]]:
        """
        Return (C,) contributions of each signal; their sum is the log of a probability, unscaled.

        Parameters
        ----------
        reading : Reading
            The instruction, T words.
        scene : Scene
            C candidates with L labels.
        around : Surroundings
            What ``survey`` makes of the scene.
        labels : LabelVectors
            The L labels.
        lexical : (T, L, 3) array
            Whether word and label share a stem, the label's last, and all of its.

        """
        w = self._w
        found = {'room': around.rooms @ reading.room}
        wanted = None
        if len(scene.labels):
            wanted = self.wanted(reading, labels, lexical)
            for role in range(self.roles):
                heard = reading.gates[:, role] > _UNHEARD
                meant = self.translations(reading, labels, lexical, role, heard)
                rare = np.exp(-w['spread'][role] * around.log_count)
                shown = ((meant * rare) @ scene.presence.T) @ around.seen[role].T
                logs = np.log(shown + np.exp(w['floor'][role]) * _FLOOR_SHARE)
                found[('seen', 'surroundings')[min(role, 1)]] = reading.gates[heard, role] @ logs
            refused = self._refused(reading, scene, labels, lexical)
            if refused is not None:
                found['negation'] = refused
        named = floor_features(reading.parsed.floor, scene.levels, scene.floors)
        found['floor'] = named @ w['storey']
        found['place'] = around.place
        if wanted is not None:
            others = np.sum(list(found.values()), axis=0)
            found['target'] = self._target(scene, around.target, wanted, others)
        return {name: values.astype(np.float64) for name, values in found.items()}

    def _target(self, scene: Scene, kernel: Matrix, wanted: Matrix, others: Matrix) -> Matrix:
        """Share the probability of each label among the candidates that show it."""
        _, logit, floor = self._w['target_scalars']
        share = 1.0 / (1.0 + np.exp(-logit))
        likely = np.exp(np.maximum(others - others.max(), -_DEEPEST))
        # Products of a matrix and a vector: (kernel @ presence) is never formed.
        rivals = np.log((likely @ kernel) @ scene.presence + _TINY)
        meant = kernel @ (scene.presence @ (wanted * np.exp(-share * rivals)))
        return np.asarray(np.log(meant + np.exp(floor - share * np.log(likely.sum()))))

    def _rooms(self, kernel: Matrix, scene: Scene, labels: LabelVectors, counts: Matrix) -> Matrix:
        """Return (C, d) the kind of room, from the labels around and the lie of the place."""
        w = self._w
        rare = np.exp(-_ROOM_SPREAD * np.log(np.maximum(counts, 1.0)))
        mixed = kernel @ (scene.presence @ (labels.room * rare[:, None]))
        mixed /= np.sqrt(1e-3 + kernel @ scene.presence.sum(axis=1, keepdims=True))
        kinds: Matrix = np.tanh(
            np.concatenate([mixed, scene.structure], axis=1) @ w['room_w'] + w['room_b']
        )
        return kinds

    def _refused(
        self, reading: Reading, scene: Scene, labels: LabelVectors, lexical: Matrix
    ) -> Matrix | None:
        words = [i for i, r in enumerate(reading.parsed.roles) if r is Role.NEGATED]
        if not words:
            return None
        meant = self.translations(reading, labels, lexical, 0)[words]
        seen = meant @ scene.presence.T
        return np.asarray(-_NEGATION_WEIGHT * np.minimum(seen, 1.0).max(axis=0))
