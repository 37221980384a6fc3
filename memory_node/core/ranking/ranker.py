"""The learned ranker of a memory: narrows candidates, scores them, and chooses the answers."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
import threading

import numpy as np
from numpy.typing import NDArray

from memory_node.core import confidence
from memory_node.core.candidates import Candidates, Question, Sources
from memory_node.core.config import RetrievalConfig
from memory_node.core.data import FloatArray, QueryMode
from memory_node.core.ranking.floors import find_floors
from memory_node.core.ranking.labels import LabelTable
from memory_node.core.ranking.model import LabelVectors, RankingModel, Reading, Surroundings
from memory_node.core.ranking.parsing import parse_query
from memory_node.core.ranking.scene import build_scene, crowding, Scene
from memory_node.core.ranking.selection import choose_places, nearness, probabilities
from memory_node.core.ranking.weights import load_weights
from memory_node.core.retrieval import closeness, counted, FusionRanker, Ranking
from memory_node.core.store.snapshot import Snapshot
from memory_node.core.things import labelled_sample, MOST_PLACED, share_placed

__all__ = ['Heard', 'LearnedRanker', 'View']

IntArray = NDArray[np.int64]
RealArray = NDArray[np.float64]

#: Up to this many candidates are scored by the whole model; its cost grows with their square.
MAX_CANDIDATES = 384
#: Candidates of one spot this wide [m] that survive narrowing.
_SPOT_M = 0.75
_PER_SPOT = 3
#: Below this share of candidates with a label there is too little to translate words into.
_MIN_LABELLED = 0.25
#: Score of standing right beside ``near``, in nats.
_NEAR_WEIGHT = 3.0
_CACHED_WORDS = 4096


@dataclass(frozen=True, slots=True)
class View:
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


class LearnedRanker:
    """
    Ranks places by the model that was trained on human instructions; thread-safe.

    Where a memory has captions but hardly any labels, or knows where the things it saw are, the
    fusion of captions, objects and words answers.
    """

    def __init__(
        self,
        config: RetrievalConfig,
        encode: Callable[[list[str]], FloatArray],
        encoder_id: str,
        *,
        model: RankingModel | None = None,
    ) -> None:
        """
        Use ``model``, the shipped one by default.

        ``encode`` returns (n, D) unit vectors of texts; it is asked for words the model does not
        know, if ``encoder_id`` is the encoder the model was trained with.
        """
        self._config = config
        self._model = RankingModel(load_weights()) if model is None else model
        self._encode = encode
        self._same_encoder = encoder_id == self._model.weights.origin.get('encoder')
        self._fusion = FusionRanker(config)
        self._stack = self._model.weights.arrays['stack']
        self._lock = threading.Lock()
        self._known_words: OrderedDict[str, FloatArray] = OrderedDict()
        self._held_table: tuple[tuple[str, ...], LabelTable] | None = None
        self._held_view: tuple[tuple[int, int, int], View] | None = None

    def reads(self, snapshot: Snapshot) -> bool:
        """Tell whether instructions about this memory are read whole: areas, landmarks, floors."""
        labelled, sampled = labelled_sample(snapshot)
        enough = len(labelled) >= _MIN_LABELLED * max(sampled, 1)
        # The model was trained on a sparse map of viewpoints; where things are placed, an answer
        # must be a pose that sees the thing itself.
        return enough and share_placed(snapshot, labelled) <= MOST_PLACED

    def rank(
        self, snapshot: Snapshot, question: Question, candidates: Candidates, sources: Sources
    ) -> Ranking:
        """Return scored candidates and the places to answer with."""
        starts = snapshot.sighting_starts
        labelled = starts[candidates.rows + 1] > starts[candidates.rows]
        mapped = share_placed(snapshot, candidates.rows[labelled]) > MOST_PLACED
        unfit = mapped or labelled.mean() < _MIN_LABELLED or self._config.leaves_out('network')
        if question.mode is QueryMode.GLOBAL or unfit:
            return self._fusion.rank(snapshot, question, candidates, sources)
        parsed = parse_query(question.query.text)
        # A caption without labels that has the words says what labels can't: read text as a whole.
        told = bool((candidates.words[~labelled] > 0.0).any())
        if told or not parsed.words:
            return self._fusion.rank(snapshot, question, candidates, sources)
        table = self._table(snapshot)
        reading = self._model.read(parsed, self._word_vectors(parsed.words))
        lexical = table.lexical(parsed.words)
        wanted = self._model.wanted(reading, table.vectors, lexical)
        heard = Heard(reading, table, lexical, len(question.terms))
        kept = self._narrowed(snapshot, candidates, heard, wanted)
        rows = candidates.rows[kept]
        view = self._view(snapshot, table, rows)
        scene = view.scene
        signals = self._model.signals(
            reading, scene, view.around, view.labels, lexical[:, scene.labels]
        )
        signals.update(self._text_signals(candidates, kept))
        signals['crowding'] = view.crowding
        near = closeness(snapshot, question, rows, self._config.distance_scale_m)
        if near is not None:
            signals['near'] = _NEAR_WEIGHT * near
        for name, wished in question.preferences.items():
            signals[name] = signals.get(name, 0.0) + _NEAR_WEIGHT * wished[rows]
        cold = float(self._stack[0])
        signals = {n: cold * (values - values.mean()) for n, values in signals.items()}
        signals = dict(counted(signals, self._config))
        scores = np.sum(list(signals.values()), axis=0)
        probability = probabilities(scores)
        places, _ = choose_places(probability, scene.squared_m2, question.query.k, view.near)
        firsts = np.array([place[0] for place in places], np.int64)
        mass = view.near[firsts] @ probability
        return Ranking(
            rows=rows,
            signals=signals,
            scores=scores,
            places=places,
            confidence=confidence.calibrated_reading(self.evidence(heard, view, firsts, mass)),
            label_scores=wanted.astype(np.float64),
        )

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

    def _view(self, snapshot: Snapshot, table: LabelTable, rows: IntArray) -> View:
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
        view = View(scene, labels, around, -crowding(scene.squared_m2), near)
        if whole:
            self._held_view = (key, view)
        return view

    # ---- from many candidates to few ---------------------------------------------------------

    def _text_signals(self, candidates: Candidates, kept: IntArray) -> dict[str, RealArray]:
        found = {}
        for weight, name in zip(self._stack[1:], ('captions', 'objects', 'words'), strict=True):
            mean, deviation = candidates.population[name]
            values = getattr(candidates, name)[kept] - mean
            found[name] = float(weight) * values / max(deviation, 1e-9)
        return found

    def evidence(self, heard: Heard, view: View, firsts: IntArray, mass: RealArray) -> RealArray:
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
        candidates: Candidates,
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
