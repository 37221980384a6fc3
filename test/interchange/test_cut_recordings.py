"""A recording that was cut short is read as far as it is whole, and what is missing is said."""

from __future__ import annotations

from interchange.made_bags import BoxFinder, Recipe, record
import pytest

from memory_node.core.errors import InvalidObservationError
from memory_node.interchange.bag import BagSettings, read_bag


@pytest.fixture(scope='module')
def whole(tmp_path_factory):
    folder = record(tmp_path_factory.mktemp('bags') / 'drive', Recipe())
    return next(folder.glob('*.mcap'))


def _read(file):
    said, rejected = [], []
    found = list(read_bag(file, BagSettings(), rejected, say=said.append, captioner=BoxFinder()))
    return [o.stamp_ns for o in found], said, [r.reason for r in rejected]


@pytest.mark.parametrize('share', [0.95, 0.6])
def test_what_is_whole_is_read(whole, tmp_path, share):
    everything, _, refused = _read(whole)
    assert not any('cut short' in reason for reason in refused)
    cut = tmp_path / 'cut.mcap'
    content = whole.read_bytes()
    cut.write_bytes(content[: int(len(content) * share)])
    found, said, refused = _read(cut)
    assert found
    assert found == everything[: len(found)]
    assert any('cut short' in line for line in said)
    assert sum('cut short' in reason for reason in refused) == 1
    assert cut.stat().st_size == int(len(content) * share)


def test_what_holds_no_message_is_a_typed_error(whole, tmp_path):
    cut = tmp_path / 'cut.mcap'
    for size in (0, 5, 8, 20):
        cut.write_bytes(whole.read_bytes()[:size])
        with pytest.raises(InvalidObservationError):
            _read(cut)
