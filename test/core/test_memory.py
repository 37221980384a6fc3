from __future__ import annotations

from datetime import datetime, timezone
import math
import subprocess
import sys
import threading

from fakes import BagOfWordsEncoder, seen
from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest
from strategies import batches, texts

from memory_node import Memory, MemoryConfig, Observation, Query, QueryMode
from memory_node.core.config import RetrievalConfig
from memory_node.core.errors import (
    EmptyMemoryError,
    EncoderError,
    InvalidObservationError,
    InvalidQueryError,
    StoreAccessError,
    UnknownMapError,
    UnknownNodeError,
)


class Encoder(BagOfWordsEncoder):
    """Remembers what it was asked, and fails or changes shape when told to."""

    def __init__(self, **more):
        super().__init__(**more)
        self.texts: set[str] = set()
        self.failing = lambda text: False
        self.given_dim = 0

    def encode(self, texts):
        self.texts.update(texts)
        if any(map(self.failing, texts)):
            raise EncoderError('out of memory')
        return BagOfWordsEncoder(self.given_dim or self.dim).encode(texts)


@pytest.fixture
def memory(tmp_path):
    with Memory.open(tmp_path / 'm.db', encoder=Encoder()) as opened:
        yield opened


@pytest.fixture
def home(memory):
    """Return a memory of four rooms on a line, 5 m apart, and a cellar."""
    rooms = {
        'kitchen': ('oven', 'sink', 'table'),
        'bathroom': ('bathtub', 'mirror', 'towel'),
        'bedroom': ('bed', 'wardrobe', 'lamp'),
        'living room': ('sofa', 'television', 'lamp'),
    }
    memory.add_many(
        seen(
            name,
            (5.0 * i, 0.0, 0.0),
            f'a {name} with ' + ', '.join(things),
            stamp=100.0 * i,
            objects={t: (5.0 * i, 1.0 + j, 0.5) for j, t in enumerate(things)},
        )
        for i, (name, things) in enumerate(rooms.items())
    )
    memory.add(seen('cellar', (0.0, 0.0, 0.0), 'wine', stamp=900.0, map_id='cellar'))
    return memory


def fields(observation: Observation) -> tuple[object, ...]:
    return tuple(
        getattr(observation, name)
        for name in (
            'id', 'stamp_ns', 'pose', 'caption', 'sightings', 'map_id', 'neighbors', 'keyframe',
            'source',
        )
    )  # fmt: skip


# ---- keeping ---------------------------------------------------------------------------------


@settings(deadline=None, max_examples=50)
@given(first=batches(), second=batches())
def test_what_is_saved_comes_back_identical(tmp_path_factory, first, second):
    path = tmp_path_factory.mktemp('m') / 'm.db'
    held = {o.id for o in first}
    second = [o for o in second if o.id not in held]
    with Memory.open(path, encoder=BagOfWordsEncoder()) as memory:
        assert memory.add_many(first) == len(first)
        memory.add_many(second)
        vectors = memory.snapshot().vectors.copy()
        before = memory.snapshot()
    with Memory.open(path, encoder=BagOfWordsEncoder()) as memory:
        back = list(memory.observations())
        assert [fields(o) for o in back] == [fields(o) for o in first + second]
        after = memory.snapshot()
        assert np.array_equal(after.vectors, vectors)
        for name in (
            'keys', 'stamps', 'maps', 'positions', 'mapped', 'word_counts', 'sighting_starts',
            'sighting_labels', 'sighting_confidences', 'sighting_positions', 'label_vectors',
        ):  # fmt: skip
            assert np.array_equal(
                getattr(before, name), getattr(after, name), equal_nan=name.endswith('positions')
            ), name
        assert np.allclose(before.yaws, after.yaws, atol=1e-6)
        assert (before.labels, before.map_ids) == (after.labels, after.map_ids)


