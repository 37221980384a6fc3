"""The kitchen as other robots would have brought it: things stand as they stood, or it is said."""

from __future__ import annotations

import re

from data import require_data
from interchange.kitchen_bags import CASES, Judge, read_kitchen
import pytest

from memory_node.models.detection.detector import OnnxDetector

#: Those that the recordings of a made scene do not have, and are quick to write.
TRIED = {
    'odometry of base_link, camera in TF',
    'depth 848x480 of its own camera',
    'colour mono16',
    'depth in 0.1 mm',
    'depth in 1/5000 m',
    'odometry at 1 Hz',
}


@pytest.fixture(scope='module')
def judge(tmp_path_factory):
    recording = require_data('kitchen_rgbd') / 'kitchen'
    detector = OnnxDetector(require_data('yolox_nano') / 'yolox_nano.onnx')
    return Judge(read_kitchen(recording, detector), tmp_path_factory.mktemp('bags'))


@pytest.mark.parametrize('case', [c for c in CASES if c.name in TRIED], ids=lambda c: c.name)
def test_things_stand_where_they_stood_or_the_setting_is_named(judge, case):
    outcome = judge.judge(case)
    if case.refused:
        assert re.search(case.refused, outcome.said)
    else:
        assert outcome.stands, (max(outcome.off_m), outcome.said)
