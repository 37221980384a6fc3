"""Recordings as robots bring them: objects stand where they stand, or it is said why."""

from __future__ import annotations

from collections import defaultdict
import re

from interchange.made_bags import BOXES, BoxFinder, Recipe, record, WIDE_K
import numpy as np
import pytest
from rosbags.rosbag2 import StoragePlugin

from memory_node.core.config import IngestConfig
from memory_node.core.errors import InvalidObservationError
from memory_node.core.perception.distortion import Distortion
from memory_node.core.perception.geometry import transform_from_xyz_rpy
from memory_node.interchange.bag import BagSettings, read_bag

WIDE_LENS = Distortion('plumb_bob', (-0.30, 0.10, 0.001, -0.001, 0.0))
FISHEYE = Distortion('equidistant', (-0.05, 0.01, 0.0, 0.0))
BESIDE = transform_from_xyz_rpy((0.06, 0.01, 0.0, 0.0, 0.0, 0.0))


class Read:
    """What came of a recording."""

    def __init__(self, path, **settings) -> None:
        self.said: list[str] = []
        self.rejected = []
        self.observations = list(
            read_bag(
                path,
                BagSettings(**settings),
                self.rejected,
                say=self.said.append,
                captioner=BoxFinder(),
            )
        )

    @property
    def closing(self) -> str:
        return self.said[-1]

    @property
    def warnings(self) -> list[str]:
        return [s for s in self.said[:-1] if not s.startswith(('taken', 'not taken'))]

    def positions(self) -> dict[str, np.ndarray]:
        found = defaultdict(list)
        for observation in self.observations:
            for sighting in observation.sightings:
                if sighting.position is not None:
                    found[sighting.label].append(sighting.position)
        return {label: np.median(p, axis=0) for label, p in found.items()}

    def assert_boxes_stand(self, within: float = 0.25) -> None:
        found = self.positions()
        for label, _, centre, _ in BOXES:  # the seen faces lie before the centre
            assert np.linalg.norm(found[label] - centre) < within, (label, found, self.said)


@pytest.fixture
def bag(tmp_path):
    def make(**recipe) -> Read:
        settings = recipe.pop('read', {})
        return Read(
            record(tmp_path / f'bag{len(list(tmp_path.iterdir()))}', Recipe(**recipe)), **settings
        )

    return make


@pytest.fixture(scope='module')
def plain(tmp_path_factory):
    """Return a recording of the camera's own odometry: nothing has to be known of a robot."""
    folder = tmp_path_factory.mktemp('plain') / 'bag'
    mounting = (0.0, 0.0, 1.2, 0.0, np.radians(20), 0.0)
    return Read(record(folder, Recipe(mounting=mounting)), camera=mounting)


def test_boxes_stand_where_they_stand(bag):
    read = bag()
    read.assert_boxes_stand()
    assert not read.rejected
    assert not read.warnings
    assert re.fullmatch(r'(\d+) of \1 sightings placed', read.closing)
    assert read.said[0].startswith('taken: image /camera/color/image_raw')


def test_a_camera_that_tf_mounts_gives_the_positions_of_its_own_odometry(bag, plain):
    read = bag(mounting=(0.0, 0.0, 1.2, 0.0, np.radians(20), 0.0))
    read.assert_boxes_stand()
    for label, position in plain.positions().items():
        assert np.linalg.norm(read.positions()[label] - position) < 0.05
    assert not read.warnings


def test_an_unknown_mounting_is_warned_of_once_and_can_be_told(bag):
    mounting = (0.1, 0.0, 1.2, 0.0, np.radians(20), 0.0)
    blind = bag(mounting=mounting, tells_mounting=False)
    (warning,) = blind.warnings
    assert "'camera_color_optical_frame'" in warning
    assert "'base_link'" in warning
    assert '--camera' in warning
    told = bag(mounting=mounting, tells_mounting=False, read={'camera': mounting})
    assert not told.warnings
    told.assert_boxes_stand()


def test_a_wider_depth_camera_is_registered_through_both_calibrations(bag):
    other = {
        'depth_k': WIDE_K,
        'depth_frame': 'camera_depth_optical_frame',
        'color_T_depth': BESIDE,
        'depth_info': True,
    }
    registered = bag(**other, tells_depth=True)
    for label, position in bag().positions().items():
        assert np.linalg.norm(registered.positions()[label] - position) < 0.06
    refused = bag(**other)
    assert not refused.positions()
    assert "'camera_depth_optical_frame'" in refused.closing
    assert "'camera_color_optical_frame'" in refused.closing
    assert refused.closing.startswith('0 of ')
    assert refused.observations


def test_depth_registered_by_its_driver_is_believed_when_told(bag):
    odd = {'depth_frame': 'camera_depth_frame'}
    assert not bag(**odd).positions()
    bag(**odd, read={'depth_registered': True}).assert_boxes_stand()


def test_of_two_cameras_the_one_with_depth_is_taken_and_said(bag):
    read = bag(rear_camera=True)
    read.assert_boxes_stand()
    assert 'image /camera/color/image_raw' in read.said[0]
    assert 'camera_info /camera/color/camera_info' in read.said[0]
    assert '/a_rear/image_raw' in read.said[1]
    assert '--topic' in read.said[1]


def test_a_named_camera_is_taken(bag):
    read = bag(rear_camera=True, read={'topics': {'image': '/a_rear/image_raw'}})
    assert 'image /a_rear/image_raw' in read.said[0]
    assert 'camera_info /a_rear/camera_info' in read.said[0]
    assert not read.positions()


