"""Buildings and instructions as the network's inputs, made by the code that ranks at run time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
import torch

from memory_bench.datasets.reverie import Building
from memory_bench.training.network import Example, SceneTensors, Vectors
from memory_node.core.language.text import clean_label
from memory_node.core.ports import Encoder
from memory_node.core.retrieval.instruction.floors import floor_features
from memory_node.core.retrieval.instruction.parsing import parse_query
from memory_node.core.retrieval.instruction.scene import build_scene, Scene
from memory_node.core.retrieval.instruction.selection import SUCCESS_RADIUS_M
from memory_node.core.retrieval.instruction.words import stem, tokenize

__all__ = ['Prepared', 'common_words', 'encode_vocabulary', 'prepare']

#: Main components kept of a sentence vector, and the scale that suits the network.
COMPONENTS = 96
_SCALE = 4.0
#: A word seen in fewer training instructions has no vector of its own.
MIN_COUNT = 3
MAX_WORDS = 48


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """One building ready for training: its scene, and its instructions."""

    name: str
    scene: Scene
    tensors: SceneTensors
    examples: tuple[Example, ...]
    words: tuple[tuple[str, ...], ...]
    #: (Q, C) distance of each candidate from the goal [m].
    distances: NDArray[np.float64]
    texts: tuple[str, ...]


def encode_vocabulary(buildings: Iterable[Building], encoder: Encoder) -> Vectors:
    """Encode all words and labels of the buildings, reduced to their main components."""
    buildings = list(buildings)
    labels = sorted(
        {clean_label(s.label) for b in buildings for o in b.observations for s in o.sightings}
    )
    texts = [q.text for b in buildings for q in b.queries]
    words = sorted(
        {w for t in texts for w in parse_query(t).words} | {w for n in labels for w in tokenize(n)}
    )
    encoded_words, encoded_labels = encoder.encode(words), encoder.encode(labels)
    mean = encoded_words.mean(axis=0)
    both = np.concatenate([encoded_words, encoded_labels]) - mean
    _, _, axes = np.linalg.svd(both, full_matrices=False)
    # The sign of a component is arbitrary; fix it, so that every machine finds the same.
    axes = axes[:COMPONENTS]
    axes *= np.sign(axes[np.arange(len(axes)), np.abs(axes).argmax(axis=1)])[:, None]
    projection = (axes.T * _SCALE).astype(np.float32)
    return Vectors(
        words=tuple(words),
        labels=tuple(labels),
        word_vectors=torch.from_numpy((encoded_words - mean) @ projection),
        label_vectors=torch.from_numpy((encoded_labels - mean) @ projection),
        mean=mean.astype(np.float32),
        projection=projection,
    )


def common_words(prepared: Iterable[Prepared], vectors: Vectors) -> torch.Tensor:
    """Return (W,) 1 where a word is in at least ``MIN_COUNT`` of the instructions."""
    counts = Counter(w for b in prepared for words in b.words for w in set(words))
    return torch.tensor([float(counts[w] >= MIN_COUNT) for w in vectors.words])


def _lexical(words: tuple[str, ...], stems: list[list[str]]) -> torch.Tensor:
    own = [stem(w) for w in words]
    found = torch.zeros(len(words), len(stems), 3, dtype=torch.int8)
    for column, label in enumerate(stems):
        complete = set(label) <= set(own)
        for row, one in enumerate(own):
            if one in label:
                found[row, column] = torch.tensor([1, one == label[-1], complete])
    return found


def _scene(building: Building, label_rows: Mapping[str, int]) -> Scene:
    shown = [
        [label_rows[clean_label(s.label)] for s in o.sightings] for o in building.observations
    ]
    starts = np.concatenate([[0], np.cumsum([len(s) for s in shown])]).astype(np.int64)
    return build_scene(
        building.positions,
        np.zeros(len(shown), np.int32),
        starts,
        np.array([row for rows in shown for row in rows], np.int32),
        np.arange(len(shown)),
    )


def prepare(building: Building, vectors: Vectors) -> Prepared:
    """Return a building's scene and instructions as tensors."""
    label_rows = {label: row for row, label in enumerate(vectors.labels)}
    word_rows = {word: row for row, word in enumerate(vectors.words)}
    scene = _scene(building, label_rows)
    presence = torch.from_numpy(scene.presence)
    tensors = SceneTensors(
        labels=torch.from_numpy(scene.labels),
        presence=presence,
        kernels=torch.from_numpy(scene.kernels),
        structure=torch.from_numpy(scene.structure),
        log_counts=torch.log(presence.sum(0)),
    )
    stems = [[stem(w) for w in tokenize(vectors.labels[row])] for row in scene.labels]
    rows = {o.id: i for i, o in enumerate(building.observations)}
    examples, words = [], []
    goals = np.array([q.goal for q in building.queries]).reshape(-1, 3)
    distances = np.linalg.norm(building.positions[None] - goals[:, None], axis=2)
    for query, apart in zip(building.queries, distances, strict=True):
        parsed = parse_query(query.text)
        spoken = parsed.words[:MAX_WORDS]
        ids = torch.tensor([word_rows[w] for w in spoken])
        seen = [rows[i] for i in query.goal_ids if i in rows] or [int(apart.argmin())]
        examples.append(
            Example(
                words=ids,
                trained=torch.ones(len(spoken)),
                roles=parsed.roles[:MAX_WORDS],
                lexical=_lexical(spoken, stems),
                floor=torch.from_numpy(floor_features(parsed.floor, scene.levels, scene.floors)),
                goal=int(apart.argmin()),
                right=torch.from_numpy(apart <= SUCCESS_RADIUS_M),
                meant=presence[seen].amin(0) > 0,
            )
        )
        words.append(spoken)
    return Prepared(
        name=building.name,
        scene=scene,
        tensors=tensors,
        examples=tuple(examples),
        words=tuple(words),
        distances=distances,
        texts=tuple(q.text for q in building.queries),
    )
