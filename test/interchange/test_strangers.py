"""
A recording as a stranger brings it: of a fleet, with another detector's messages, and damaged.

Topics are in a namespace, pictures are compressed, poses are TF from odom to base_footprint alone,
detections are vision_msgs with class ids, the clock jumps once, and one message is broken.
"""

from __future__ import annotations

import shutil
import sys

import cv2
from interchange import made_bags
from interchange.made_bags import BOXES, BoxFinder, START_NS, STEP_NS
import numpy as np
import pytest
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin, Writer

from memory_node.cli.main import main
from memory_node.core.memory import Memory
from memory_node.core.perception.geometry import camera_mounting, inverse, transform_from_xyz_rpy
from memory_node.interchange.bag import BagSettings, read_bag
from memory_node.interchange.message_types import known_types

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

VISION = known_types()
ROBOT, OTHER = '/robot1', '/robot2'
CAMERA = f'{ROBOT}/front_camera'
OPTICAL = 'robot1/front_camera_color_optical_frame'
CLASSES = {7: 'red box', 9: 'blue box'}
#: The clock is set forward by this in the middle, and back again.
JUMP_NS = 3_600 * 10**9


def _kind(name, **values):
    return VISION.types[name](**values)


def _vision(name, **values):
    return _kind(f'vision_msgs/msg/{name}', **values)


def _pose(position):
    x, y, z = position
    return made_bags._geometry(
        'Pose',
        position=made_bags._geometry('Point', x=x, y=y, z=z),
        orientation=made_bags._geometry('Quaternion', x=0.0, y=0.0, z=0.0, w=1.0),
    )


def _hypothesis(class_id, score):
    return _vision(
        'ObjectHypothesisWithPose',
        hypothesis=_vision('ObjectHypothesis', class_id=class_id, score=score),
        pose=made_bags._geometry(
            'PoseWithCovariance', pose=_pose((0.0, 0.0, 0.0)), covariance=np.zeros(36)
        ),
    )


def detections_2d(header, found, ids):
    """Return what a captioner found as Detection2DArray with class ids, by label."""
    items = []
    for d in found:
        left, top, right, bottom = d.box_px
        middle = _vision('Point2D', x=(left + right) / 2, y=(top + bottom) / 2)
        box = _vision(
            'BoundingBox2D',
            center=_vision('Pose2D', position=middle, theta=0.0),
            size_x=right - left,
            size_y=bottom - top,
        )
        hypotheses = [_hypothesis('5', 0.1), _hypothesis(ids[d.label], d.confidence)]
        items.append(_vision('Detection2D', header=header, results=hypotheses, bbox=box, id=''))
    return _vision('Detection2DArray', header=header, detections=items)


def detections_3d(header, optical_T_map, found):
    """Return the boxes that were found as Detection3DArray in the camera's frame."""
    items = []
    for label, _, centre, size in BOXES:
        if label not in {d.label for d in found}:
            continue
        x, y, z = (optical_T_map @ np.array([*centre, 1.0]))[:3].tolist()
        w, h, d = size
        box = _vision(
            'BoundingBox3D',
            center=_pose((x, y, z)),
            size=made_bags._geometry('Vector3', x=h, y=d, z=w),  # optical axes
        )
        items.append(
            _vision(
                'Detection3D', header=header, results=[_hypothesis(label, 0.8)], bbox=box, id=''
            )
        )
    return _vision('Detection3DArray', header=header, detections=items)


def label_info(header):
    classes = [
        _vision('VisionClass', class_id=number, class_name=name)
        for number, name in CLASSES.items()
    ]
    return _vision('LabelInfo', header=header, class_map=classes, threshold=0.5)


def _links(at, recipe):
    mounting = made_bags._transform(
        made_bags._header(at, 'robot1/base_link', recipe),
        'robot1/front_camera_link',
        transform_from_xyz_rpy(recipe.mounting),
    )
    optical = made_bags._transform(
        made_bags._header(at, 'robot1/front_camera_link', recipe), OPTICAL, camera_mounting()
    )
    above = made_bags._transform(
        made_bags._header(at, 'base_footprint', recipe), 'robot1/base_link', np.eye(4)
    )
    return [mounting, optical, above]


