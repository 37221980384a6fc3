"""``memory import BAG`` as a person uses it: what is said, and what the options change."""

from __future__ import annotations

import json

from interchange.made_bags import BoxFinder, Recipe, record
import pytest

from memory_node.cli.main import main
from memory_node.core.perception.geometry import transform_from_xyz_rpy
from memory_node.interchange import bag


@pytest.fixture
def run(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(bag, 'make_captioner', lambda config: BoxFinder())

    def call(*arguments):
        store = ('--store', str(tmp_path / 'memory.sqlite'))
        code = main(['import', *map(str, arguments), *store, '--json'])
        captured = capsys.readouterr()
        return code, json.loads(captured.out or 'null'), captured.err

    return call


def test_a_folder_is_read_and_what_was_done_is_said(run, tmp_path):
    folder = record(tmp_path / 'drive', Recipe(rear_camera=True))
    code, report, said = run(folder)
    assert code == 0
    assert report['added'] >= 2
    assert 'taken: image /camera/color/image_raw' in said
    assert 'not taken: /a_rear/camera_info, /a_rear/image_raw' in said
    assert 'sightings placed' in said
    code, report, said = run(folder / 'metadata.yaml')
    assert (code, report['added']) == (0, 0)
    assert '--map-id' not in said


def test_the_option_that_helps_is_named_and_helps(run, tmp_path):
    folder = record(tmp_path / 'late', Recipe(depth_late_ns=80_000_000))
    _, _, said = run(folder, '--map-id', 'first')
    assert '0 of' in said
    assert 'because depth: none within --pairing-slop (ingest.pairing_slop_s)' in said
    _, _, said = run(folder, '--map-id', 'second', '--pairing-slop', '0.1')
    assert 'because' not in said


def test_topics_and_mounting_are_told(run, tmp_path):
    mounting = (0.0, 0.0, 1.0, 0.0, 0.0, 0.0)
    folder = record(tmp_path / 'blind', Recipe(tells_mounting=False, rear_camera=True))
    _, _, said = run(
        folder,
        *('--topic', 'image=/camera/color/image_raw', '--topic', 'odom=/odom'),
        f'--camera={",".join(map(str, mounting))}',
    )
    assert '--camera' not in said
    _, _, said = run(folder, '--map-id', 'other', '--topic', 'image=/a_rear/image_raw')
    assert 'taken: image /a_rear/image_raw' in said


def test_a_second_recording_on_the_same_map_is_warned_of(run, tmp_path):
    anew = transform_from_xyz_rpy((3.0, 0.0, 0.0, 0.0, 0.0, 0.0))
    run(record(tmp_path / 'one', Recipe()))
    other = record(tmp_path / 'two', Recipe(map_T_odom=anew))
    _, report, said = run(other)
    assert report['added']
    assert "map 'map' held observations of another recording" in said


@pytest.mark.parametrize(
    'wrong', [('--topic', 'image'), ('--camera', '1,2,3'), ('--pairing-slop', 'soon')]
)
def test_an_option_that_makes_no_sense_is_wrong_use(run, tmp_path, wrong):
    with pytest.raises(SystemExit) as ended:
        run(tmp_path, *wrong)
    assert ended.value.code == 2


def test_what_is_no_bag_is_named(run, tmp_path):
    code, report, said = run(tmp_path)
    assert (code, report) == (1, None)
    assert 'INVALID_OBSERVATION' in said
    assert 'metadata' in said
