"""A robot that runs is asked in words over DDS, drives where it says, and is graded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
import math
from pathlib import Path

from PIL import Image

from memory_bench.judging.grader import Grader
from memory_bench.methods.base import Answer, AnsweredPlace
from memory_bench.questions.case import Case
from memory_bench.questions.makers import asked_at
from memory_bench.run.records import QuestionRecord
from memory_sim.engines.base import Pose2D
from memory_sim.ros.memory_client import DemoClient
from memory_sim.ros.processes import StageTimes

__all__ = ['Interview']


class Interview:
    """
    All questions of one episode, and where the robot goes with each answer.

    What its camera shows there is kept in ``views``, in files that begin with ``prefix``.
    """

    def __init__(
        self, client: DemoClient, grader: Grader, watch: StageTimes, *, views: Path, prefix: str
    ) -> None:
        """Ask through ``client`` and let ``grader`` judge; ``watch`` takes the times."""
        self._client, self._grader, self._watch = client, grader, watch
        self._views, self._prefix = views, prefix

    def answers(
        self, cases: Sequence[Case], show: Callable[[str], None]
    ) -> Iterator[tuple[Case, QuestionRecord]]:
        """Ask one after another; each from where the one before has sent the robot."""
        for number, drawn in enumerate(cases, start=1):
            show(f'question {number} of {len(cases)}')
            if drawn.radius_m:
                self._go_to_start(drawn)
            with self._watch.time('judge'):
                case = asked_at(self._grader.stage, drawn, _position(self._pose()))
            record = self._worded(case) if case.worded else self._driven(case)
            yield case, record

    def _go_to_start(self, case: Case) -> None:
        """Drive to where an episode begins; one that cannot be reached is asked where it ends."""
        x, y, z = case.start
        with self._watch.time('drive'):
            self._client.wait_for_arrival(self._client.send_to(Pose2D(x=x, y=y, z=z, yaw_rad=0.0)))

    def _worded(self, case: Case) -> QuestionRecord:
        with self._watch.time('ask'):
            words = self._client.ask_in_words(case.question.text)
        answer = Answer(found=words.known, text=words.text, search_s=words.latency_s)
        return self._grader.graded(case, answer)

    def _driven(self, case: Case) -> QuestionRecord:
        driven = len(self._client.track)
        with self._watch.time('ask'):
            answer = self._client.ask(case.question.text)
        with self._watch.time('drive'):
            if answer.goal is not None:
                self._client.wait_for_arrival(answer.goal_stamp_ns)
            self._keep_view(case)
        final = self._pose()
        place = AnsweredPlace(node_id='', position=_position(final), confidence=answer.confidence)
        with self._watch.time('judge'):
            record = self._grader.graded(
                case,
                Answer(
                    found=answer.found,
                    places=(place,),
                    text=answer.why or answer.message,
                    search_s=answer.latency_s,
                ),
                driven_m=_driven_m(self._client.track[max(driven - 1, 0) :]),
                final=final,
            )
        return replace(record, seen=answer.label)

    def _keep_view(self, case: Case) -> None:
        self._views.mkdir(parents=True, exist_ok=True)
        name = f'{self._prefix}.{case.question.id}.png'
        Image.fromarray(self._client.picture()).save(self._views / name)

    def _pose(self) -> Pose2D:
        pose = self._client.truth
        assert pose is not None  # the simulator was heard before exploring
        return pose


def _position(pose: Pose2D) -> tuple[float, float, float]:
    return pose.x, pose.y, pose.z


def _driven_m(track: Sequence[Pose2D]) -> float:
    steps = zip(track, track[1:], strict=False)
    return sum(math.dist((a.x, a.y, a.z), (b.x, b.y, b.z)) for a, b in steps)