def record(path, *, plugin=StoragePlugin.MCAP, kind='2d', other=True, labels=True, packed=None):
    """Write the recording into the folder ``path`` and return it."""
    recipe = made_bags.Recipe()
    messages = []

    def add(at, topic, kind, message):
        messages.append((at, topic, kind, VISION.serialize_cdr(message, kind)))

    tf = 'tf2_msgs/msg/TFMessage'
    add(START_NS, f'{ROBOT}/tf_static', tf, _kind(tf, transforms=_links(START_NS, recipe)))
    header = made_bags._header(START_NS, '', recipe)
    if labels:
        named = label_info(header)
        add(START_NS + 1, f'{ROBOT}/label_info', 'vision_msgs/msg/LabelInfo', named)
    for i in range(180):
        at = START_NS + i * 20_000_000
        header = made_bags._header(at, 'odom', recipe)
        moved = made_bags._transform(header, 'base_footprint', made_bags.base_in_map(at))
        add(at, f'{ROBOT}/tf', tf, _kind(tf, transforms=[moved]))
        if other:
            elsewhere = transform_from_xyz_rpy((50.0, 50.0, 0.0, 0.0, 0.0, 0.0))
            moved = made_bags._transform(header, 'base_footprint', elsewhere)
            add(at, f'{OTHER}/tf', tf, _kind(tf, transforms=[moved]))
    for i in range(8):
        at = START_NS + i * STEP_NS + 100_000_000
        stamp = at + (JUMP_NS if i == 4 else 0)
        eye = made_bags.base_in_map(at) @ camera_mounting(recipe.mounting)
        color, depth = made_bags.render(eye, made_bags.COLOR_K)
        header = made_bags._header(stamp, OPTICAL, recipe)
        picture = _kind(
            'sensor_msgs/msg/CompressedImage',
            header=header,
            format='rgb8; jpeg compressed bgr8',
            data=cv2.imencode('.jpg', cv2.cvtColor(color, cv2.COLOR_RGB2BGR))[1].ravel(),
        )
        compressed = 'sensor_msgs/msg/CompressedImage'
        add(at, f'{CAMERA}/color/image_raw/compressed', compressed, picture)
        if other:
            add(at, f'{OTHER}/front_camera/color/image_raw/compressed', compressed, picture)
        info = made_bags._info(header, made_bags.COLOR_K, zero_k=False)
        add(at, f'{CAMERA}/color/camera_info', 'sensor_msgs/msg/CameraInfo', info)
        if kind == '2d':
            measured = made_bags.depth_msg(header, depth, 'png', 1000.0)
            topic = f'{CAMERA}/aligned_depth_to_color/image_raw/compressedDepth'
            add(at, topic, 'sensor_msgs/msg/CompressedImage', measured)
        found = BoxFinder().describe(color).detections
        if kind == '2d':
            array = detections_2d(header, found, {n: str(i) for i, n in CLASSES.items()})
            add(
                at + 5_000_000,
                f'{ROBOT}/yolo/detections',
                'vision_msgs/msg/Detection2DArray',
                array,
            )
        else:
            array = detections_3d(header, inverse(eye), found)
            add(at + 5_000_000, f'{ROBOT}/boxes', 'vision_msgs/msg/Detection3DArray', array)
    said = [i for i, m in enumerate(messages) if 'detections' in m[1] or 'boxes' in m[1]]
    at, topic, name, content = messages[said[2]]
    messages[said[2]] = (at, topic, name, bytes(content)[:60])
    writer = Writer(path, version=9, storage_plugin=plugin)
    if packed is not None:
        writer.set_compression(packed, CompressionFormat.ZSTD)
    with writer:
        connections = {}
        for at, topic, name, content in sorted(messages, key=lambda m: m[0]):
            if topic not in connections:
                connections[topic] = writer.add_connection(topic, name, typestore=VISION)
            writer.write(connections[topic], at, content)
    return path


class Read:
    """What came of a recording."""

    def __init__(self, path, **settings) -> None:
        self.said, self.rejected, self.frames = [], [], []

        def map_for(frame_id):
            self.frames.append(frame_id)
            return 'map'

        self.observations = list(
            read_bag(
                path,
                BagSettings(**settings),
                self.rejected,
                say=self.said.append,
                map_for=map_for,
            )
        )

    def positions(self, label):
        return np.array(
            [s.position for o in self.observations for s in o.sightings if s.label == label]
        )


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp('strangers')


@pytest.fixture(scope='module')
def mcap(folder):
    return record(folder / 'fleet')


@pytest.fixture(scope='module')
def by_2d(mcap):
    return Read(mcap)


@pytest.fixture(scope='module')
def by_3d(folder):
    return Read(record(folder / 'boxes', plugin=StoragePlugin.SQLITE3, kind='3d'))


