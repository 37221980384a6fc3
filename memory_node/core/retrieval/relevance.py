"""How likely a thing of each name is what a request wants: the one relevance model."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from memory_node.core.data import FloatArray
from memory_node.core.language.names import parse_name, relate, Relation
from memory_node.core.language.noun_phrases import split_name
from memory_node.core.language.request import Request, SubjectKind
from memory_node.core.language.signs import sign_words
from memory_node.core.language.text import lemmas
from memory_node.core.objects.meaning import PackVectors
from memory_node.core.objects.names import Names
from memory_node.core.retrieval.scale import both
from memory_node.core.retrieval.signs import misread, near_numbers
from memory_node.core.rooms.vocabulary import plain, split_number

__all__ = ['RELATION_ODDS', 'EmbeddingRelevance', 'Relevance', 'RelevanceModel', 'alike', 'served']

RealArray = NDArray[np.float64]

#: Log-odds that a thing is meant, by how its name relates to the name that was asked for.
RELATION_ODDS = {
    Relation.SAME: 6.0,
    Relation.SYNONYM: 3.0,
    Relation.KIND: 2.0,
    Relation.PART_NAME: -1.0,
    Relation.CONFLICT: -4.0,
    Relation.OTHER: -6.0,
}
_ODDS = np.array([RELATION_ODDS[one] for one in Relation])
#: Log-odds of a name that nothing goes by any more.
GONE = -8.0
#: Log-odds of every name where no thing is named: "what is on the table?".
ANYTHING = 3.0


#: Log-odds per unit of score by which a thing serves a need better than the best things that
#: packs know, and those of serving it as well; fitted on held-out classes, see docs/benchmarks.md.
SLOPE, OFFSET = 18.4, 2.5
#: How much single uses count beside the whole meaning.
USES = 0.6
#: Names, and rows of packs, whose uses are looked at: those that mean most.
_LOOKED_AT = 64
#: How many of the best things of the world a need is measured against.
WORLD_TOP = 3
#: Log-odds that a thing serves a need which says its name ("fill the kettle", "operate the TV"):
#: 5 of 97 such needs that people wrote name what serves them.
THEME = -2.9
#: Words of a name that a need may say.
_NAME_WORDS = 3
#: Log-odds that a thing of the right name serves a purpose, over those of any thing.
_NAMED = 3.0
#: Cosine from which on two names may mean one thing, what more of it is worth [log-odds], and
#: log-odds of a thing that is not meant, before its cosine orders what comes closest.
_ALIKE, _ALIKE_SLOPE, UNLIKE = 0.55, 8.0, -6.0
#: Cosine from which on two names of one head are one, whatever tells them apart: audio mixers
#: are sound mixers.
_ONE_NAME = 0.9
#: What nearness in meaning to a name of nearly anything is worth.
_LIKEST = 4.0
#: What nearness in meaning adds among things that a name fits equally well.
_PREFERENCE = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Relevance:
    """What a request means in one memory."""

    #: (L,) log-odds that a thing of each name is meant.
    odds: RealArray
    #: Whether the request names a thing, and something here goes by that name.
    named: bool
    #: (L,) whether a name is wider than what is asked for, so that it says nothing against it:
    #: an apron may be a lead apron, a sign one that says "304". None where no name is.
    wider: NDArray[np.bool_] | None = None

    def among(self, present: NDArray[np.bool_]) -> Relevance:
        """Return the relevance of (L,) names of which only some are of things that are held."""
        odds = np.where(present, self.odds, GONE)
        return replace(self, odds=odds, named=self.named and bool((odds > 0.0).any()))


class RelevanceModel(Protocol):
    """Tells what a request means among the names of a memory."""

    def texts(self, request: Request) -> list[str]:
        """Return the texts of a request whose vectors ``relevance`` takes, the subject first."""

    def relevance(self, request: Request, names: Names, vectors: FloatArray) -> Relevance:
        """Return what a request means among names; ``vectors`` are those of ``texts``."""

    def named(self, phrase: str, names: Names) -> RealArray:
        """Return (L,) log-odds that things of each name are what a phrase names."""

    def unnamed(self, phrase: str, names: Names, vector: FloatArray) -> RealArray:
        """Return (L,) log-odds that things are meant by a phrase that none of them goes by."""


class EmbeddingRelevance:
    """
    Relevance by names first, then by the encoder; implements ``ports.RelevanceModel``.

    A name decides alone where something goes by it. Where nothing does, a request that speaks of
    one thing by a plain name means nothing that is here. Everything else is judged by meaning:
    how well a thing serves the need, against the best that there is in the world.
    """

    def texts(self, request: Request) -> list[str]:
        """Return the texts of a request whose vectors ``relevance`` takes."""
        subject = request.subject
        texts = [subject.text or request.text, request.around or request.text]
        return (
            [*texts, subject.name, *subject.others] if subject.kind is SubjectKind.NAME else texts
        )

    def relevance(self, request: Request, names: Names, vectors: FloatArray) -> Relevance:
        """Return what a request means among names; ``vectors`` are those of ``texts``."""
        subject = request.subject
        if not len(names):
            return Relevance(odds=np.empty(0), named=False)
        if subject.kind is SubjectKind.ANYTHING:
            odds = np.full(len(names), ANYTHING)
            if subject.name:  # "the machine", of which nothing here has the name
                near = names.vectors @ vectors[0]
                odds += _LIKEST * (near - near.max())
            return Relevance(odds=odds, named=False)
        if subject.kind is not SubjectKind.NAME:
            odds = served(names, vectors[:2])
            odds[_themes(request.around or subject.text, names)] += THEME
            return Relevance(odds=odds, named=False)
        if subject.others:
            return self._any_of(request, names, vectors)
        odds = self.named(subject.name, names)
        if (odds > 0.0).any():
            if subject.purpose:  # of several kinds of containers, the one to cook in
                odds = np.where(odds > 0.0, both(odds, served(names, vectors[:2]) + _NAMED), odds)
            near = names.vectors @ vectors[0]
            if (odds[names.signs] > 0.0).any():  # any sign may be one that says it
                unread = np.concatenate([names.unread_signs, misread(names, odds > 0.0)])
                odds[unread] = np.maximum(odds[unread], RELATION_ODDS[Relation.PART_NAME])
            return Relevance(
                odds=odds + _PREFERENCE * (near - 1.0),
                named=True,
                wider=odds == RELATION_ODDS[Relation.PART_NAME],
            )
        odds = np.maximum(odds, self.unnamed(subject.name, names, vectors[2]))
        if (odds > 0.0).any():
            nearest = names.texts[int(np.argmax(odds))]
            of_nearest = names.matcher.relations(nearest)[: len(names)]
            return Relevance(odds=odds, named=False, wider=of_nearest == Relation.PART_NAME)
        if subject.definite or not (subject.purpose or subject.wished):
            return Relevance(odds=odds, named=False)
        return Relevance(odds=served(names, vectors[:2]), named=False)

    def _any_of(self, request: Request, names: Names, vectors: FloatArray) -> Relevance:
        """Return what any of the names of a request means; what is here comes before the like."""
        subject = replace(request.subject, others=())
        parts = [self.relevance(replace(request, subject=subject), names, vectors)]
        for name, vector in zip(request.subject.others, vectors[3:], strict=True):
            other = replace(subject, text=name, name=name, attributes=())
            own = np.stack([vector, vectors[1], vector])
            parts.append(self.relevance(replace(request, subject=other), names, own))
        meant = [part for part in parts if part.named] or parts
        return Relevance(odds=np.max([part.odds for part in meant], axis=0), named=meant[0].named)

    def named(self, phrase: str, names: Names) -> RealArray:
        """Return (L,) log-odds that things of each name are what a phrase names."""
        if not len(names):
            return np.empty(0)
        odds = _ODDS[names.matcher.relations(phrase)[: len(names)]]
        exact = names.forms.get(lemmas(phrase))
        if exact is not None and exact < len(names) and split_name(phrase)[0]:
            # Things go by "cordless drill": another drill is none, whatever "cordless" may be.
            own = odds[exact]
            odds = np.minimum(odds, RELATION_ODDS[Relation.PART_NAME])
            odds[exact] = own
        return np.asarray(odds)

    def unnamed(self, phrase: str, names: Names, vector: FloatArray) -> RealArray:
        """Return (L,) log-odds that things are meant by a phrase that none of them goes by."""
        if not len(names):
            return np.empty(0)
        odds = np.where(_numbered_alike(phrase, names), alike(names, phrase, vector), UNLIKE)
        return np.maximum(odds, near_numbers(names, phrase))


def _themes(need: str, names: Names) -> list[int]:
    """Return the names that a need says itself: what is to be done is done to such a thing."""
    words = lemmas(need)
    said = {words[i : i + n] for n in range(1, _NAME_WORDS + 1) for i in range(len(words))}
    found = (names.forms.get(one) for one in said)
    return sorted({name for name in found if name is not None and name < len(names)})


def _numbered_alike(phrase: str, names: Names) -> NDArray[np.bool_]:
    """Return (L,) whether a name has the numbers of a phrase: gate 3 is no gate 4."""
    wanted = set(sign_words(phrase).numbers)
    if (last := split_number(plain(phrase))[1]).isdigit():  # "gate three"
        wanted.add(last)
    if not wanted:
        return np.ones(len(names), np.bool_)
    return np.array([wanted <= set(sign_words(name).numbers) for name in names.texts])


def alike(names: Names, phrase: str, vector: FloatArray) -> RealArray:
    """
    Return (L,) log-odds that a thing of each name is what an unknown phrase of a vector means.

    It is where no row of the packs but its own is nearer in meaning: the "medicine cart" is the
    medicine trolley, and the "treadmill" is no bicycle. A name is as near as the nearest synonym
    of its row that the phrase does not contradict, and a row that the phrase says a part of is
    no rival to other rows: "ballet slippers" are ballet shoes, whatever a slipper is.
    """
    cosines = (names.vectors @ vector).astype(np.float64)
    cosines[names.signs] = -1.0
    packs = names.world
    if not len(packs.names):
        return np.where(cosines >= _ALIKE, _ALIKE_SLOPE * (cosines - _ALIKE), UNLIKE + cosines)
    called = packs.names @ vector
    rows = np.maximum.reduceat(called, packs.starts)
    own = packs.rows.get(lemmas(phrase), [])
    parts = [row for row in packs.rows_within(phrase) if row not in own]  # "lawn mower", "mower"
    others = rows.copy()
    others[parts] = -1.0
    contradicted = names.matcher.relations(phrase)[: len(names)] == Relation.CONFLICT
    rivals = np.where(
        contradicted | np.isin(names.rows, parts),
        _best_other(rows, names.rows),
        _best_other(others, names.rows),
    )
    near = np.where(names.rows >= 0, rows[names.rows], cosines)
    wanted = parse_name(phrase)
    for name in np.flatnonzero((near > cosines) & (near >= np.maximum(rivals, _ALIKE))).tolist():
        of_row = slice(*packs.span(int(names.rows[name])))
        nearest = packs.called[of_row.start + int(np.argmax(called[of_row]))]
        other = relate(wanted, parse_name(nearest)) is Relation.CONFLICT
        if not other or near[name] >= _ONE_NAME:  # a calf pen is no pig pen
            cosines[name] = near[name]
    meant = (cosines >= _ALIKE) & (cosines >= rivals)
    return np.where(meant, _ALIKE_SLOPE * (cosines - _ALIKE), UNLIKE + cosines)


def _best_other(scores: FloatArray, rows: NDArray[np.int64]) -> RealArray:
    """Return the best of the scores, for each of ``rows`` without its own."""
    best = int(np.argmax(scores))
    second = float(np.partition(scores, -2)[-2]) if len(scores) > 1 else -1.0
    return np.where(rows == best, second, float(scores[best]))


def served(names: Names, vectors: FloatArray) -> RealArray:
    """
    Return (L,) log-odds that a thing of each name serves a need.

    ``vectors`` are those of the need and of the whole request. A thing is as good as its meaning
    and its uses say, against the best three of the world. Only what means most has its uses
    looked at; the rest is as good as the worst of these.
    """
    wanted = vectors.sum(axis=0)
    wanted /= max(float(np.linalg.norm(wanted)), 1e-9)
    packs, score = names.world, (names.meanings @ wanted).astype(np.float64)
    if not len(packs.world):
        score[names.signs] = -1.0  # what a sign says is not what it is for
        return np.asarray(SLOPE * (score - 0.5) + OFFSET)
    score = _with_uses(score, names.use_rows, packs, wanted)
    score[names.signs] = -1.0
    world = packs.world @ wanted
    rows = _highest(world, _LOOKED_AT)
    best = _with_uses(world[rows].astype(np.float64), rows, packs, wanted)
    best = best[_highest(best, WORLD_TOP)]
    return np.asarray(SLOPE * (score - best.mean()) + OFFSET)


def _with_uses(
    score: RealArray, rows: NDArray[np.int64], packs: PackVectors, wanted: FloatArray
) -> RealArray:
    """Return (n,) cosines of meanings with those of the uses of ``rows`` added, as weighed."""
    near = _highest(score, _LOOKED_AT)
    told = packs.told(wanted, rows[near])
    told = np.where(np.isnan(told), score[near], told)
    added = np.full(len(score), told.min(initial=1.0))
    added[near] = told
    return (score + USES * added) / (1.0 + USES)


def _highest(scores: NDArray[np.floating], count: int) -> NDArray[np.int64]:
    """Return the places of the highest scores, at most ``count``."""
    count = min(count, len(scores))
    return np.argpartition(scores, -count)[-count:] if count else np.empty(0, np.int64)
