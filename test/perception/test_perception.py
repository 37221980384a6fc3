from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
import math

import numpy as np
import pytest

from memory_node.core.config import PerceptionConfig
from memory_node.core.data import MAX_CAPTION_CHARS, MAX_ID_CHARS, Pose
from memory_node.core.errors import CaptionerError, InvalidObservationError
from memory_node.core.perception.geometry import camera_mounting, Intrinsics, transform_from_pose
from memory_node.core.perception.images import decode_compressed_color
from memory_node.core.perception.observer import Frame, MAX_SIGHTINGS, Perceiver
from memory_node.core.ports import Caption, Detection

CAMERA = Intrinsics(width=64, height=48, fx=60.0, fy=60.0, cx=31.5, cy=23.5)
POSE = Pose.from_yaw((1.0, 2.0, 0.0), math.pi / 2)
PICTURE = np.random.default_rng(3).integers(0, 256, (48, 64, 3), dtype=np.uint8)


def seen(label, confidence=0.9, box=(20.0, 12.0, 44.0, 36.0)):
    return Detection(label=label, confidence=confidence, box_px=box)


def frame(**fields):
    values = {
        'stamp_ns': 7,
        'color': PICTURE,
        'pose': POSE,
        'map_T_camera': transform_from_pose(POSE) @ camera_mounting((0, 0, 1, 0, 0, 0)),
        'depth_m': np.full((48, 64), 2.0, np.float32),
        'intrinsics': CAMERA,
        'detections': (seen('cup', 0.5), seen('chair'), seen('cup', 0.6)),
    }
    return Frame(**{**values, **fields})


class Scribe:
    """Captioner that says what it was told to."""

    name = 'scribe'

    def __init__(self, says):
        self.says = says

    def describe(self, image):
        if isinstance(self.says, Exception):
            raise self.says
        return self.says


def test_detections_become_placed_sightings_and_a_caption():
    perceiver = Perceiver()
    observation = perceiver.observe(frame())
    assert observation.caption == 'a chair and two cups'
    assert observation.source == 'detections'
    assert observation.pose == POSE
    assert [s.label for s in observation.sightings] == ['chair', 'cup', 'cup']
    # 2 m ahead of a robot that stands at (1, 2), looks along +y, and has its camera 1 m up
    assert observation.sightings[0].position == pytest.approx((1.0, 4.0, 1.0), abs=0.05)
    assert observation.sightings[0].extent == pytest.approx((0.75, 0.0, 0.75), abs=0.06)
    assert decode_compressed_color(observation.keyframe).shape == (48, 64, 3)
    assert perceiver.counts['positions'] == perceiver.counts['sightings'] == 3


@pytest.mark.parametrize('missing', ['depth_m', 'intrinsics', 'map_T_camera'])
def test_without_depth_camera_or_pose_sightings_have_no_position(missing):
    observation = Perceiver().observe(frame(**{missing: None}))
    assert [s.position for s in observation.sightings] == [None] * 3


def test_depth_and_camera_at_another_size_are_fitted():
    halved = frame(depth_m=np.full((24, 32), 2.0, np.float32), intrinsics=CAMERA.scaled(128, 96))
    expected = Perceiver().observe(frame()).sightings[0].position
    assert Perceiver().observe(halved).sightings[0].position == pytest.approx(expected, abs=0.05)


@pytest.mark.parametrize(
    'misfit',
    [
        {'depth_m': np.full((48, 100), 2.0, np.float32)},
        {'intrinsics': Intrinsics(width=100, height=48, fx=60.0, fy=60.0, cx=50, cy=24)},
    ],
)
def test_depth_of_another_view_is_left_out_and_counted(misfit):
    perceiver = Perceiver()
    assert perceiver.observe(frame(**misfit)).sightings[0].position is None
    assert perceiver.counts['depth_refused'] == 1


def test_a_captioner_and_the_topics_are_joined():
    scribe = Scribe(Caption(text='A tidy kitchen.', detections=(seen('sink'),), labels=('tap',)))
    observation = Perceiver(captioner=scribe).observe(
        frame(caption='Floor two.', detections=(seen('cup'),))
    )
    assert observation.caption == 'Floor two. A tidy kitchen. There is a cup, a sink and a tap.'
    assert [s.label for s in observation.sightings] == ['cup', 'sink', 'tap']
    assert observation.source == 'scribe'


@pytest.mark.parametrize('detections', [(), None])
def test_a_frame_in_which_nothing_is_seen_is_still_a_place(detections):
    observation = Perceiver().observe(frame(detections=detections))
    assert observation.caption == 'nothing recognised'
    assert observation.sightings == ()