def test_topics_of_one_robot_are_taken_and_said(by_2d, by_3d):
    assert by_2d.said[0] == (
        f'taken: image/compressed {CAMERA}/color/image_raw/compressed, depth/compressedDepth'
        f' {CAMERA}/aligned_depth_to_color/image_raw/compressedDepth, camera_info'
        f' {CAMERA}/color/camera_info, detections_2d {ROBOT}/yolo/detections, label_info'
        f' {ROBOT}/label_info'
    )
    assert f'not taken: {OTHER}/front_camera/color/image_raw/compressed' in by_2d.said[1]
    assert f'detections_3d {ROBOT}/boxes' in by_3d.said[0]


def test_poses_are_those_of_tf_in_its_own_frame(by_2d):
    assert set(by_2d.frames) == {'odom'}
    first = by_2d.observations[0]
    at = made_bags.base_in_map(first.stamp_ns)
    assert first.pose.position == pytest.approx(tuple(at[:3, 3]), abs=0.02)
    assert any("poses are kept in 'odom'" in line for line in by_2d.said)


def test_things_stand_where_they_stand(by_2d, by_3d):
    for label, _, centre, _ in BOXES:
        boxes, placed = by_2d.positions(label), by_3d.positions(label)
        assert np.linalg.norm(np.median(boxes, axis=0) - centre) < 0.25  # its seen side
        assert np.abs(placed - centre).max() < 0.02  # its middle, as the detector says
    for o in by_3d.observations:  # of boxes that are turned a little against the map
        for s in o.sightings:
            size = next(size for label, _, _, size in BOXES if label == s.label)
            assert s.extent == pytest.approx(size, abs=0.1)


@pytest.mark.parametrize('read', ['by_2d', 'by_3d'])
def test_what_was_lost_is_said_in_one_line(read, request):
    said = request.getfixturevalue(read)
    topic = f'{ROBOT}/yolo/detections' if read == 'by_2d' else f'{ROBOT}/boxes'
    sightings = [s for o in said.observations for s in o.sightings]
    line = said.said[-1]
    assert line.startswith(f'{len(sightings)} of {len(sightings)} sightings placed, because')
    assert 'image: stamp jumped back (1x)' in line
    assert 'no pose as new as the frame' in line
    assert f'a message of {topic} can not be read (1x)' in line
    assert len(said.observations) == 3  # keyframes of the drive


def test_files_without_their_folder_are_read(mcap, by_2d, folder):
    (file,) = mcap.glob('*.mcap')
    killed = folder / 'killed'  # a recorder that was killed leaves no metadata.yaml
    killed.mkdir()
    shutil.copy(file, killed)
    packed = folder / 'fleet_0.mcap.zstd'
    packed.write_bytes(zstd.compress(file.read_bytes()))
    expected = [o.id for o in by_2d.observations]
    for path in (file, killed, packed):
        assert [o.id for o in Read(path).observations] == expected


@pytest.mark.parametrize('mode', [CompressionMode.FILE, CompressionMode.MESSAGE])
def test_packed_recordings_are_read_whole_and_file_by_file(tmp_path, by_2d, mode):
    path = record(tmp_path / 'packed', packed=mode)
    (file,) = (p for p in path.iterdir() if p.name != 'metadata.yaml')
    expected = [o.id for o in by_2d.observations]
    for given in (path, path / 'metadata.yaml', file):
        assert [o.id for o in Read(given).observations] == expected


def test_class_ids_get_names_from_a_file_or_are_named(mcap, tmp_path, capsys):
    names = tmp_path / 'names.yaml'
    names.write_text('names: {7: crate, 9: barrel}')
    store = ['--store', str(tmp_path / 'memory.sqlite')]
    # Nobody tells the label map: the topic is left out by naming another for its role.
    without = record(tmp_path / 'unnamed', other=False, labels=False)
    assert main(['import', str(without), *store]) == 1
    said = capsys.readouterr().err
    assert "class_id '7' has no name: set --classes" in said.replace('\n', ' ')
    assert main(['import', str(without), *store, '--map-id', 'named', '--classes', str(names)])
    with Memory.open(store[1]) as memory:
        assert {o.label for o in memory.objects(map_id='named')} == {'crate', 'barrel'}
        assert memory.frames == {'map': 'odom', 'named': 'odom'}


def test_a_recording_that_nothing_describes_says_so(tmp_path, capsys):
    bag = made_bags.record(tmp_path / 'drive', made_bags.Recipe())
    assert main(['import', str(bag), '--store', str(tmp_path / 'memory.sqlite')]) == 1
    assert 'name a detector (--detector ONNX)' in capsys.readouterr().err.replace('\n', ' ')
