"""Recordings of a robot with several cameras: one memory, and what each has seen in its place."""

from __future__ import annotations

import argparse
import math

from fakes import BagOfWordsEncoder
from interchange.made_bags import BEHIND, BOXES, BoxFinder, Recipe, record
import numpy as np
import pytest
from rosbags.rosbag2 import StoragePlugin

from memory_node.cli.bag_options import bag_settings, describe_bags
from memory_node.core.errors import InvalidObservationError
from memory_node.core.memory import Memory
from memory_node.interchange.bag import BagSettings, read_bag

FRONT = (0.1, 0.2, 1.0, 0.0, 0.0, 0.0)
SIDE = (0.1, -0.2, 1.1, 0.0, 0.0, 0.0)
REAR = (-0.3, 0.0, 1.0, 0.0, 0.0, math.pi)


def _recorded(path, plugin=StoragePlugin.MCAP, **cameras):
    return record(path, Recipe(plugin=plugin, named_cameras=cameras, main_camera=False))


def _read(path, **settings):
    said, rejected = [], []
    captioner = BoxFinder()
    read = read_bag(path, BagSettings(**settings), rejected, say=said.append, captioner=captioner)
    return list(read), said, rejected


@pytest.mark.parametrize('plugin', list(StoragePlugin))
def test_every_camera_is_taken_with_its_own_topics_and_place(tmp_path, plugin):
    path = _recorded(tmp_path / 'bag', plugin, front=FRONT, rear=REAR)
    observations, said, rejected = _read(path, cameras=('front', 'rear'))
    assert not rejected
    assert 'front/depth /front/depth/image_raw' in said[0]
    assert 'rear/camera_info /rear/color/camera_info' in said[0]
    assert 'odom /odom' in said[0]
    assert not any(line.startswith('not taken') for line in said)
    by_camera = {name: [o for o in observations if o.camera == name] for name in ('front', 'rear')}
    assert min(map(len, by_camera.values())) > 1
    assert {o.view_yaw_rad for o in by_camera['front']} == {0.0}
    assert [o.view_yaw_rad for o in by_camera['rear']] == pytest.approx(
        [math.pi] * len(by_camera['rear']), abs=1e-3
    )
    seen = {
        name: {s.label: s.position for o in own for s in o.sightings}
        for name, own in by_camera.items()
    }
    assert set(seen['front']) == {label for label, *_ in BOXES}
    assert set(seen['rear']) == {BEHIND[0]}
    assert np.linalg.norm(np.subtract(seen['rear'][BEHIND[0]], BEHIND[2])) < 0.3


def test_one_thing_that_two_cameras_see_is_one_object(tmp_path):
    path = _recorded(tmp_path / 'bag', front=FRONT, side=SIDE)
    observations, *_ = _read(path, cameras=('front', 'side'))
    stamps = [o.stamp_ns for o in observations]
    assert len(set(stamps)) < len(stamps)  # both looked at once
    with Memory.open(tmp_path / 'memory.sqlite', encoder=BagOfWordsEncoder()) as memory:
        memory.add_many(observations)
        for label, _, centre, _ in BOXES:
            (thing,) = memory.objects(label)
            assert np.linalg.norm(np.subtract(thing.position, centre)) < 0.3
            assert thing.views == len(observations)


def test_without_their_names_one_camera_is_taken_and_the_other_is_told_of(tmp_path):
    path = _recorded(tmp_path / 'bag', front=FRONT, rear=REAR)
    observations, said, _ = _read(path)
    assert {o.camera for o in observations} == {''}
    assert 'image /front/color/image_raw' in said[0]
    assert '/rear/color/image_raw' in said[1]
    assert '--cameras' in said[1]


def test_a_camera_that_is_not_there_is_named(tmp_path):
    path = _recorded(tmp_path / 'bag', front=FRONT)
    with pytest.raises(InvalidObservationError, match='no colour pictures of left'):
        _read(path, cameras=('front', 'left'))


def test_a_topic_that_is_named_for_no_camera_is_refused(tmp_path):
    path = _recorded(tmp_path / 'bag', front=FRONT, rear=REAR)
    topics = {'depth': '/rear/depth/image_raw'}
    with pytest.raises(InvalidObservationError, match='front/depth or rear/depth'):
        _read(path, cameras=('front', 'rear'), topics=topics)
    named = {'front/depth': '/rear/depth/image_raw'}
    _, said, _ = _read(path, cameras=('front', 'rear'), topics=named)
    assert 'front/depth /rear/depth/image_raw' in said[0]


def _options(*arguments):
    parser = argparse.ArgumentParser()
    parser.add_argument('--map-id')
    describe_bags(parser.add_argument_group('bags'))
    return bag_settings(parser.parse_args(arguments))


def test_cameras_are_mounted_by_their_names():
    settings = _options('--cameras', 'front,rear', '--camera', 'rear=0,0,1,0,0,3.14')
    assert settings.cameras == ('front', 'rear')
    assert settings.mountings == {'rear': (0.0, 0.0, 1.0, 0.0, 0.0, 3.14)}
    assert settings.camera is None
    with pytest.raises(InvalidObservationError, match="--cameras \\(front\\), got 'rear'"):
        _options('--cameras', 'front', '--camera', 'rear=0,0,1,0,0,0')
    assert _options('--camera', '0,0,1,0,0,0').camera == (0.0, 0.0, 1.0, 0.0, 0.0, 0.0)
