"""The whole way on a real recording: bytes of a bag to observations of a kitchen."""

from __future__ import annotations

from collections import defaultdict

from data import require_data
import numpy as np
import pytest
from rosbags.highlevel import AnyReader

from memory_node.core.config import PerceptionConfig
from memory_node.core.data import Pose
from memory_node.core.perception.depth_images import decode_compressed_depth
from memory_node.core.perception.geometry import (
    camera_mounting,
    Intrinsics,
    transform_from_pose,
    transform_points,
)
from memory_node.core.perception.images import decode_compressed_color
from memory_node.core.perception.keyframes import KeyframeGate
from memory_node.core.perception.observer import Frame, Perceiver
from memory_node.core.perception.synchronizer import PoseBuffer, StampedBuffer
from memory_node.models.detection.detector import OnnxDetector

SLOP_NS = 50_000_000
#: Every so many frames; a twenty-fifth of the recording is enough to find the furniture.
STRIDE = 10


def read_frames():
    """Return stamps and frames of the recording, paired as a node pairs its topics."""
    poses = PoseBuffer(500_000_000)
    depths, colors = StampedBuffer(1000), StampedBuffer(1000)
    with AnyReader([require_data('kitchen_rgbd') / 'kitchen']) as bag:
        for connection, stamp, content in bag.messages():
            message = bag.deserialize(content, connection.msgtype)
            if connection.topic == '/odom':
                p, q = message.pose.pose.position, message.pose.pose.orientation
                pose = Pose(position=(p.x, p.y, p.z), orientation=(q.x, q.y, q.z, q.w))
                poses.add(stamp, pose)
            elif connection.topic.endswith('camera_info'):
                camera = Intrinsics.from_k(message.k, message.width, message.height)
            elif 'depth' in connection.topic:
                depths.add(stamp, message)
            else:
                colors.add(stamp, message)
    frames = []
    for entry in list(colors)[::STRIDE]:
        pose = poses.at(entry.stamp_ns).pose
        depth = depths.nearest(entry.stamp_ns, SLOP_NS).item
        frames.append(
            Frame(
                stamp_ns=entry.stamp_ns,
                color=decode_compressed_color(entry.item.data),
                pose=pose,
                map_T_camera=transform_from_pose(pose) @ camera_mounting(),
                depth_m=decode_compressed_depth(depth.data, depth.format),
                intrinsics=camera,
            )
        )
    return frames


@pytest.fixture(scope='module')
def frames():
    return read_frames()


@pytest.fixture(scope='module')
def observations(frames):
    model = require_data('yolox_nano') / 'yolox_nano.onnx'
    perceiver = Perceiver(PerceptionConfig(captioner='yolox'), OnnxDetector(model))
    return [perceiver.observe(frame) for frame in frames]


def positions(observations, label):
    found = defaultdict(list)
    for observation in observations:
        for sighting in observation.sightings:
            if sighting.position is not None:
                found[sighting.label].append(sighting.position)
    return np.array(found[label])


def test_the_depth_is_metric_and_of_the_kitchen(frames):
    middle = [np.nanmedian(frame.depth_m) for frame in frames]
    assert 1.0 < np.median(middle) < 3.0
    assert all(np.isfinite(frame.depth_m).mean() > 0.5 for frame in frames)


def test_clouds_of_different_views_fall_on_one_table(frames):
    """One plane fits the table top in all views, so poses, axes and depth agree."""
    clouds = []
    for frame in frames:
        v, u = np.mgrid[0:480:8, 0:640:8]
        z = frame.depth_m[::8, ::8].astype(np.float64)
        p_camera = frame.intrinsics.back_project(u.astype(float), v.astype(float), z)
        clouds.append(transform_points(frame.map_T_camera, p_camera[np.isfinite(z)]))
    cloud = np.concatenate(clouds)
    box = (np.abs(cloud - (1.95, 0.25, 0.1)) < (0.35, 0.5, 0.15)).all(axis=1)
    on_table = cloud[box]
    assert len(on_table) > 1000
    centred = on_table - np.median(on_table, axis=0)
    for _ in range(3):  # leave out the cups and papers that stand on it
        normal = np.linalg.svd(centred, full_matrices=False)[2][2]
        centred = centred[np.abs(centred @ normal) < 0.03]
    assert len(centred) > 0.6 * len(on_table)
    assert np.std(centred @ normal) < 0.015
    # The recording's odometry starts in a camera that looks down, so its z is not plumb.
    assert abs(normal) == pytest.approx([0.45, 0.0, 0.89], abs=0.08)


def test_the_kitchen_is_seen(observations):
    labels = [sighting.label for o in observations for sighting in o.sightings]
    assert labels.count('dining table') >= 12
    assert labels.count('chair') >= 20
    assert labels.count('cup') >= 10
    captions = {o.caption for o in observations}
    assert any('dining table' in caption and 'chairs' in caption for caption in captions)
    assert len({o.id for o in observations}) == len(observations)


def test_tables_chairs_and_cups_stand_where_they_stand(observations):
    table = positions(observations, 'dining table')
    assert np.median(table, axis=0) == pytest.approx([1.94, 0.3, 0.06], abs=0.3)
    cups = positions(observations, 'cup')
    near_table = np.linalg.norm(cups[:, :2] - (1.93, 0.4), axis=1) < 1.0
    assert near_table.mean() > 0.85
    chairs = positions(observations, 'chair')
    around = np.linalg.norm(chairs[:, :2] - (2.1, 0.4), axis=1) < 1.4
    assert around.mean() > 0.85


def test_the_gate_keeps_a_part_of_the_recording(frames):
    gate = KeyframeGate()
    kept = [gate.consider(f.stamp_ns, f.pose, f.color).keep for f in frames]
    assert kept[0]
    assert 5 <= sum(kept) < len(frames)
