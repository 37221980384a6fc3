"""The object map on disk: what is read is what was written, and damage has a name."""

from hypothesis import given, settings
from hypothesis import strategies as st
from objects.worlds import first_rows, same, scattered, snapshot_of
import pytest

from memory_node.core.errors import StoreFormatError
from memory_node.core.objects import (
    dump_objects,
    load_objects,
    ObjectMap,
    ObjectsConfig,
    serialization,
)

STAMP = {'store': 'a1', 'epoch': 0, 'encoder': 'bag-of-words'}


def made(rows: int) -> tuple[ObjectMap, bytes]:
    objects = ObjectMap()
    objects.update(first_rows(snapshot_of(scattered(1)[1]), rows))
    return objects, dump_objects(objects, STAMP)


def test_a_map_goes_on_where_it_was_saved():
    objects, data = made(25)
    loaded = load_objects(data, STAMP)
    assert same(objects.view(), loaded.view())
    snapshot = snapshot_of(scattered(1)[1])
    objects.update(snapshot)
    loaded.update(snapshot)
    assert same(objects.view(), loaded.view())
    assert dump_objects(objects, STAMP) == dump_objects(loaded, STAMP)


def test_an_empty_map_is_read_back():
    assert len(load_objects(dump_objects(ObjectMap(), STAMP), STAMP).view()) == 0


def test_another_stamp_or_other_settings_are_stale():
    _, data = made(10)
    with pytest.raises(StoreFormatError, match='stamp differs'):
        load_objects(data, {**STAMP, 'epoch': 1})
    with pytest.raises(StoreFormatError, match='config differs'):
        load_objects(data, STAMP, ObjectsConfig(position_noise_m=0.1))


def test_a_map_of_another_format_is_stale(monkeypatch):
    monkeypatch.setattr(serialization, 'FORMAT_VERSION', 1)
    _, data = made(10)
    monkeypatch.undo()
    with pytest.raises(StoreFormatError, match='version differs'):
        load_objects(data, STAMP)


@settings(deadline=None, max_examples=60)
@given(place=st.integers(0, 10**6), value=st.integers(1, 255), cut=st.integers(0, 10**6))
def test_damaged_bytes_raise_a_typed_error(place, value, cut):
    _, data = made(6)
    changed = bytearray(data)
    changed[place % len(data)] ^= value
    for damaged in (bytes(changed), data[: cut % len(data)], b'', data[:40] + data[60:]):
        with pytest.raises(StoreFormatError):
            load_objects(damaged, STAMP)
