"""Detectors that speak vision_msgs, in two and three dimensions, over DDS."""

from __future__ import annotations

import pytest
from rclpy.qos import DurabilityPolicy, QoSProfile
from std_msgs.msg import Header

pytest.importorskip('vision_msgs', reason='needs vision_msgs, see scripts/build_interfaces.py')
from vision_msgs.msg import (
    Detection2D,
    Detection2DArray,
    Detection3D,
    Detection3DArray,
    LabelInfo,
    ObjectHypothesisWithPose,
    VisionClass,
)

DOMAIN = 79
DESCRIBED_BY = ''
LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)


@pytest.fixture(scope='module')
def detector(client, robot):
    """The publishers of a detector, which the node hears."""
    made = {
        topic: client.node.create_publisher(kind, topic, profile)
        for topic, kind, profile in (
            ('detections_2d', Detection2DArray, 10),
            ('detections_3d', Detection3DArray, 10),
            ('label_info', LabelInfo, LATCHED),
        )
    }
    for publisher in made.values():
        client.until(publisher.get_subscription_count, publisher.topic_name)
    return made


def hypotheses(*scored):
    found = []
    for class_id, score in scored:
        result = ObjectHypothesisWithPose()
        result.hypothesis.class_id, result.hypothesis.score = class_id, score
        found.append(result)
    return found


def box_2d(*scored):
    """Return a box around the centre of the picture."""
    found = Detection2D(results=hypotheses(*scored))
    found.bbox.center.position.x, found.bbox.center.position.y = 31.5, 23.5
    found.bbox.size_x = found.bbox.size_y = 16.0
    return found


def box_3d(label, x, y, z, frame_id=''):
    found = Detection3D(header=Header(frame_id=frame_id), results=hypotheses((label, 0.9)))
    p, size = found.bbox.center.position, found.bbox.size
    p.x, p.y, p.z = x, y, z
    found.bbox.center.orientation.w = 1.0
    size.x, size.y, size.z = 0.2, 0.4, 0.6
    return found


def look(robot, publisher, array, *, header=True, inside=False):
    """Publish one moment, and what a detector says of it."""
    stamp = robot.now()
    robot.publish('odom', robot.odometry((5.0, 1.0, 0.0)), stamp)
    robot.publish('camera_info', robot.camera_info(), stamp)
    robot.publish('depth', robot.depth(2.0), stamp)
    robot.publish('image', robot.image(), stamp)
    if header:
        array.header.stamp, array.header.frame_id = stamp, 'camera_optical'
    for item in array.detections if inside else ():
        item.header.stamp, item.header.frame_id = stamp, 'camera_optical'
    publisher.publish(array)


def see(client, label, again, *, placed=True):
    def place():
        again()
        places = client.retrieve(label).places
        return next((p for p in places if p.label == label and p.has_target >= placed), None)

    return client.until(place, f'a place of {label}')


def at(place):
    p = place.target_position
    return pytest.approx((p.x, p.y, p.z), abs=0.05)


def test_boxes_in_a_picture(client, robot, detector):
    array = Detection2DArray(detections=[box_2d(('cat', 0.2), ('dog', 0.7))])
    dog = see(client, 'dog', lambda: look(robot, detector['detections_2d'], array))
    assert at(dog) == (7.0, 1.0, 0.0)


def test_a_header_that_stands_inside_alone_is_taken(client, robot, detector):
    array = Detection2DArray(detections=[box_2d(('bird', 0.7))])
    bird = see(
        client,
        'bird',
        lambda: look(robot, detector['detections_2d'], array, header=False, inside=True),
    )
    assert at(bird) == (7.0, 1.0, 0.0)


def test_a_class_id_is_named_by_its_label_map_or_refused(client, robot, detector):
    array = Detection2DArray(detections=[box_2d(('3', 0.7))])

    def refused():
        look(robot, detector['detections_2d'], array)
        return any('detections_2d: class_id' in reason for reason in client.rejected())

    client.until(refused, 'a refusal')
    assert 'set perception.classes_path, or publish its label map' in client.process.output()
    classes = [VisionClass(class_id=3, class_name='potted plant')]
    detector['label_info'].publish(LabelInfo(class_map=classes))
    see(client, 'potted plant', lambda: look(robot, detector['detections_2d'], array))


def test_boxes_in_space(client, robot, detector):
    array = Detection3DArray(detections=[box_3d('stove', 0.5, -0.1, 3.0)])
    stove = see(client, 'stove', lambda: look(robot, detector['detections_3d'], array))
    # Optical axes: x right, y down, z ahead.
    assert at(stove) == (8.0, 0.5, 0.1)
    extent = stove.target_extent
    assert (extent.x, extent.y, extent.z) == pytest.approx((0.6, 0.2, 0.4), abs=0.01)


def test_each_box_in_space_may_have_a_frame_of_its_own(client, robot, detector):
    array = Detection3DArray(
        detections=[
            box_3d('bench', 1.0, 2.0, 0.5, 'odom'),
            box_3d('bin', 1.0, 2.0, 0.5, 'base_link'),
            box_3d('ghost', 1.0, 2.0, 0.5, 'nowhere'),
        ]
    )

    def again():
        look(robot, detector['detections_3d'], array)

    assert at(see(client, 'bench', again)) == (1.0, 2.0, 0.5)
    assert at(see(client, 'bin', again)) == (6.0, 3.0, 0.5)
    assert not see(client, 'ghost', again, placed=False).has_target
    assert "no TF joins their frame 'nowhere' to 'odom'" in client.process.output()
