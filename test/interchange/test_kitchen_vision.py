"""The kitchen through a detector that speaks vision_msgs is the kitchen through ours."""

from __future__ import annotations

from data import require_data
from interchange.test_strangers import detections_2d, VISION
import pytest
from rosbags.highlevel import AnyReader
from rosbags.rosbag2 import StoragePlugin, Writer

from memory_node.interchange.bag import BagSettings, read_bag
from memory_node.models.detection.detector import OnnxDetector

KIND = 'vision_msgs/msg/Detection2DArray'


class Listening:
    """A detector that is listened to."""

    name = 'yolox'

    def __init__(self, detector) -> None:
        self.detector = detector
        self.said = []

    def describe(self, image):
        self.said.append(self.detector.describe(image))
        return self.said[-1]


def _header(stamp_ns):
    time = VISION.types['builtin_interfaces/msg/Time'](
        sec=stamp_ns // 10**9, nanosec=stamp_ns % 10**9
    )
    return VISION.types['std_msgs/msg/Header'](stamp=time, frame_id='')


def _copy(source, target, described, ids):
    """Write the recording again, its keyframes alone, with what was said of them."""
    with (
        AnyReader([source]) as bag,
        Writer(target, version=9, storage_plugin=StoragePlugin.SQLITE3) as out,
    ):
        added = {
            c.id: out.add_connection(c.topic, c.msgtype, typestore=VISION) for c in bag.connections
        }
        detections = out.add_connection('/detector/objects', KIND, typestore=VISION)
        for connection, at, content in bag.messages():
            if connection.topic == '/odom' or connection.topic.endswith('camera_info'):
                out.write(added[connection.id], at, content)
                continue
            message = bag.deserialize(content, connection.msgtype)
            stamp = message.header.stamp.sec * 10**9 + message.header.stamp.nanosec
            if any(abs(stamp - s) < 60_000_000 for s in described):
                out.write(added[connection.id], at, content)
            if stamp in described and 'depth' not in connection.topic:
                array = detections_2d(_header(stamp), described[stamp].detections, ids)
                out.write(detections, at, VISION.serialize_cdr(array, KIND))


def test_the_memory_is_the_same(tmp_path):
    kitchen = require_data('kitchen_rgbd') / 'kitchen'
    model = require_data('yolox_nano') / 'yolox_nano.onnx'
    detector = Listening(OnnxDetector(model))
    ours = list(read_bag(kitchen, BagSettings(), [], captioner=detector))
    described = {o.stamp_ns: said for o, said in zip(ours, detector.said, strict=True)}
    ids = {name: str(i) for i, name in enumerate(detector.detector.labels)}
    _copy(kitchen, tmp_path / 'vision', described, ids)
    said, rejected = [], []
    settings = BagSettings(classes=model.parent / 'coco_classes.txt')
    theirs = list(read_bag(tmp_path / 'vision', settings, rejected, say=said.append))
    assert not rejected
    assert [o.stamp_ns for o in theirs] == [o.stamp_ns for o in ours]
    for a, b in zip(ours, theirs, strict=True):
        assert b.pose == a.pose
        assert [s.label for s in b.sightings] == [s.label for s in a.sightings]
        for s, t in zip(a.sightings, b.sightings, strict=True):
            assert t.confidence == pytest.approx(s.confidence)
            assert (t.position is None) == (s.position is None)
            if s.position is not None:
                assert t.position == pytest.approx(s.position, abs=0.01)
    placed = said[-1].partition(' sightings placed')[0]
    assert placed.split(' of ')[1] == str(sum(len(o.sightings) for o in ours))