def test_a_copy_holds_everything_and_stands_alone(home, tmp_path):
    target = tmp_path / 'copy.db'
    assert home.save(target) == target
    with pytest.raises(StoreAccessError, match='exists'):
        home.save(target)
    with pytest.raises(StoreAccessError, match='itself'):
        home.save(home.path, overwrite=True)
    with pytest.raises(StoreAccessError):
        home.save(tmp_path / 'nowhere' / 'copy.db')
    home.add(seen('later'))
    assert home.save(target, overwrite=True) == target
    with Memory.open(target, encoder=BagOfWordsEncoder()) as copy:
        assert copy.stats().observations == 6
        assert copy.stats().index_rebuilds == 0
        copy.add(seen('only here'))
    assert home.known(['only here']) == set()


def test_given_vectors_are_kept_as_directions(memory):
    vector = np.arange(64, dtype=np.float32)
    memory.add(seen('n', caption='a quiet corner with a fern', embedding=3.0 * vector))
    kept = memory.observation('n').embedding
    assert np.allclose(kept, vector / np.linalg.norm(vector))
    assert 'a quiet corner with a fern' not in memory.encoder.texts


@pytest.mark.parametrize(
    ('batch', 'message'),
    [
        ([seen('a'), seen('a')], 'twice'),
        ([seen('new'), seen('kitchen')], 'already stored'),
        ([seen('a', embedding=np.ones(3, np.float32))], '64'),
        ([seen('a', embedding=np.zeros(64, np.float32))], 'direction'),
        ([seen('\x1b', caption='an id that no one can see')], 'id'),
        ([seen('a', objects={'\u202e': None})], 'label'),
        (['a string'], 'Observation'),
    ],
)
def test_a_bad_batch_is_refused_whole(home, batch, message):
    with pytest.raises(InvalidObservationError, match=message):
        home.add_many([seen('good'), *batch])
    assert home.stats().observations == 5
    assert home.known(['good', 'a', 'new']) == set()


def test_an_empty_batch_is_nothing(memory):
    assert memory.add_many([]) == 0
    assert memory.stats().observations == 0


def test_an_encoder_that_fails_leaves_the_memory_as_it_was(home):
    home.encoder.failing = lambda text: True
    with pytest.raises(EncoderError):
        home.add(seen('n'))
    with pytest.raises(EncoderError):
        home.retrieve('lamp')
    assert home.stats().observations == 5
    assert home.known(['n']) == set()
    home.encoder.failing = lambda text: False
    home.encoder.given_dim = 32
    with pytest.raises(EncoderError, match='shape'):
        home.retrieve('lamp')


def test_what_is_derived_of_a_batch_can_not_fail_after_it_was_written(home):
    """The vector is given, so only the names of things are encoded, and that goes wrong."""
    home.encoder.failing = lambda text: True
    refused = False
    try:
        home.add(seen('n', caption='an umbrella', embedding=np.ones(64, np.float32)))
    except EncoderError:
        refused = True
    assert home.known(['n']) == (set() if refused else {'n'})
    home.encoder.failing = lambda text: False
    if refused:
        home.add(seen('n', caption='an umbrella', embedding=np.ones(64, np.float32)))
    assert home.retrieve('the umbrella', 1).places[0].node_id == 'n'


def test_another_encoder_encodes_a_store_again(home, tmp_path):
    path = tmp_path / 'copy.db'
    home.save(path)
    other = BagOfWordsEncoder(dim=96, model_id='other')
    with pytest.raises(EncoderError, match='other'):
        Memory.open(path, encoder=other, read_only=True)
    with Memory.open(path, encoder=other) as memory:
        assert memory.stats().dim == 96
        assert memory.retrieve('bathtub', 1).places[0].node_id == 'bathroom'
    with Memory.open(path, encoder=Encoder(dim=96, model_id='other')) as memory:
        captions = {o.caption for o in memory.observations()}
        assert memory.stats().model_id == 'other'
        assert memory.retrieve('bathtub', 1).places[0].node_id == 'bathroom'
        assert not any(c in t for c in captions for t in memory.encoder.texts if len(c) > 5)


def test_bare_waypoints_are_kept_for_routes(memory):
    memory.add_many(
        [
            Observation(id='a', stamp_ns=0, pose=seen('x').pose, neighbors=('b',), caption='sofa'),
            Observation(id='b', stamp_ns=0, pose=seen('x', (4, 0, 0)).pose, neighbors=('a',)),
        ]
    )
    assert memory.route('a', 'b').length_m == pytest.approx(4.0)
    assert memory.retrieve('sofa', 1).places[0].node_id == 'a'


