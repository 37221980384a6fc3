"""``memory import BAG`` as a person uses it: what is said, and what the options change."""

from __future__ import annotations

import json

from interchange.made_bags import BoxFinder, Recipe, record
import pytest

from memory_node import Memory
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
    assert '(--camera' not in said
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


@pytest.fixture
def plugin(tmp_path, monkeypatch):
    """Install a package that brings captioners, as pip or colcon would."""
    site = tmp_path / 'site'
    metadata = site / 'my_captioner-1.0.dist-info'
    metadata.mkdir(parents=True)
    (metadata / 'METADATA').write_text('Metadata-Version: 2.1\nName: my-captioner\nVersion: 1.0\n')
    (metadata / 'entry_points.txt').write_text(
        '[memory_node.captioners]\n'
        'boxes = my_captioner:make\nbroken = my_captioner:nothing\nmute = my_captioner:mute\n'
    )
    (site / 'my_captioner.py').write_text(
        'from interchange.made_bags import BoxFinder\n'
        'def make(perception):\n    return BoxFinder()\n'
        'def mute(perception):\n    return object()\n'
    )
    monkeypatch.syspath_prepend(str(site))


def test_a_captioner_may_be_a_plug_in(plugin, tmp_path, capsys):
    folder = record(tmp_path / 'drive', Recipe())
    store = tmp_path / 'memory.sqlite'

    def call(name):
        code = main(['import', str(folder), '--store', str(store), '--captioner', name])
        return code, ' '.join(capsys.readouterr().err.split())

    code, said = call('boxes')
    assert code == 0, said
    with Memory.open(store) as memory:
        assert {o.source for o in memory.observations()} == {'boxes'}
        assert {thing.label for thing in memory.objects()} == {'red box', 'blue box'}
    for name, fault in (
        ('broken', "captioner 'broken' (my_captioner:nothing) could not be made"),
        ('mute', "captioner 'mute' (my_captioner:mute) has no method describe"),
        (
            'nobody',
            'captioner must be one of detections, onnx, yolox, openai, caption, none, boxes',
        ),
    ):
        code, said = call(name)
        assert code == 1
        assert fault in said


def test_signs_are_read_without_a_detector(tmp_path, capsys):
    pytest.importorskip('rapidocr', reason="needs pip install 'memory_node[signs]'")
    folder = record(tmp_path / 'drive', Recipe())
    store = ('--store', str(tmp_path / 'memory.sqlite'))
    assert main(['import', str(folder), *store]) != 0
    assert 'nothing says what the pictures show' in capsys.readouterr().err
    assert main(['import', str(folder), '--signs', '--json', *store]) == 0
    assert json.loads(capsys.readouterr().out)['added'] >= 2
