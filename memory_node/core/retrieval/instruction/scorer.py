"""Ranks sparse viewpoints for whole instructions: narrows, scores, and chooses what differs."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
import threading

import numpy as np
from numpy.typing import NDArray

from memory_node.core.data import FloatArray
from memory_node.core.language.text import content_terms
from memory_node.core.retrieval.instruction import confidence
from memory_node.core.retrieval.instruction.features import text_features, TextFeatures
from memory_node.core.retrieval.instruction.floors import find_floors
from memory_node.core.retrieval.instruction.labels import LabelTable
from memory_node.core.retrieval.instruction.model import (
    LabelVectors,
    RankingModel,
    Reading,
    Surroundings,
)
from memory_node.core.retrieval.instruction.parsing import parse_query
from memory_node.core.retrieval.instruction.scene import build_scene, crowding, Scene
from memory_node.core.retrieval.instruction.selection import (
    choose_places,
    nearness,
    probabilities,
)
from memory_node.core.retrieval.instruction.weights import load_weights
from memory_node.core.retrieval.views import TextSources
from memory_node.core.store.snapshot import Snapshot
from memory_node.core.view import View

__all__ = ['Heard', 'InstructionScorer', 'SceneView']

IntArray = NDArray[np.int64]
RealArray = NDArray[np.float64]

#: Up to this many candidates are scored by the whole model; its cost grows with their square.
MAX_CANDIDATES = 384
#: Candidates of one spot this wide [m] that survive narrowing.
_SPOT_M = 0.75
_PER_SPOT = 3
_CACHED_WORDS = 4096


@dataclass(frozen=True, slots=True)
class SceneView:
    """Candidates, their labels, and what of their score depends on nothing that is asked."""

    scene: Scene
    labels: LabelVectors
    around: Surroundings
    crowding: RealArray
    #: (C, C) 1 where an answer at one candidate is right for a goal at the other.
    near: RealArray


@dataclass(frozen=True, slots=True)
class Heard:
    """An instruction as the model read it, against the labels of one memory."""

    reading: Reading
    table: LabelTable
    #: (T, L, 3) which words and labels share letters.
    lexical: NDArray[np.float32]
    #: Number of content words.
    length: int


class InstructionScorer:
    """
    Ranks viewpoints by the model that was trained on human instructions; thread-safe.

    Made for sparse maps of viewpoints that are bare lists of labels, without positions and without
    captions of their own (REVERIE): there whole instructions are read against neighbourhoods.
    """

    def __init__(
        self,
        encode: Callable[[list[str]], FloatArray],
        encoder_id: str,
        sources: TextSources,
        *,
        model: RankingModel | None = None,
    ) -> None:
        """
        Use ``model``, the shipped one by default.

        ``encode`` returns (n, D) unit vectors of texts; it is asked for words the model does not
        know, if ``encoder_id`` is the encoder the model was trained with.
        """
        self._given = model
        self._encode = encode
        self._encoder_id = encoder_id
        self._sources = sources
        self._lock = threading.Lock()
        self._known_words: OrderedDict[str, FloatArray] = OrderedDict()
        self._held_table: tuple[tuple[str, ...], LabelTable] | None = None
        self._held_view: tuple[tuple[int, int, int], SceneView] | None = None

    @cached_property
    def _model(self) -> RankingModel:
        return RankingModel(load_weights()) if self._given is None else self._given

    @cached_property
    def _same_encoder(self) -> bool:
        return self._encoder_id == self._model.weights.origin.get('encoder')

    @cached_property
    def _stack(self) -> NDArray[np.float64]:
        return np.asarray(self._model.weights.arrays['stack'], np.float64)

    def reads(self, view: View) -> bool:
        """Tell whether a memory is one of bare labels: none placed, and no caption says more."""
        snapshot = view.snapshot
        if not len(snapshot.sighting_labels) or view.objects.placed.any():
            return False
        return view.bare_labels

    def score(
        self, view: View, text: str, vector: FloatArray, k: int
    ) -> tuple[IntArray, RealArray]:
        """Return rows that may answer an instruction, and their log-odds."""
        snapshot = view.snapshot
        parsed = parse_query(text)
        if not parsed.words:
            return np.empty(0, np.int64), np.empty(0)
        candidates = text_features(snapshot, text, vector, self._sources)
        table = self._table(snapshot)
        reading = self._model.read(parsed, self._word_vectors(parsed.words))
        lexical = table.lexical(parsed.words)
        wanted = self._model.wanted(reading, table.vectors, lexical)
        heard = Heard(reading, table, lexical, len(content_terms(text)))
        kept = self._narrowed(snapshot, candidates, heard, wanted)
        rows = candidates.rows[kept]
        seen = self._view(snapshot, table, rows)
        signals = self._model.signals(
            reading, seen.scene, seen.around, seen.labels, lexical[:, seen.scene.labels]
        )
        signals.update(self._text_signals(candidates, kept))
        signals['crowding'] = seen.crowding
        cold = float(self._stack[0])
        scores = np.sum([cold * (v - v.mean()) for v in signals.values()], axis=0)
        probability = probabilities(scores)
        places, _ = choose_places(probability, seen.scene.squared_m2, k, seen.near)
        firsts = np.array([place[0] for place in places], np.int64)
        mass = seen.near[firsts] @ probability
        sure = confidence.calibrated_reading(self.evidence(heard, seen, firsts, mass))
        # The order is that of the chosen places; confidence never turns it round.
        odds = np.log(np.clip(sure, 1e-6, 1.0 - 1e-6) / np.clip(1.0 - sure, 1e-6, 1.0))
        return rows[firsts], np.minimum.accumulate(odds) - 1e-6 * np.arange(len(odds))

    # ---- what is kept from question to question ----------------------------------------------

    def _table(self, snapshot: Snapshot) -> LabelTable:
        with self._lock:
            held = self._held_table
            if held is not None and held[0] is snapshot.labels:
                return held[1]
            vectors = snapshot.label_vectors if self._same_encoder else None
            table = LabelTable(self._model, snapshot.labels, vectors)
            self._held_table = (snapshot.labels, table)
            return table

    def _word_vectors(self, words: Sequence[str]) -> dict[str, FloatArray]:
        if not self._same_encoder:
            return {}
        unknown = self._model.unknown_words(words)
        with self._lock:
            found = {w: self._known_words[w] for w in unknown if w in self._known_words}
        missing = [w for w in unknown if w not in found]
        if missing:
            found.update(zip(missing, self._encode(missing), strict=True))
            with self._lock:
                self._known_words.update((w, found[w]) for w in missing)
                while len(self._known_words) > _CACHED_WORDS:
                    self._known_words.popitem(last=False)
        return found

    def _view(self, snapshot: Snapshot, table: LabelTable, rows: IntArray) -> SceneView:
        """Return what no question changes about these rows; kept while they are the memory."""
        whole = len(rows) == len(snapshot)
        key = (snapshot.revision, snapshot.epoch, len(snapshot))
        held = self._held_view
        if whole and held is not None and held[0] == key:
            return held[1]
        floors = None if whole else find_floors(snapshot.positions[:, 2])
        scene = build_scene(
            snapshot.positions,
            snapshot.maps,
            snapshot.sighting_starts,
            snapshot.sighting_labels,
            rows,
            floors=floors,
        )
        labels = table.vectors.take(scene.labels)
        around = self._model.survey(scene, labels)
        near = nearness(scene.squared_m2).astype(np.float64)
        view = SceneView(scene, labels, around, -crowding(scene.squared_m2), near)
        if whole:
            self._held_view = (key, view)
        return view

    # ---- from many candidates to few ---------------------------------------------------------

    def _text_signals(self, candidates: TextFeatures, kept: IntArray) -> dict[str, RealArray]:
        found = {}
        for weight, name in zip(self._stack[1:], ('captions', 'objects', 'words'), strict=True):
            mean, deviation = candidates.population[name]
            values = getattr(candidates, name)[kept] - mean
            found[name] = float(weight) * values / max(deviation, 1e-9)
        return found

    def evidence(
        self, heard: Heard, view: SceneView, firsts: IntArray, mass: RealArray
    ) -> RealArray:
        """
        Return (P, F) what confidence is judged from; see ``confidence.reading_features``.

        ``firsts`` are the candidates that stand for the places, ``mass`` is the probability
        within reach of each.
        """
        lexical, scene = heard.lexical, view.scene
        wanted = heard.reading.attention.astype(np.float64)
        meant = self._model.translations(heard.reading, heard.table.vectors, lexical, 0)
        around = (view.near[firsts] @ scene.presence) > 0.0
        here = meant[:, scene.labels]
        return confidence.reading_features(
            mass,
            float(wanted @ meant.max(axis=1, initial=0.0)),
            np.array([wanted @ here[:, shown].max(axis=1, initial=0.0) for shown in around]),
            float(wanted @ lexical[:, :, 0].max(axis=1, initial=0.0)),
            float((wanted * lexical[:, :, 2].max(axis=1, initial=0.0)).max(initial=0.0)),
            heard.length,
        )

    def _narrowed(
        self,
        snapshot: Snapshot,
        candidates: TextFeatures,
        heard: Heard,
        wanted: NDArray[np.float32],
    ) -> IntArray:
        """Return which candidates the whole model looks at, ascending."""
        rows = candidates.rows
        if len(rows) <= MAX_CANDIDATES:
            return np.arange(len(rows))
        meant = heard.reading.gates[:, 0] @ np.log1p(
            50.0 * self._model.translations(heard.reading, heard.table.vectors, heard.lexical, 0)
        )
        worth = meant + 2.0 * np.log1p(100.0 * wanted)
        best = _best_label(snapshot, rows, worth.astype(np.float64))
        z_words = candidates.words / max(candidates.population['words'][1], 1e-9)
        order = np.lexsort((rows, -(best + 0.5 * z_words)))
        spots = _numbered_spots(snapshot, rows[order])
        by_spot = np.argsort(spots, kind='stable')
        first = np.searchsorted(spots[by_spot], spots[by_spot])
        rank = np.empty(len(spots), np.int64)
        rank[by_spot] = np.arange(len(spots)) - first
        kept = order[rank < _PER_SPOT][:MAX_CANDIDATES]
        return np.sort(kept)


def _numbered_spots(snapshot: Snapshot, rows: IntArray) -> IntArray:
    """Return (C,) a number that rows on one spot of one map share."""
    cells = np.floor(snapshot.positions[rows] / _SPOT_M).astype(np.int64)
    cells -= cells.min(axis=0)
    code = snapshot.maps[rows].astype(np.int64)
    for axis in range(3):
        code = code * (int(cells[:, axis].max()) + 1) + cells[:, axis]
    return code


def _best_label(snapshot: Snapshot, rows: IntArray, worth: RealArray) -> RealArray:
    """Return (C,) how well the labels of each row fit: the best one, and a share of the sum."""
    starts = snapshot.sighting_starts
    counts = starts[rows + 1] - starts[rows]
    found = np.zeros(len(rows))
    seen = np.flatnonzero(counts)
    if not len(seen):
        return found
    counts = counts[seen]
    begins = np.cumsum(counts) - counts
    at = np.repeat(starts[rows[seen]] - begins, counts) + np.arange(counts.sum())
    values = worth[snapshot.sighting_labels[at]]
    found[seen] = np.maximum.reduceat(values, begins) + 0.25 * np.add.reduceat(values, begins)
    return found
