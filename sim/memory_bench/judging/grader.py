"""Turns answers into records, by the judges of places and of texts."""

from __future__ import annotations

from memory_bench.judging.llm import LlmJudge
from memory_bench.judging.place import PlaceVerdict
from memory_bench.judging.text import TextJudge
from memory_bench.methods.base import Answer
from memory_bench.questions.case import Case
from memory_bench.questions.context import Stage
from memory_bench.questions.goals import goal_verdict
from memory_bench.run.explore import explore
from memory_bench.run.records import QuestionRecord
from memory_sim.engines.base import Pose2D, Vector3

__all__ = ['Grader']

#: An exploration without memory may drive this often the way that all stops took.
_EXPLORATION_BUDGET = 1.0


def _spl(shortest_m: float, driven_m: float) -> float:
    """Return the shortest way over the way driven (Anderson et al., 2018), at most 1."""
    return 1.0 if driven_m <= shortest_m + 1e-6 else shortest_m / driven_m


class Grader:
    """Turns answers into records."""

    def __init__(self, stage: Stage, texts: TextJudge, second: LlmJudge | None = None) -> None:
        """Judge in one world; ``second`` grades texts as well, and decides nothing."""
        self.stage, self._texts, self._second = stage, texts, second
        self._by_id = {o.id: o for o in stage.perception.observations}

    def graded(
        self,
        case: Case,
        answer: Answer,
        driven_m: float | None = None,
        final: Pose2D | None = None,
    ) -> QuestionRecord:
        """Judge what a method answered; ``driven_m`` and ``final`` if the robot really went."""
        if case.worded:
            verdict = self._texts.judge(answer.text, case.question.facts)
            success = answer.found and verdict.success
            grade = None
            if self._second is not None:
                said = answer.text if answer.found else ''
                grade = self._second.grade(case.question.text, case.question.facts, said)
            return self._record(
                case, answer, success=success, spl=float(success),
                recall=verdict.recall, cosine=verdict.cosine, grade=grade,
            )  # fmt: skip
        if not case.question.answerable:
            right = not answer.found
            return self._record(case, answer, success=right, spl=float(right))
        verdicts = [self._verdict(case, p.position) for p in answer.places]
        first = bool(verdicts) and verdicts[0].success
        success = first and answer.found
        spl = 0.0
        if success:
            spl = _spl(case.shortest_m, verdicts[0].path_m if driven_m is None else driven_m)
        return self._record(
            case, answer, success=success, spl=spl, first=first,
            any_of_k=any(v.success for v in verdicts),
            distance_m=verdicts[0].distance_m if verdicts else None,
            visible=self._visible(case, answer, final),
        )  # fmt: skip

    def _verdict(self, case: Case, position: Vector3) -> PlaceVerdict:
        if case.radius_m:
            return goal_verdict(self.stage.ground, self.stage.roadmap, case, position)
        return self.stage.judge.judge(case.start, position, case.targets, case.areas)

    def _visible(self, case: Case, answer: Answer, final: Pose2D | None) -> bool | None:
        """Whether the last view shows a target: from where the robot ended, or would end."""
        held = self._by_id.get(answer.places[0].node_id) if answer.places else None
        if final is None and held is not None:
            x, y, z = held.pose.position
            final = Pose2D(x=x, y=y, z=z, yaw_rad=held.pose.yaw_rad)
        if final is None:
            return None
        shown = self.stage.judge.in_view(final, case.targets)
        return None if shown is None else shown and answer.found

    def missed(self, case: Case) -> QuestionRecord:
        """Note a question that a method failed on."""
        nothing = 0.0 if case.worded else None
        return self._record(
            case, Answer(found=False), success=False, spl=0.0, recall=nothing, cosine=nothing
        )

    def take_note(self) -> str:
        """Return what went wrong in grading since the last call, '' for nothing."""
        return self._second.take_note() if self._second is not None else ''

    def explored(self, case: Case) -> QuestionRecord:
        """Judge a search without memory."""
        budget = _EXPLORATION_BUDGET * max(self.stage.drive.length_m, 1.0)
        ended = explore(self.stage, case, budget)
        answer = Answer(found=ended.found)
        if not case.question.answerable:
            return self._record(case, answer, success=not ended.found, spl=0.0)
        spl = _spl(case.shortest_m, ended.driven_m) if ended.found else 0.0
        return self._record(
            case, answer, success=ended.found, spl=spl, first=ended.found, any_of_k=ended.found,
            distance_m=0.0 if ended.found else None, position=ended.position,
        )  # fmt: skip

    def _record(
        self,
        case: Case,
        answer: Answer,
        *,
        success: bool,
        spl: float,
        first: bool = False,
        any_of_k: bool = False,
        distance_m: float | None = None,
        recall: float | None = None,
        cosine: float | None = None,
        position: Vector3 | None = None,
        visible: bool | None = None,
        grade: float | None = None,
    ) -> QuestionRecord:
        best = answer.places[0] if answer.places else None
        held = self._by_id.get(best.node_id) if best else None
        return QuestionRecord(
            id=case.question.id,
            kind=case.question.kind,
            form=case.form,
            text=case.question.text,
            expected=case.expected,
            found=answer.found,
            success=success,
            first=first,
            any_of_k=any_of_k,
            spl=spl,
            distance_m=distance_m,
            confidence=best.confidence if best else 0.0,
            position=best.position if best else position,
            seen=held.caption[:300] if held else '',
            answer=answer.text[:600],
            recall=recall,
            cosine=cosine,
            search_s=answer.search_s,
            encode_s=answer.encode_s,
            search_cpu_s=answer.search_cpu_s,
            llm_calls=answer.llm_calls,
            llm_tokens=answer.llm_tokens,
            visible=visible,
            llm_grade=grade,
        )