def test_forgetting_is_for_good(home):
    with pytest.raises(UnknownNodeError, match='attic'):
        home.forget(['kitchen', 'attic'])
    home.forget(['kitchen', 'kitchen', 'cellar'])
    assert home.map_ids == ('map',)
    assert all(p.node_id != 'kitchen' for p in home.retrieve('kitchen oven').places)
    with pytest.raises(UnknownNodeError):
        home.observation('kitchen')
    with pytest.raises(UnknownMapError):
        home.retrieve('wine', map_id='cellar')
    home.add(seen('kitchen', caption='a new kitchen'))
    with Memory.open(home.save(home.path.with_name('c.db')), encoder=BagOfWordsEncoder()) as copy:
        assert copy.observation('kitchen').caption == 'a new kitchen'
        assert copy.retrieve('kitchen', 1).places[0].node_id == 'kitchen'


def test_closed_is_closed(memory):
    memory.add(seen('n'))
    memory.close()
    memory.close()
    for use in (
        lambda: memory.add(seen('m')),
        lambda: memory.retrieve('n'),
        lambda: memory.stats(),
        lambda: memory.save(),
        lambda: memory.route('n', 'n'),
    ):
        with pytest.raises(StoreAccessError, match='closed'):
            use()


# ---- asking ----------------------------------------------------------------------------------


def test_the_best_place_comes_first_and_faces_its_target(home):
    retrieval = home.retrieve('the bathtub')
    place = retrieval.places[0]
    assert retrieval.found
    assert (place.node_id, place.label, place.map_id, place.level) == (
        'bathroom', 'bathtub', 'map', 0,
    )  # fmt: skip
    assert place.pose.position == (5.0, 0.0, 0.0)
    assert place.target_position == (5.0, 1.0, 0.5)
    assert place.pose.yaw_rad == pytest.approx(math.pi / 2)
    assert place.score == pytest.approx(sum(place.signals.values()))
    assert place.evidence_ids == ('bathroom',)
    assert 'bathtub' in place.why
    assert [p.score for p in retrieval.places] == sorted(
        (p.score for p in retrieval.places), reverse=True
    )
    assert set(retrieval.seconds) == {'encode', 'search', 'total'}


def test_what_is_not_there_is_not_found_but_the_nearest_is_listed(home):
    retrieval = home.retrieve('helicopter')
    assert not retrieval.found
    assert len(retrieval.places) == 5
    assert 'confidence' in retrieval.message
    plan = home.navigation_goal(Query(text='helicopter'), (0.0, 0.0, 0.0), alternatives=2)
    assert (plan.found, plan.goal_pose, plan.place, plan.route) == (False, None, None, None)
    assert len(plan.alternatives) == 2


def test_the_threshold_decides_what_is_found(home, tmp_path):
    path = tmp_path / 'copy.db'
    home.save(path)
    for threshold, found in ((0.0, True), (1.0, False)):
        config = MemoryConfig(retrieval=RetrievalConfig(found_threshold=threshold))
        with Memory.open(path, encoder=BagOfWordsEncoder(), config=config) as memory:
            assert memory.retrieve('sofa').found is found


def test_filters_cut(home):
    def ids(text='anything', **filters):
        return {p.node_id for p in home.retrieve(text, 20, **filters).places}

    assert ids(map_id='cellar') == {'cellar'}
    assert ids(near=(5.0, 0.0, 0.0), radius=1.0) == {'bathroom'}
    assert ids(since=150.0, until=250.0) == {'bedroom'}
    assert ids(since=300.0) == {'living room', 'cellar'}
    moment = datetime(1970, 1, 1, 0, 5, tzinfo=timezone.utc)
    assert ids(since=moment) == {'living room', 'cellar'}
    assert ids(until=0.0) == {'kitchen'}
    assert ids('lamp') == {'bedroom', 'living room'}
    assert ids('lamp', since=150.0, until=250.0) == {'bedroom'}
    assert not home.retrieve('lamp', map_id='cellar').found
    nothing = home.retrieve('lamp', since=5000.0)
    assert (nothing.found, nothing.places) == (False, ())
    assert 'filters' in nothing.message


