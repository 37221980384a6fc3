from fakes import BagOfWordsEncoder
import numpy as np
import pytest

from memory_node import Memory, MemoryConfig, Observation, Pose, Sighting
from memory_node.core.config import RetrievalConfig
from memory_node.core.errors import StoreFormatError, StoreVersionError
from memory_node.core.retrieval.instruction import weights as weights_module
from memory_node.core.retrieval.instruction.floors import find_floors, nearest_floor
from memory_node.core.retrieval.instruction.parsing import FloorKind, parse_query
from memory_node.core.retrieval.instruction.scorer import InstructionScorer
from memory_node.core.retrieval.instruction.selection import choose_places
from memory_node.core.retrieval.instruction.weights import load_weights, save_weights


def test_an_instruction_is_cut_into_area_landmark_and_target():
    parsed = parse_query(
        'Go to the bathroom on level 2 with the striped towel and wipe the mirror'
    )
    assert parsed.areas == ('bathroom',)
    assert parsed.landmarks == ('striped towel',)
    assert (parsed.action, parsed.target) == ('wipe', 'mirror')
    assert parsed.floor is not None
    assert (parsed.floor.kind, parsed.floor.number) == (FloorKind.NUMBER, 2)


@pytest.mark.parametrize(
    'text', ['', '?!', '#', 'not', 'and and and', 'x' * 4000, 'où est la clé']
)
def test_any_text_is_parsed(text):
    parsed = parse_query(text)
    assert len(parsed.words) == len(parsed.roles) <= 64


def test_what_is_not_wanted_is_no_area():
    assert parse_query('find a chair that is not in the kitchen').negated == ('kitchen',)
    assert parse_query('bathroom without a bathtub').negated == ('bathtub',)


def test_floors_are_the_populated_heights():
    heights = np.array([1.5] * 20 + [3.0] + [4.5] * 10)
    floors = find_floors(heights)
    assert floors.tolist() == [1.5, 4.5]
    assert nearest_floor(np.array([1.4, 4.6]), floors).tolist() == [0, 1]


def test_the_first_place_covers_most_probability_and_the_next_the_rest():
    x = np.array([0.0, 2.0, 4.0, 20.0])
    squared = (x[:, None] - x[None]) ** 2
    places, covered = choose_places(np.array([0.2, 0.1, 0.3, 0.4]), squared, 5)
    assert [int(p[0]) for p in places[:2]] == [1, 3]
    assert covered[:2].tolist() == pytest.approx([0.6, 0.4])
    assert sorted(int(i) for p in places for i in p) == [0, 1, 2, 3]


def test_weights_come_back_as_written(tmp_path):
    shipped = load_weights()
    save_weights(shipped, tmp_path / 'a.npz')
    save_weights(load_weights(tmp_path / 'a.npz'), tmp_path / 'b.npz')
    assert (tmp_path / 'a.npz').read_bytes() == (tmp_path / 'b.npz').read_bytes()
    assert load_weights(tmp_path / 'b.npz').words == shipped.words


def test_damaged_or_newer_weights_are_refused(tmp_path, monkeypatch):
    path = tmp_path / 'w.npz'
    path.write_bytes(b'no archive')
    with pytest.raises(StoreFormatError):
        load_weights(path)
    whole = weights_module.shipped_weights_path().read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(StoreFormatError):
        load_weights(path)
    monkeypatch.setattr(weights_module, 'FORMAT_VERSION', 2)
    save_weights(load_weights_as(1, monkeypatch), path)
    monkeypatch.setattr(weights_module, 'FORMAT_VERSION', 1)
    with pytest.raises(StoreVersionError):
        load_weights(path)


def load_weights_as(version, monkeypatch):
    monkeypatch.setattr(weights_module, 'FORMAT_VERSION', version)
    found = load_weights()
    monkeypatch.setattr(weights_module, 'FORMAT_VERSION', version + 1)
    return found


ROOMS = {
    'bath': ('toilet', 'sink', 'towel', 'mirror'),
    'bed': ('bed', 'nightstand', 'lamp', 'mirror'),
    'kitchen': ('stove', 'refrigerator', 'kitchen cabinet', 'sink'),
}


def observations(caption='', position=None):
    return [
        Observation(
            id=name,
            stamp_ns=i,
            pose=Pose(position=(10.0 * i, 0.0, 1.5)),
            caption=caption,
            sightings=tuple(Sighting(label=label, position=position) for label in labels),
        )
        for i, (name, labels) in enumerate(ROOMS.items())
    ]


def test_a_room_is_told_by_its_objects(tmp_path):
    with Memory.open(tmp_path / 'm.db') as memory:
        memory.add_many(observations())
        for text, room in (
            ('Go to the bathroom and wipe the mirror', 'bath'),
            ('Go to the bedroom and wipe the mirror', 'bed'),
            ('Go to the kitchen and clean the sink', 'kitchen'),
        ):
            place = memory.retrieve(text).places[0]
            assert place.node_id == room
            assert place.level == 0
            assert place.why


def scorer_of(memory):
    return InstructionScorer(memory.encoder.encode, memory.encoder.model_id, memory._parts)


def test_only_bare_lists_of_labels_are_what_the_scorer_was_made_for(tmp_path):
    for name, held, reads in (
        ('bare', observations(), True),
        ('captioned', observations(caption='a room with things and a window'), False),
        ('placed', observations(position=(1.0, 2.0, 0.5)), False),
    ):
        with Memory.open(tmp_path / f'{name}.db') as memory:
            memory.add_many(held)
            assert scorer_of(memory).reads(memory.view()) is reads, name


def test_another_encoder_than_that_of_its_weights_is_answered_too(tmp_path):
    with Memory.open(tmp_path / 'fake.db', encoder=BagOfWordsEncoder()) as memory:
        memory.add_many(observations())
        assert memory.retrieve('Go to the bathroom and wipe the mirror').places


def test_scores_are_log_odds_of_rows_that_differ(tmp_path):
    with Memory.open(tmp_path / 'm.db') as memory:
        memory.add_many(observations())
        text = 'Go to the bathroom and wipe the mirror'
        vector = memory.encoder.encode([text])[0]
        rows, odds = scorer_of(memory).score(memory.view(), text, vector, 2)
        assert len(rows) == len(odds) == len(set(rows.tolist())) == 2
        assert np.isfinite(odds).all()
        assert (np.diff(odds) <= 0).all()
        assert rows[0] == 0


def test_the_scorer_can_be_switched_off(tmp_path):
    config = MemoryConfig(retrieval=RetrievalConfig(scorer='off'))
    with Memory.open(tmp_path / 'm.db', config=config) as memory:
        memory.add_many(observations())
        place = memory.retrieve('the towel').places[0]
        assert (place.node_id, place.label) == ('bath', 'towel')
    with pytest.raises(ValueError, match='scorer'):
        RetrievalConfig(scorer='magic')
