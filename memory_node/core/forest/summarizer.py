"""Collects what was seen in the areas of a forest, and writes their names and descriptions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
import threading

import numpy as np
from numpy.typing import NDArray

from memory_node.core.forest.forest import Forest
from memory_node.core.forest.llm_namer import Narrator, Request
from memory_node.core.forest.node import ForestNode
from memory_node.core.forest.summaries import AreaText, describe, Evidence, phrases, UNNAMED
from memory_node.core.language.text import clean_label
from memory_node.core.store.snapshot import Snapshot

__all__ = ['Survey']

#: Captions read for one area.
_CAPTIONS = 12
_PHRASES_KEPT = 60
#: An area is described again when this part of it changed.
_CHANGE = 0.05
_NEIGHBORS = 3
#: Areas up to this level are rooms or less; larger ones are named after the rooms in them.
_ROOM_LEVEL = 2

Captions = Callable[[NDArray[np.int64]], Sequence[str]]


class Survey:
    """
    Describes the changed areas of a forest, smallest first.

    ``captions`` reads the captions of leaf keys. ``lock`` guards the forest and is never held
    while captions are read or a model is asked.
    """

    def __init__(
        self,
        captions: Captions,
        lock: threading.RLock,
        narrator: Narrator | None = None,
    ) -> None:
        """Describe from words alone, or with a language model where ``narrator`` is given."""
        self._captions = captions
        self._lock = lock
        self._narrator = narrator
        self._known: dict[int, tuple[int, Evidence]] = {}
        self._forgotten = 0

    def forget(self, forest: Forest) -> None:
        """Drop all names and descriptions, those that are being written too; hold the lock."""
        self._forgotten += 1
        self._known = {}
        for node in forest.nodes.values():
            node.text, node.dirty = None, True
        if self._narrator is not None:
            self._narrator.forget()

    def describe(
        self, forest: Forest, snapshot: Snapshot, stopping: Callable[[], bool] = lambda: False
    ) -> int:
        """Describe every dirty area; returns how many. Ends early when ``stopping`` says so."""
        labels = [clean_label(label) for label in snapshot.labels]
        done = 0
        with self._lock:
            began = self._forgotten
            pending = forest.dirty(_CHANGE)
            alive = set(forest.nodes)
        self._known = {i: known for i, known in self._known.items() if i in alive}
        for level in sorted({node.level for node in pending}):
            requests: list[tuple[ForestNode, int, Request]] = []
            for node in (n for n in pending if n.level == level):
                if stopping():
                    return done
                asked = self._request(forest, node, snapshot, labels)
                if asked is not None:
                    requests.append((node, *asked))
            texts: dict[int, AreaText] = {}
            if self._narrator is not None:
                texts = self._narrator.name([request for _, _, request in requests])
            with self._lock:
                if self._forgotten != began:  # what was read may be gone
                    return done
                for node, revision, request in requests:
                    node.text = texts.get(node.id, request.fallback)
                    node.described = revision
                    node.dirty = node.revision != revision
                for node, _, _ in requests:
                    _relate(forest, node)
            done += len(requests)
        return done

    def _request(
        self, forest: Forest, node: ForestNode, snapshot: Snapshot, labels: Sequence[str]
    ) -> tuple[int, Request] | None:
        own = self._evidence(forest, node, snapshot, labels)
        if own is None:
            return None
        with self._lock:
            parent = node.parent
            beside = [] if parent is None else [c for c in parent.children if c is not node]
            parts = sorted(node.children, key=lambda c: (-c.count, c.id))
            texts = [c.text for c in parts if c.text is not None][:8]
        siblings = [self._evidence(forest, s, snapshot, labels) for s in beside]
        fallback = describe(own[1], [s[1] for s in siblings if s is not None])
        return own[0], Request(node.id, own[1], texts, fallback, node.map_id)

    def _evidence(
        self, forest: Forest, node: ForestNode, snapshot: Snapshot, labels: Sequence[str]
    ) -> tuple[int, Evidence] | None:
        """Revision and evidence of an area; None when it is gone by now."""
        with self._lock:
            if node.id not in forest.nodes or node.parent is None:
                return None
            revision = node.revision
            known = self._known.get(node.id)
            if known is not None and known[0] == revision:
                return known
            keys = forest.leaf_keys(node)
            vectors, direction = self._sample(forest, keys), node.embedding
            rooms = _rooms_below(node)
            span = (node.first_ns, node.last_ns)
        rows = snapshot.rows_of(np.sort(keys))
        evidence = Evidence(len(rows), *span)
        evidence.objects = _objects(snapshot, rows, labels)
        evidence.rooms = rooms
        picked = keys[vectors[0]][np.argsort(-(vectors[1] @ direction), kind='stable')]
        evidence.captions = [c for c in self._captions(picked) if c.strip()]
        if not evidence.objects:
            counts = Counter(p for c in evidence.captions for p in phrases(c))
            evidence.phrases = Counter(dict(_top(counts, _PHRASES_KEPT)))
        self._known[node.id] = (revision, evidence)
        return revision, evidence

    def _sample(
        self, forest: Forest, keys: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Evenly spread leaves of an area, as indices and embeddings."""
        step = np.unique(np.linspace(0, len(keys) - 1, min(_CAPTIONS, len(keys))).astype(np.int64))
        return step, forest.stacked_vectors(keys[step].tolist())


def _relate(forest: Forest, node: ForestNode) -> None:
    """Say what an area lies next to, once its neighbours have names; a model says so itself."""
    if node.text is None or node.text.relations:
        return
    near = sorted(node.links.items(), key=lambda link: (-link[1], link[0]))
    texts = [n.text for i, _ in near if (n := forest.nodes.get(i)) is not None]
    names = [t.room or t.name for t in texts if t is not None and t.name != UNNAMED]
    relations = tuple(f'next to {name}' for name in dict.fromkeys(names))[:_NEIGHBORS]
    node.text = replace(node.text, relations=relations)


def _rooms_below(node: ForestNode) -> Counter[str]:
    """Kinds of room in an area larger than a room, by leaves."""
    rooms: Counter[str] = Counter()
    if node.level <= _ROOM_LEVEL:
        return rooms
    stack = list(node.children)
    while stack:
        at = stack.pop()
        if at.level <= _ROOM_LEVEL:
            if at.text is not None and at.text.room:
                rooms[at.text.room] += at.count
        else:
            stack.extend(at.children)
    return rooms


def _objects(snapshot: Snapshot, rows: NDArray[np.int64], labels: Sequence[str]) -> Counter[str]:
    """Observations that saw each kind of object."""
    counts: Counter[str] = Counter()
    if len(rows) == 0:
        return counts
    first, stop = snapshot.sighting_starts[rows], snapshot.sighting_starts[rows + 1]
    sizes = stop - first
    owner = np.repeat(np.arange(len(rows)), sizes)
    within = np.arange(len(owner)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    seen = snapshot.sighting_labels[first[owner] + within].astype(np.int64)
    distinct = np.unique(owner * len(labels) + seen) % max(len(labels), 1)
    for label, n in enumerate(np.bincount(distinct, minlength=len(labels)).tolist()):
        if n and labels[label]:
            counts[labels[label]] += n
    return counts


def _top(counts: Counter[str], n: int) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:n]