def test_unsure_detections_are_dropped_and_malformed_ones_refused():
    perceiver = Perceiver(PerceptionConfig(min_confidence=0.6))
    observation = perceiver.observe(
        frame(
            detections=(
                seen('chair', 0.6),
                seen('cup', 0.59),
                seen('ghost', math.nan),
                seen('ghost', 1.5),
                seen('', 0.9),
                seen('\0\u202e', 0.9),
                seen('ghost', box=(0.0, math.nan, 5.0, 5.0)),
                seen('ghost', box=(9.0, 0.0, 5.0, 5.0)),
            )
        )
    )
    assert [s.label for s in observation.sightings] == ['chair']
    assert perceiver.counts['detections_dropped'] == 1
    assert perceiver.counts['detections_refused'] == 6


def test_a_flood_of_detections_is_bounded_to_the_surest():
    perceiver = Perceiver()
    flood = tuple(seen(f'{i:050d} thing {i}', 0.3 + 0.0001 * i) for i in range(1000))
    observation = perceiver.observe(frame(detections=flood))
    assert len(observation.sightings) == MAX_SIGHTINGS
    assert observation.sightings[0].label.endswith(' thing 999')
    assert len(observation.caption) <= MAX_CAPTION_CHARS
    assert perceiver.counts['detections_dropped'] == 1000 - MAX_SIGHTINGS


@pytest.mark.parametrize(
    ('caption', 'counted'),
    [
        ('x' * 1_000_000, 'captions_clipped'),
        (b'\xff\xfe kitchen', 'captions_altered'),
        ('a \x1b[31mred\x07 \ud800 room', 'captions_altered'),
    ],
)
def test_hostile_captions_are_made_safe_and_counted(caption, counted):
    perceiver = Perceiver()
    observation = perceiver.observe(frame(caption=caption))
    assert len(observation.caption) <= MAX_CAPTION_CHARS
    assert observation.caption.endswith('There is a chair and two cups.')
    assert observation.caption.isprintable()
    observation.caption.encode('utf-8')
    assert perceiver.counts[counted] == 1


def test_the_longest_name_of_a_map_leaves_room_for_ids():
    longest = 'm' * MAX_ID_CHARS
    first, second = (
        Perceiver(map_id=longest).observe(frame(stamp_ns=stamp)) for stamp in (7, 2**62)
    )
    assert first.map_id == second.map_id == longest
    assert len({first.id, second.id}) == 2


def test_ids_name_content_so_a_recording_read_twice_gives_them_twice():
    first, again = Perceiver(), Perceiver()
    assert first.observe(frame()).id == again.observe(frame()).id
    others = [
        first.observe(frame(stamp_ns=8)),
        first.observe(frame(pose=replace(POSE, position=(1.0, 2.0, 1e-9)))),
        first.observe(frame(color=PICTURE[::-1])),
        Perceiver(map_id='attic').observe(frame()),
        Perceiver(session='second run').observe(frame()),
    ]
    assert len({o.id for o in others} | {first.observe(frame()).id}) == 6


def test_a_captioner_that_fails_is_a_captioner_error():
    for fault in (CaptionerError('no answer'), RuntimeError('bug in a plug-in')):
        perceiver = Perceiver(captioner=Scribe(fault))
        with pytest.raises(CaptionerError, match=str(fault)):
            perceiver.observe(frame())
        assert perceiver.counts == {}


@pytest.mark.parametrize(
    'color', [PICTURE[..., 0], PICTURE.astype(np.float32), PICTURE[:0], PICTURE[..., :2]]
)
def test_no_picture_is_refused(color):
    with pytest.raises(InvalidObservationError, match='color'):
        Perceiver().observe(frame(color=color))


def test_an_impossible_stamp_is_refused():
    with pytest.raises(InvalidObservationError, match='stamp_ns'):
        Perceiver().observe(frame(stamp_ns=-1))


def test_keyframes_can_be_left_out():
    assert Perceiver(keyframe_side_px=0).observe(frame()).keyframe == b''


def test_several_threads_count_every_frame():
    perceiver = Perceiver(captioner=Scribe(Caption(text='a room')))
    frames = [frame(stamp_ns=i) for i in range(64)]
    with ThreadPoolExecutor(4) as pool:
        ids = {o.id for o in pool.map(perceiver.observe, frames)}
    assert len(ids) == perceiver.counts['observations'] == 64
