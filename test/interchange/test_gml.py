"""The authors' graphs: degrees become metres, objects join the poses that saw them."""

from __future__ import annotations

from data import require_data
import numpy as np
import pytest

from memory_node.core.errors import InvalidObservationError, StoreAccessError
from memory_node.interchange.gml import lon_lat_to_enu, object_name, read_gml

STREET = """graph [
  node [ id 0 label "a" name "Forest Road" caption "Trees &#38; cars."
    position [ x -79.9437 y 40.4387 z 0.0 ] ]
  node [ id 1 label "b" caption "A bridge." position [ x -79.9437 y 40.4396 z 0.0 ] ]
  node [ id 2 label "c" caption "No place." ]
  node [ id 3 label "d" caption "Above." level 1 position [ x -79.9 y 40.4 z 0.0 ] ]
  edge [ source 0 target 1 ]
]
"""
BUILDING = """graph [
  detection_radius 5
  node [ id 0 label "drone_0" type "drone" yaw 1.0 position [ x 0.0 y 0.0 z 1.0 ] ]
  node [ id 1 label "SM_RoundTable_17" type "object" position [ x 3.0 y 0.0 z 1.0 ] ]
  node [ id 2 label "Sofa2" type "object" position [ x 30.0 y 0.0 z 1.0 ] ]
]
"""


def _read(tmp_path, text):
    path = tmp_path / 'graph.gml'
    path.write_text(text)
    rejected = []
    return read_gml(path, rejected), rejected


def test_degrees_become_metres_about_the_first_node(tmp_path):
    (first, second), rejected = _read(tmp_path, STREET)
    assert first.pose.position == (0.0, 0.0, 0.0)
    # One minute of latitude is a nautical mile; 0.0009 degrees are about 100 m north.
    assert second.pose.position == pytest.approx((0.0, 99.9, 0.0), abs=0.3)
    assert first.caption == 'Forest Road. Trees & cars.'
    assert first.neighbors == ('b',)
    assert len(rejected) == 1
    assert 'position' in rejected[0].reason


def test_enu_agrees_with_the_great_circle():
    origin = np.array([-79.95, 40.44])
    east = lon_lat_to_enu(np.array([[-79.94, 40.44]]), origin)[0]
    # 0.01 degrees of longitude at 40.44 N: 0.01 * 111,320 m * cos(40.44 deg) = 847 m.
    assert east == pytest.approx([848.2, 0.0], abs=2.0)


def test_objects_are_seen_from_poses_within_the_detection_radius(tmp_path):
    (only,), rejected = _read(tmp_path, BUILDING)
    assert not rejected
    assert [s.label for s in only.sightings] == ['round table']
    assert only.sightings[0].position == (3.0, 0.0, 1.0)
    assert only.pose.yaw_rad == pytest.approx(1.0)


@pytest.mark.parametrize(
    ('asset', 'name'),
    [('SM_RoundTable2_17', 'round table'), ('coffee#maker', 'coffee maker'), ('42', '42')],
)
def test_asset_names_become_words(asset, name):
    assert object_name(asset) == name


@pytest.mark.parametrize('text', ['', 'graph [', 'graph [ node [ ] ]', '\x00\xff', '[' * 5000])
def test_what_is_not_gml_is_a_typed_error(tmp_path, text):
    path = tmp_path / 'graph.gml'
    path.write_text(text)
    with pytest.raises(InvalidObservationError, match=r'graph\.gml'):
        read_gml(path, [])


def test_a_missing_graph_is_named(tmp_path):
    with pytest.raises(StoreAccessError, match='none'):
        read_gml(tmp_path / 'none.gml', [])


def test_the_authors_street_graph_is_about_a_kilometre():
    rejected = []
    leaves = read_gml(require_data('embodied_rag') / 'cmu_500_graph.gml', rejected)
    positions = np.array([o.pose.position for o in leaves])
    span = positions.max(axis=0) - positions.min(axis=0)
    assert len(leaves) == 3313
    assert not rejected
    assert 500 < span[:2].max() < 3000
    assert not any('&#' in o.caption for o in leaves)


def test_the_authors_building_has_objects_in_view():
    rejected = []
    leaves = read_gml(require_data('embodied_rag') / 'building99_graph.gml', rejected)
    assert len(leaves) + len(rejected) == 253
    assert sum(len(o.sightings) for o in leaves) > 253
    assert all(o.neighbors for o in leaves)
