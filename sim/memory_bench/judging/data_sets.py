"""How one answer to one question went."""

from __future__ import annotations

from dataclasses import dataclass
import math

from memory_bench.datasets.types import DataSet, Question
from memory_bench.methods.base import Answer, AnsweredPlace

__all__ = ['QuestionOutcome', 'judge_answer']


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionOutcome:
    """One answer, judged. What can't be judged for want of truth is None."""

    data_set: str
    question: str
    kind: str
    answerable: bool
    #: Whether the method holds its answer to be right.
    found: bool
    #: Whether the first place, and any of k, is within the question's radius of a goal.
    first: bool | None = None
    any_of_k: bool | None = None
    #: Whether it is one of the observations that show a right target.
    visible_first: bool | None = None
    visible_any: bool | None = None
    #: From the first place to the nearest goal [m].
    distance_m: float | None = None
    #: Share of the facts that the text says.
    facts: float | None = None
    #: Of the first place; 0 without one.
    confidence: float = 0.0
    places: int = 0
    search_s: float = 0.0
    search_cpu_s: float = 0.0
    encode_s: float = 0.0
    llm_calls: int = 0
    llm_tokens: int = 0
    #: Why there is no answer, where asking failed.
    error: str = ''

    @property
    def right(self) -> bool | None:
        """Whether the first place is right; wrong by nature where nothing answers."""
        return self.first if self.answerable else False


def judge_answer(
    data_set: DataSet, question: Question, answer: Answer, k: int, error: str = ''
) -> QuestionOutcome:
    """Compare at most ``k`` places with goals, their ids with nodes, and the text with facts."""
    places = answer.places[:k]
    judged = question.answerable and bool(question.goals)
    reached = [_distance(p, question) <= question.radius_m for p in places] if judged else []
    seen = [p.node_id in question.nodes for p in places]
    known = question.answerable and bool(question.nodes)
    text = answer.text.casefold()
    told = [fact.casefold() in text for fact in question.facts]
    return QuestionOutcome(
        data_set=data_set.name,
        question=question.id,
        kind=question.kind,
        answerable=question.answerable,
        found=answer.found,
        first=bool(reached and reached[0]) if judged else None,
        any_of_k=any(reached) if judged else None,
        visible_first=bool(seen and seen[0]) if known else None,
        visible_any=any(seen) if known else None,
        distance_m=_distance(places[0], question) if judged and places else None,
        facts=sum(told) / len(told) if told else None,
        confidence=places[0].confidence if places else 0.0,
        places=len(places),
        search_s=answer.search_s,
        search_cpu_s=answer.search_cpu_s,
        encode_s=answer.encode_s,
        llm_calls=answer.llm_calls,
        llm_tokens=answer.llm_tokens,
        error=error,
    )


def _distance(place: AnsweredPlace, question: Question) -> float:
    return min(math.dist(place.position, goal) for goal in question.goals)