def test_nearer_places_rank_higher(home):
    for x, expected in ((10.0, 'bedroom'), (15.0, 'living room')):
        assert home.retrieve('lamp', near=(x, 0.0, 0.0)).places[0].node_id == expected


def test_five_answers_are_five_places(memory):
    memory.add_many(
        seen(f'{room}-{i}', (10.0 * room, 0.1 * i, 0.0), 'a red chair', stamp=room * 100 + i)
        for room in range(6)
        for i in range(9)
    )
    places = memory.retrieve('red chair', 5).places
    assert len({p.node_id.split('-')[0] for p in places}) == 5
    assert all(len(p.evidence_ids) == 5 for p in places)
    assert places[0].stamp_ns == max(
        memory.observation(i).stamp_ns for i in places[0].evidence_ids
    )
    assert len(memory.retrieve('red chair', 1000).places) == 6


@pytest.mark.parametrize('k', [0, -1, 1001, 10**6, 2.5, 'five'])
def test_a_bad_k_is_refused(home, k):
    with pytest.raises(InvalidQueryError):
        home.retrieve('lamp', k)


@pytest.mark.parametrize(
    'filters',
    [
        {'near': (math.nan, 0.0, 0.0)},
        {'near': (0.0, math.inf, 0.0)},
        {'near': (0.0, 0.0)},
        {'near': 'here'},
        {'radius': 1.0},
        {'near': (0.0, 0.0, 0.0), 'radius': 0.0},
        {'near': (0.0, 0.0, 0.0), 'radius': math.nan},
        {'since': 10.0, 'until': 5.0},
        {'since': math.nan},
        {'until': math.inf},
        {'since': datetime(2026, 1, 1)},
        {'mode': 'clairvoyant'},
    ],
)
def test_bad_filters_are_refused(home, filters):
    with pytest.raises(InvalidQueryError):
        home.retrieve('lamp', **filters)


@pytest.mark.parametrize('text', ['', ' \n\t', 'x' * 4097, '\ud800', None, 7])
def test_bad_texts_are_refused(home, text):
    with pytest.raises(InvalidQueryError):
        home.retrieve(text)


def test_an_unknown_map_and_an_empty_memory_are_told_apart(memory):
    with pytest.raises(EmptyMemoryError):
        memory.retrieve('lamp')
    memory.add(seen('n'))
    with pytest.raises(UnknownMapError, match='attic'):
        memory.retrieve('lamp', map_id='attic')
    assert memory.stats().queries == 2
    assert memory.stats().queries_failed == 2


@pytest.mark.parametrize(
    'text',
    [
        '"', '""', "'", '*', 'NEAR(lamp sofa, 2)', 'caption:lamp', '{caption}:x', 'OR', 'a:b:c',
        '\\', '%', '_', "'; DROP TABLE observation; --", '" OR 1=1 --', 'лампа 灯 מנורה', 'NULL',
        'x' * 4096, ' '.join(f'w{i}' for i in range(800)), 'lamp\0sofa', '\x00', '\u202e',
    ],
)  # fmt: skip
def test_syntax_in_a_question_is_only_text(home, text):
    assert 1 <= len(home.retrieve(text).places) <= 5


@pytest.mark.parametrize(
    'text',
    ['lamp"', 'lamp*', 'lamp AND', 'NOT lamp', '^lamp', '(lamp', 'lamp)', '-lamp', '🛋️ lamp 🪔'],
)
def test_syntax_around_a_name_changes_nothing(home, text):
    retrieval = home.retrieve(text)
    assert retrieval.found
    assert [p.label for p in retrieval.places] == ['lamp', 'lamp']


@settings(deadline=None, max_examples=80)
@given(text=texts.filter(str.strip), k=st.integers(1, 1000))
def test_any_text_is_answered(shared_home, text, k):
    retrieval = shared_home.retrieve(text, k)
    assert len(retrieval.places) <= k
    assert all(0.0 <= p.confidence <= 1.0 and math.isfinite(p.score) for p in retrieval.places)


