"""Whether a text is right: the facts it names, and what else it claims."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from memory_node.core.ports import Encoder
from memory_node.core.store.postings import Stemmer

__all__ = ['TextJudge', 'TextVerdict']

#: Words of a text that are read; naming everything there is would be no answer.
_WORDS = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class TextVerdict:
    """How good a text is as an answer."""

    #: Share of the true facts that it names, and share of what it names that is true.
    recall: float
    precision: float
    #: Cosine between the text and the facts.
    cosine: float

    @property
    def f1(self) -> float:
        """Harmonic mean of recall and precision."""
        both = self.recall + self.precision
        return 2.0 * self.recall * self.precision / both if both else 0.0

    @property
    def similarity(self) -> float:
        """Mean of cosine and recall."""
        return 0.5 * (max(self.cosine, 0.0) + self.recall)

    @property
    def success(self) -> bool:
        """Whether it names enough of what is true, and not much else."""
        return self.f1 >= 0.5


class TextJudge:
    """Judges texts about one world against its facts."""

    def __init__(self, encoder: Encoder, vocabulary: Sequence[str]) -> None:
        """Know every word that would be a claim: the names of things and areas."""
        self._encoder = encoder
        self._stemmer = Stemmer()
        self._stems = {word: self._stem(word) for word in sorted(set(vocabulary))}

    def _stem(self, text: str) -> tuple[str, ...]:
        # One by one: of several words at once only distinct stems are returned.
        return tuple(s for word in _terms(text) for s in self._stemmer.stems([word]))

    def judge(self, text: str, facts: Sequence[str]) -> TextVerdict:
        """Compare the first words of a text with the facts."""
        words = _terms(text)[:_WORDS]
        said = f' {" ".join(self._stem(" ".join(words)))} '
        named = {w for w, stems in self._stems.items() if f' {" ".join(stems)} ' in said}
        # "office chair" says nothing of chairs, unless one is spoken of as well.
        named = {w for w in named if not any(w != o and w in o.split() for o in named)}
        true = {f for f in facts if f' {" ".join(self._stem(f))} ' in said}
        wrong = named - set(facts)
        vectors = self._encoder.encode([' '.join(words) or ' ', ', '.join(facts) or ' '])
        return TextVerdict(
            recall=len(true) / len(facts) if facts else 0.0,
            precision=len(true) / (len(true) + len(wrong)) if true else 0.0,
            cosine=float(vectors[0] @ vectors[1]) if words else 0.0,
        )


def _terms(text: str) -> list[str]:
    cleaned = ''.join(c if c.isalnum() or c in "-'" else ' ' for c in text.casefold())
    return cleaned.split()