def test_a_picture_of_confidence_does_not_hide_the_depth(bag):
    read = bag(confidence=True)
    assert 'depth /camera/depth/image_raw' in read.said[0]
    read.assert_boxes_stand()


def test_a_calibration_in_p_alone_is_taken(bag):
    read = bag(zero_k=True)
    assert not read.rejected
    read.assert_boxes_stand()


@pytest.mark.parametrize('lens', [WIDE_LENS, FISHEYE], ids=lambda lens: lens.model)
def test_what_a_lens_bends_is_undone_unless_it_was(bag, lens):
    aside = {'mounting': (0.0, 0.0, 1.0, 0.0, 0.0, 0.2), 'lens': lens}
    read = bag(**aside)
    assert not read.warnings
    for label, position in bag(mounting=aside['mounting']).positions().items():
        assert np.linalg.norm(read.positions()[label] - position) < 0.05
    # Taken for rectified, they are off by what the lens bends.
    bent = bag(**aside, read={'rectified': 'yes'}).positions()
    assert max(np.linalg.norm(bent[x] - p) for x, p in read.positions().items()) > 0.05
    bag(lens=lens, color_topic='/camera/color/image_rect').assert_boxes_stand()


def test_a_lens_that_is_none_costs_positions_and_is_named(bag):
    read = bag(lens=Distortion('thin_prism', WIDE_LENS.coefficients))
    assert len(read.observations) >= 3
    assert not read.positions()
    assert 'camera_info.distortion_model must be one of' in read.closing


def test_without_a_calibration_pictures_stay_and_the_reason_is_said(bag):
    read = bag(info=False)
    assert len(read.observations) >= 3
    assert not read.positions()
    assert 'because camera_info: none received' in read.closing


@pytest.mark.parametrize('encoding', ['yuv422_yuy2', 'bayer_rggb8', 'rgb16'])
def test_colours_in_other_encodings(bag, encoding):
    read = bag(color_encoding=encoding)
    assert not read.rejected
    read.assert_boxes_stand()


@pytest.mark.parametrize('encoding', ['32FC1', 'png', 'rvl'])
def test_depth_in_other_encodings(bag, encoding):
    bag(depth_encoding=encoding).assert_boxes_stand()


def test_another_unit_of_depth_is_hinted_at_and_can_be_told(bag):
    read = bag(depth_counts=10000.0)
    assert re.search(r'because most depth is outside 0.1 to 8 m.*depth_unit_m', read.closing)
    bag(depth_counts=5000.0, read={'depth_unit_m': 1 / 5000}).assert_boxes_stand()


def test_late_depth_names_the_setting_that_helps(bag):
    read = bag(depth_late_ns=80_000_000)
    assert not read.positions()
    assert re.search(r'0 of \d+ sightings placed, because depth.*pairing_slop_s', read.closing)
    assert '0.080 s later' in read.closing
    patient = bag(depth_late_ns=80_000_000, read={'ingest': IngestConfig(pairing_slop_s=0.1)})
    patient.assert_boxes_stand()


def test_rare_odometry_names_the_setting_that_helps(bag):
    read = bag(odom_hz=1.0)
    assert 'odometry_gap_s' in read.closing
    assert read.rejected
    patient = bag(odom_hz=1.0, read={'ingest': IngestConfig(odometry_gap_s=1.5)})
    assert not patient.rejected
    patient.assert_boxes_stand(within=0.35)


def test_stamps_that_are_all_zero_are_named_and_replaced(bag):
    read = bag(zero_stamps=True)
    assert any('/camera/color/image_raw' in w and 'zero' in w for w in read.warnings)
    read.assert_boxes_stand()


def test_odometry_of_another_frame_is_taken_for_the_map_and_said_once(bag):
    read = bag(odom_frame='odom')
    (warning,) = read.warnings
    assert "'odom'" in warning
    assert "'map'" in warning
    read.assert_boxes_stand()


def test_odometry_is_brought_into_the_map_where_tf_joins_them(bag):
    moved = transform_from_xyz_rpy((5.0, -2.0, 0.0, 0.0, 0.0, 1.0))
    read = bag(odom_frame='odom', map_T_odom=moved)
    assert not read.warnings
    read.assert_boxes_stand()


@pytest.mark.parametrize('plugin', [StoragePlugin.MCAP, StoragePlugin.SQLITE3])
def test_a_folder_its_metadata_and_its_file_are_read_alike(tmp_path, plugin):
    folder = record(tmp_path / 'bag', Recipe(plugin=plugin))
    file = next(p for p in folder.iterdir() if p.suffix in ('.mcap', '.db3'))
    ids = [
        [o.id for o in Read(path).observations]
        for path in (folder, folder / 'metadata.yaml', file)
    ]
    assert ids[0]
    assert ids[0] == ids[1] == ids[2]


def test_a_file_without_its_metadata_is_read(tmp_path):
    folder = record(tmp_path / 'bag', Recipe(plugin=StoragePlugin.SQLITE3))
    file = next(folder.glob('*.db3'))
    moved = file.rename(tmp_path / 'alone.db3')
    Read(moved).assert_boxes_stand()


def test_what_is_missing_is_named(tmp_path):
    folder = record(tmp_path / 'bag', Recipe(odom_hz=1e-9, tells_mounting=False))
    with pytest.raises(InvalidObservationError, match='is no odom'):
        Read(folder, topics={'odom': '/camera/color/image_raw'})


def test_the_same_recording_gives_the_same_ids(bag):
    first, again = bag(), bag()
    assert [o.id for o in first.observations] == [o.id for o in again.observations]