@pytest.fixture(scope='module')
def shared_home(tmp_path_factory):
    path = tmp_path_factory.mktemp('home') / 'm.db'
    with Memory.open(path, encoder=BagOfWordsEncoder()) as memory:
        memory.add_many(
            [
                seen('a', (0, 0, 0), 'naïve café 🪑', objects={'dining#table': (1, 0, 0)}),
                seen('b', (9, 0, 0), 'x' * 8192),
                seen('c', (0, 9, 0), '"; DROP VIEW words; --'),
            ]
        )
        yield memory


def test_labels_are_read_as_people_write_them(shared_home):
    place = shared_home.retrieve('dining table', 1).places[0]
    assert (place.node_id, place.label) == ('a', 'dining table')


def test_words_are_stemmed_and_folded(home, shared_home):
    assert shared_home.retrieve('cafés naive', 1).places[0].node_id == 'a'
    assert home.retrieve('TOWELS', 1).places[0].node_id == 'bathroom'


@pytest.mark.parametrize(
    ('text', 'mode'),
    [
        ('where is the sofa?', QueryMode.EXPLICIT),
        ('where can I sit?', QueryMode.IMPLICIT),
        ('somewhere quiet', QueryMode.IMPLICIT),
        ('describe this floor', QueryMode.GLOBAL),
    ],
)
def test_the_mode_is_told_from_the_wording(home, text, mode):
    assert home.retrieve(text).mode is mode
    assert home.retrieve(text, mode='global').mode is QueryMode.GLOBAL


