"""A node without any captioner: pictures in, and found by what they show."""

from __future__ import annotations

from memory_msgs.msg import Status
import pytest
from sensor_msgs.msg import CompressedImage
from tiny_clip import drawn, make_tiny_clip

from memory_node.core.language.affordances import load_packs

DOMAIN = 48
DESCRIBED_BY = ''


@pytest.fixture(scope='module')
def eager(eager, tmp_path_factory):
    """The node's parameters, with a small CLIP."""
    packs = load_packs(['everyday', 'trades'])
    clip = make_tiny_clip(tmp_path_factory.mktemp('clip'), [r[0][0] for r in packs.rows])
    return {**eager, 'perception.captioner': 'none', 'perception.image_encoder': str(clip)}


def test_what_no_word_says_is_found_in_a_picture(client, robot):
    for i, color in enumerate(('red', 'blue')):
        stamp = robot.now()
        robot.publish('odom', robot.odometry((10.0 * i, 4.0, 0.0)), stamp)
        picture = CompressedImage(format='jpeg', data=drawn(color, 50 + i))
        robot.publish('image/compressed', picture, stamp)
        client.counted(lambda s, i=i: s.observations == i + 1, 'an observation')
    answer = client.retrieve('something blue and fluffy')
    assert answer.status.code == Status.OK
    assert answer.found
    assert answer.places[0].pose.position.x == pytest.approx(10.0)
    assert not client.retrieve('something yellow and fluffy').found


def test_pictures_that_are_not_kept_are_named(start, eager, folder):
    unkept = {'keep_keyframes': False, 'memory_path': str(folder / 'unkept.sqlite')}
    process = start({**eager, **unkept})
    assert process.wait() == 1
    assert 'keep_keyframes' in process.output()
