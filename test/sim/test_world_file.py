from __future__ import annotations

import contextlib
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
import pytest
from small_worlds import BOX, room_with

from memory_sim.world.errors import WorldError
from memory_sim.world.generate import generate_world
from memory_sim.world.yaml_file import dump_world, load_world, parse_world, save_world

APARTMENT = Path(__file__).parents[2] / 'config' / 'worlds' / 'apartment.yaml'


def test_a_world_survives_being_written_and_read(tmp_path: Path) -> None:
    world = generate_world('apartment', 3)
    save_world(world, tmp_path / 'world.yaml')
    assert load_world(tmp_path / 'world.yaml') == world
    assert [p.name for p in tmp_path.iterdir()] == ['world.yaml']


def test_the_apartment_that_comes_with_the_project_is_a_home() -> None:
    world = load_world(APARTMENT)
    kinds = {room.kind for room in world.rooms}
    assert {'kitchen', 'living room', 'bathroom', 'bedroom', 'study', 'hallway'} <= kinds
    assert len({thing.label for thing in world.objects}) >= 40


@pytest.mark.parametrize(
    ('old', 'new', 'field', 'value'),
    [
        ('format: memory_sim world 1', 'format: memory_sim world 9', 'format', 'world 9'),
        ('name: room', 'name: 5', 'name', '5'),
        ('kind: office', 'kind: 7', 'rooms[0].kind', '7'),
        ('rooms:', 'chambers:', 'chambers', 'unknown field'),
        ('label: box, ', '', 'objects[0].label', 'missing'),
        ('size: [1.0, 1.2, 1.0]', 'size: [1.0, -1.2, 1.0]', 'objects[0]: size', '-1.2'),
        ('size: [1.0, 1.2, 1.0]', 'size: [1.0, 1.2]', 'objects[0].size', '[1.0, 1.2]'),
        ('size: [1.0, 1.2, 1.0]', 'size: large', 'objects[0].size', 'large'),
        ('color: red', 'color: reddish', 'objects[0]: color', 'reddish'),
        ('region_id: 1', 'region_id: 12', 'region_id', '12'),
        ('position: [4.0, 2.0, 0.0]', 'position: [.nan, 2.0, 0.0]', 'position', 'nan'),
        ('end: [6.0, 0.0]', 'end: [0.0, 0.0]', 'walls[0]: wall end', '(0.0, 0.0)'),
        ('- {id: 1,', '- {id: 0,', 'room id', '0'),
    ],
)
def test_a_bad_file_is_refused_by_file_field_and_value(
    tmp_path: Path, old: str, new: str, field: str, value: str
) -> None:
    text = dump_world(room_with(BOX))
    assert old in text
    path = tmp_path / 'broken.yaml'
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(WorldError) as caught:
        load_world(path)
    message = str(caught.value)
    assert 'broken.yaml' in message
    assert field in message
    assert value in message


@pytest.mark.parametrize(
    'data', [b'', b'\xff\xfe\x00', b'- 1\n- 2', b'{', b'a: &a [*a]', b'!!x 1']
)
def test_a_file_that_is_no_world_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / 'noise.yaml'
    path.write_bytes(data)
    with pytest.raises(WorldError, match=r'noise\.yaml'):
        load_world(path)


def test_a_missing_file_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load_world(tmp_path / 'nowhere.yaml')


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_no_damage_to_a_file_gives_anything_but_a_world_or_its_error(
    data: st.DataObject,
) -> None:
    text = dump_world(room_with(BOX))
    cut = data.draw(st.integers(0, len(text)))
    length = data.draw(st.integers(0, 12))
    noise = data.draw(st.text(alphabet='-:{}[],0123456789.eabxyz\n "\'&*!', max_size=8))
    with contextlib.suppress(WorldError):
        parse_world(text[:cut] + noise + text[cut + length :])
