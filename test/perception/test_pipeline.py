"""Pairing, the queue and its limits, without ROS: what is lost is counted under its reason."""

from __future__ import annotations

from collections import Counter
import threading
import time

import numpy as np
import pytest

from memory_node.core.config import IngestConfig, KeyframeConfig
from memory_node.core.data import Pose
from memory_node.core.errors import CaptionerError, InvalidObservationError
from memory_node.core.perception.cameras import CameraPoses
from memory_node.core.perception.counters import Counters, MAX_REASONS
from memory_node.core.perception.frames import DepthPicture, PendingFrame, Picture
from memory_node.core.perception.geometry import camera_mounting, Intrinsics
from memory_node.core.perception.images import RawImage
from memory_node.core.perception.pipeline import Outlets, Pipeline
from memory_node.core.perception.poses import RobotPoses
from memory_node.core.perception.synchronizer import Match, match, StampedBuffer
from memory_node.core.ports import Caption

MS = 1_000_000
INTRINSICS = Intrinsics(width=8, height=6, fx=8.0, fy=8.0, cx=3.5, cy=2.5)
CAPTION = Caption(text='a chair')


def large_picture() -> Picture:
    """Return a picture of 300 KB."""
    return Picture(
        RawImage(height=100, width=1000, encoding='rgb8', step=3000, data=bytes(300000))
    )


def picture() -> Picture:
    return Picture(RawImage(height=6, width=8, encoding='rgb8', step=24, data=bytes(144)))


class Bench:
    """A pipeline with its inputs and what came out."""

    def __init__(self, trigger: str = 'image', published: tuple = (), **settings) -> None:
        self.config = IngestConfig(**{'companion_timeout_s': 0.2, **settings})
        self.counters = Counters()
        self.frames: list[PendingFrame] = []
        self.refused: Counter[str] = Counter()
        self.bugs: list[BaseException] = []
        self.fail: Exception | None = None
        self.entered = 0
        self.hold = threading.Event()
        self.hold.set()
        self.poses = RobotPoses(lambda: self.config)
        self.pipeline = Pipeline(
            trigger=trigger,
            poses=CameraPoses(self.poses, camera_mounting()),
            counters=self.counters,
            config=lambda: self.config,
            keyframes=lambda: KeyframeConfig(distance_m=0.0, min_interval_s=0.0),
            outlets=Outlets(
                store=self._store,
                refuse=lambda topic, text: self.refused.update([f'{topic}: {text}']),
                bug=self.bugs.append,
                published=lambda: frozenset(published),
            ),
        )
        self.pipeline.start(1)

    def holding(self) -> bool:
        """Whether the worker has a frame in hand."""
        return self.entered > 0

    def _store(self, frame: PendingFrame) -> None:
        self.entered += 1
        assert self.hold.wait(10.0)
        if self.fail is not None:
            raise self.fail
        self.frames.append(frame)

    def odometry(self, *stamps_ms: int) -> None:
        for ms in stamps_ms:
            self.poses.add(ms * MS, Pose(position=(ms * 1e-3, 0.0, 0.0)))
            self.pipeline.moved()

    def image(self, ms: int) -> None:
        self.pipeline.image(ms * MS, 'camera', picture())

    def until(self, condition) -> None:
        deadline = time.monotonic() + 10.0
        while not condition():
            assert time.monotonic() < deadline, (self.refused, self.counters.snapshot())
            time.sleep(0.005)

    def count(self, name: str) -> int:
        return self.counters.value(name)


@pytest.fixture
def bench():
    made: list[Bench] = []

    def make(*args, **kwargs) -> Bench:
        made.append(Bench(*args, **kwargs))
        return made[-1]

    yield make
    for one in made:
        one.hold.set()
        one.pipeline.stop(5.0)


def test_a_frame_waits_for_the_pose_after_it(bench):
    b = bench()
    b.odometry(1000)
    b.image(1010)
    assert not b.frames
    b.odometry(1020)
    b.until(lambda: b.frames)
    assert b.frames[0].camera.map_T_base.position == pytest.approx((1.01, 0.0, 0.0))


def test_the_last_frame_of_a_recording_takes_the_last_pose(bench):
    b = bench()
    b.odometry(1000)
    b.image(1030)
    b.until(lambda: b.frames)
    assert b.frames[0].camera.map_T_base.position == pytest.approx((1.0, 0.0, 0.0))


def test_a_frame_in_an_odometry_gap_is_counted(bench):
    b = bench(odometry_gap_s=0.5)
    b.odometry(1000)
    b.image(2000)
    b.odometry(3000)
    b.until(lambda: b.count('frames_unpaired') == 1)
    assert 'gap' in next(iter(b.refused))
    b.image(3010)
    b.odometry(3020)
    b.until(lambda: len(b.frames) == 1)