def test_many_observations_are_searched_alike_by_every_way(tmp_path):
    """Above the exact limit the candidates come from HNSW, words and objects."""
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((4400, 64)).astype(np.float32)
    with Memory.open(tmp_path / 'm.db', encoder=BagOfWordsEncoder()) as memory:
        memory.add_many(
            seen(
                f'n{i}', (2.0 * (i % 80), 2.0 * (i // 80), 0.0), f'place {i} thing{i % 50}',
                stamp=i, embedding=v,
            )
            for i, v in enumerate(vectors)
        )  # fmt: skip
        memory.add(seen('piano', (500.0, 0.0, 0.0), 'piano', stamp=7000, objects={'piano': None}))
        before = memory.retrieve('piano', 3).places[0]
        assert memory.wait_indexed()
        after = memory.retrieve('piano', 3).places[0]
        assert before.node_id == after.node_id == 'piano'
        near = memory.retrieve('thing7', 5, near=(0.0, 0.0, 0.0), radius=15.0).places
        assert all(np.linalg.norm(p.pose.position) <= 15.0 for p in near)
        assert near[0].caption.endswith('thing7')
        assert memory.retrieve('place 4321', 1).places[0].node_id == 'n4321'
        assert memory.retrieve('place 1234', 1, until=4390.0).places[0].node_id == 'n1234'


# ---- goals -----------------------------------------------------------------------------------


def test_a_goal_is_a_pose_it_had_turned_to_the_target_with_a_route(memory):
    memory.add_many(seen(f'n{i}', (float(i), 0.0, 0.0), 'corridor', stamp=i) for i in range(6))
    memory.add(
        seen('end', (6.0, 0.0, 0.0), stamp=6, objects={'fire extinguisher': (6.0, 1.5, 1.0)})
    )
    plan = memory.navigation_goal(Query(text='fire extinguisher'), (0.2, 0.1, 0.0))
    assert plan.found
    assert plan.goal_pose.position == (6.0, 0.0, 0.0)
    assert plan.goal_pose.yaw_rad == pytest.approx(math.pi / 2)
    assert plan.route.node_ids == ('n0', 'n1', 'n2', 'n3', 'n4', 'n5', 'end')
    assert plan.alternatives == ()
    assert memory.navigation_goal(Query(text='fire extinguisher')).route is None


def test_two_kitchens_never_average_into_the_wall_between(memory):
    for i, x in enumerate((0.0, 6.0)):
        for j in range(4):
            memory.add(
                seen(f'{i}{j}', (x + 0.5 * j, 0.0, 0.0), stamp=10.0 * i + j,
                     objects={'stove': (x + 1.0, 1.5, 1.0)})
            )  # fmt: skip
    plan = memory.navigation_goal(Query(text='stove', near=(6.0, 0.0, 0.0)))
    assert plan.place.target_position == pytest.approx((7.0, 1.5, 1.0))
    assert 5.9 < plan.goal_pose.position[0] < 7.6


def test_the_goal_keeps_clear_of_the_target(memory):
    memory.add(seen('touching', (0.0, 0.0, 0.0), stamp=0, objects={'vase': (0.2, 0.0, 1.0)}))
    memory.add(seen('good', (-1.1, 0.0, 0.0), stamp=1, objects={'vase': (0.25, 0.0, 1.0)}))
    memory.add(seen('far', (-4.0, 0.0, 0.0), stamp=2, objects={'vase': (0.2, 0.1, 1.0)}))
    plan = memory.navigation_goal(Query(text='vase'), (-4.0, 0.0, 0.0))
    assert plan.goal_pose.position == (-1.1, 0.0, 0.0)
    assert plan.route.node_ids[-1] == 'good'


def test_alternatives_are_the_next_best_places(home):
    plan = home.navigation_goal('a lamp', (0.0, 0.0, 0.0))
    assert plan.found
    assert {plan.place.node_id, *(p.node_id for p in plan.alternatives)} == {
        'bedroom', 'living room',
    }  # fmt: skip
    assert home.navigation_goal('a lamp', alternatives=0).alternatives == ()


def test_alternatives_are_bounded(home):
    for count in (-1, 1000):
        with pytest.raises(InvalidQueryError, match='alternatives'):
            home.navigation_goal(Query(text='lamp'), None, count)
    with pytest.raises(InvalidQueryError, match='start'):
        home.navigation_goal(Query(text='lamp'), (math.nan, 0.0, 0.0))


# ---- threads ---------------------------------------------------------------------------------


def test_readers_never_wait_for_an_encoder(tmp_path):
    encoding, release = threading.Event(), threading.Event()

    class Slow(BagOfWordsEncoder):
        def encode(self, texts):
            if texts == ['slow caption']:
                encoding.set()
                assert release.wait(30.0)
            return super().encode(texts)

    with Memory.open(tmp_path / 'm.db', encoder=Slow()) as memory:
        memory.add(seen('first', caption='lamp'))
        writer = threading.Thread(target=lambda: memory.add(seen('slow', caption='slow caption')))
        writer.start()
        assert encoding.wait(30.0)
        assert memory.retrieve('lamp').places[0].node_id == 'first'
        assert memory.stats().observations == 1
        release.set()
        writer.join()
        assert memory.stats().observations == 2


def test_many_threads_write_and_ask_at_once(memory):
    memory.add(seen('first', caption='lamp'))
    failures: list[BaseException] = []

    def work(name: int) -> None:
        try:
            for i in range(25):
                memory.add(seen(f'{name}-{i}', (name, i, 0), f'lamp {name} shelf {i}', stamp=i))
                assert memory.retrieve(f'shelf {i}', 3).places
                memory.route('first', f'{name}-{i}') if i == 0 and name == 0 else None
        except BaseException as error:  # noqa: BLE001  reported below
            failures.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert memory.stats().observations == 101
    assert memory.wait_indexed(30.0)
    assert memory.stats().indexed == 101


def test_a_snapshot_stays_what_it_was(home):
    before = home.snapshot()
    keys, vectors = before.keys.copy(), before.vectors.copy()
    home.add_many(seen(f'n{i}') for i in range(200))
    home.forget(['kitchen', 'n7'])
    assert np.array_equal(before.keys, keys)
    assert np.array_equal(before.vectors, vectors)
    with pytest.raises(ValueError, match='read-only'):
        before.keys[0] = 5


def test_importing_the_package_is_quick():
    """Heavy libraries are imported when they are needed."""
    script = (
        'import sys, memory_node; print(sorted({"torch", "numpy", "rclpy"} & set(sys.modules)))'
    )
    answer = subprocess.run([sys.executable, '-c', script], capture_output=True, text=True)
    assert answer.stdout.strip().endswith('[]'), answer