def test_depth_of_the_frame_before_is_not_taken_while_the_right_one_may_come(bench):
    b = bench(published=('depth',), companion_timeout_s=5.0)
    b.pipeline.camera_info(INTRINSICS)
    depths = [np.full((6, 8), i, np.float32) for i in range(2)]
    b.pipeline.depth(967 * MS, DepthPicture(decode=lambda: depths[0]))
    b.image(1000)
    b.odometry(990, 1010)
    b.pipeline.depth(1000 * MS, DepthPicture(decode=lambda: depths[1]))
    b.until(lambda: b.frames)
    assert b.frames[0].depth.decode() is depths[1]
    assert b.frames[0].intrinsics is INTRINSICS


def test_depth_is_given_while_the_worker_is_busy(bench):
    b = bench(published=('depth',), companion_timeout_s=5.0, queue_size=100)
    b.pipeline.camera_info(INTRINSICS)
    b.hold.clear()
    for i in range(60):  # more than the buffer of depths holds
        b.odometry(1000 + 10 * i)
        b.pipeline.depth((1000 + 10 * i) * MS, DepthPicture(decode=lambda i=i: i))
        b.image(1000 + 10 * i)
    b.hold.set()
    b.until(lambda: len(b.frames) == 60)
    assert [f.depth.decode() for f in b.frames] == list(range(60))


def test_without_depth_publisher_nothing_waits(bench):
    b = bench(companion_timeout_s=600.0)
    b.odometry(1000, 1020)
    b.image(1010)
    b.until(lambda: b.frames)
    assert b.frames[0].depth is None


def test_missing_depth_costs_a_delay_not_the_frame(bench):
    b = bench(published=('depth',))
    b.odometry(1000, 1020)
    b.image(1010)
    b.until(lambda: b.frames)
    assert any(reason.startswith('depth: none') for reason in b.refused)


def test_the_queue_drops_the_oldest_and_counts(bench):
    b = bench(queue_size=3)
    b.hold.clear()
    b.odometry(1000)
    for i in range(10):
        b.image(1001 + i)
        b.odometry(1001 + i)
        b.until(lambda n=i: b.count('keyframes') == n + 1)
        if i == 0:
            b.until(b.holding)
    assert b.pipeline.queue_length == 4  # three wait, one is being described
    assert b.count('frames_dropped') == 6
    b.hold.set()
    b.until(lambda: len(b.frames) == 4)
    assert [f.stamp_ns // MS for f in b.frames] == [1001, 1008, 1009, 1010]


def test_descriptions_make_the_frames_when_they_come_from_outside(bench):
    b = bench(trigger='detections', published=('image',))
    b.odometry(*range(1000, 1200, 10))
    for i in range(5):
        b.image(1000 + 33 * i)
    b.pipeline.described(1066 * MS, 'camera', CAPTION)
    b.until(lambda: b.frames)
    assert [f.stamp_ns // MS for f in b.frames] == [1066]
    assert b.frames[0].picture is not None
    assert b.frames[0].caption is CAPTION
    assert not b.refused


def test_a_late_caption_needs_its_pose_only(bench):
    b = bench(trigger='caption', published=('image',))
    b.odometry(*range(1000, 9000, 100))
    for i in range(60):
        b.image(7000 + 33 * i)
    b.pipeline.described(2000 * MS, 'camera', CAPTION)
    b.until(lambda: b.frames)
    assert b.frames[0].picture is None


def test_more_frames_than_can_wait_for_a_pose(bench):
    b = bench(companion_timeout_s=600.0)
    for i in range(100):
        b.image(1000 + i)
    assert b.count('frames_unpaired') == 100 - 64


@pytest.mark.parametrize(
    ('error', 'topic'),
    [(CaptionerError('no answer'), 'captioner'), (InvalidObservationError('x'), 'image')],
)
def test_a_failing_step_is_counted_and_the_next_frame_stored(bench, error, topic):
    b = bench()
    b.fail = error
    b.odometry(1000, 1020)
    b.image(1010)
    b.until(lambda: b.refused)
    assert next(iter(b.refused)).startswith(topic)
    assert b.count('captioner_failures') == (topic == 'captioner')
    b.fail = None
    b.image(1015)
    b.until(lambda: b.frames)


def test_a_bug_in_a_step_does_not_end_the_worker(bench):
    b = bench()
    b.fail = KeyError('bug')
    b.odometry(1000, 1020)
    b.image(1010)
    b.until(lambda: b.bugs)
    b.fail = None
    b.image(1015)
    b.until(lambda: b.frames)


def test_stopping_stores_what_waits(bench):
    b = bench(published=('depth',), companion_timeout_s=600.0)
    b.odometry(1000, 1020)
    b.image(1010)
    b.pipeline.stop(5.0)
    assert len(b.frames) == 1
    assert b.count('frames_dropped') == 0


@pytest.mark.parametrize(
    ('stamps', 'wanted', 'late', 'found'),
    [
        ([], 100, False, Match.WAIT),
        ([], 100, True, Match.MISSING),
        ([100], 100, False, 100),
        ([80], 100, False, Match.WAIT),
        ([80], 100, True, 80),
        ([80, 120], 110, False, 120),
        ([40, 200], 100, False, Match.MISSING),
    ],
)
def test_match(stamps, wanted, late, found):
    buffer: StampedBuffer[int] = StampedBuffer()
    for stamp in stamps:
        buffer.add(stamp, stamp)
    result = match(buffer, wanted, 50, late=late)
    assert (result if isinstance(result, Match) else result.stamp_ns) == found


def test_reasons_leave_out_values_and_stay_few():
    counters = Counters()
    for i in range(1000):
        counters.reject('odom', f'pose.position must be finite, got ({i}, nan, 0.0)')
        counters.reject('image', f"observation.id 'map-{i}-ab' is taken")
        counters.reject('image', f'{i} bytes needed for {i}x480 rgb8')
    rejected = counters.snapshot().rejected
    assert rejected['odom: pose.position must be finite'] == 1000
    assert rejected['image: observation.id ... is taken'] == 1000
    assert len(rejected) == 3
    for i in range(1000):
        counters.reject('topic' + chr(97 + i % 26) * (1 + i // 26), 'x')
    assert len(counters.snapshot().rejected) <= MAX_REASONS + 1


def test_percentiles_of_latencies():
    counters = Counters()
    assert counters.snapshot().query_p95_s == 0.0
    for i in range(100):
        counters.answered(i / 100, failed=i % 10 == 0)
    snapshot = counters.snapshot()
    assert snapshot.query_p50_s == pytest.approx(0.5)
    assert snapshot.query_p95_s == pytest.approx(0.95)
    assert snapshot.counts == {'queries': 100, 'queries_failed': 10}


def test_pictures_that_wait_are_bounded_by_bytes(bench):
    b = bench('caption', published=('image',), buffer_mb=1)
    depth = DepthPicture(decode=lambda: None, nbytes=200_000)
    for ms in range(1000, 3000, 100):
        b.pipeline.image(ms * MS, 'camera', large_picture())
        b.pipeline.depth(ms * MS, depth)
        assert b.pipeline._buffers.nbytes() <= 1 << 20
    b.odometry(2890, 2910)
    b.pipeline.described(2900 * MS, 'camera', CAPTION)  # the newest is still there
    b.until(lambda: b.frames)
    assert b.frames[0].picture is not None
    assert not any('buffer' in reason for reason in b.refused)


def test_a_description_whose_picture_had_to_leave_is_told(bench):
    b = bench('caption', published=('image',), buffer_mb=1)
    for ms in range(1000, 3000, 100):
        b.pipeline.image(ms * MS, 'camera', large_picture())
    b.odometry(1090, 1110)
    b.pipeline.described(1100 * MS, 'camera', CAPTION)
    b.until(lambda: b.frames)  # it is remembered, without the picture
    assert b.frames[0].picture is None
    assert list(b.refused) == [
        'image: left before what describes it came: ingest.buffer_mb is used up'
    ]


def test_keyframes_are_bounded_by_bytes_and_counted(bench):
    b = bench(buffer_mb=1, queue_size=100)
    b.hold.clear()
    b.odometry(990)
    for ms in range(1000, 3000, 100):
        b.pipeline.image(ms * MS, 'camera', large_picture())
        b.odometry(ms + 10)
    b.until(b.holding)
    assert b.pipeline._buffers.nbytes() <= 1 << 20
    assert b.count('frames_dropped') >= 10
    assert b.refused['image: frame dropped: ingest.buffer_mb is used up'] >= 10
    b.hold.set()
    b.until(lambda: b.pipeline.queue_length == 0)
    assert b.frames[-1].stamp_ns == 2900 * MS
    assert len(b.frames) + b.count('frames_dropped') == 20


def test_a_description_that_waits_for_its_pose_keeps_its_picture(bench):
    b = bench('caption', published=('image',), buffer_mb=1, companion_timeout_s=10.0)
    b.odometry(990)
    for ms in range(1000, 3000, 100):
        b.pipeline.image(ms * MS, 'camera', large_picture())
        if ms == 1100:
            b.pipeline.described(ms * MS, 'camera', CAPTION)
    b.odometry(1090, 1110)
    b.until(lambda: b.frames)
    assert b.frames[0].picture is not None
    assert not any('buffer' in reason for reason in b.refused)
