"""What ``retrieval`` may change acts on the next question; what is fixed is refused."""

from __future__ import annotations

from dataclasses import fields
import time

from fakes import BagOfWordsEncoder, seen
import pytest

rclpy = pytest.importorskip('rclpy', reason='needs rclpy')
pytest.importorskip('memory_msgs', reason='needs memory_msgs, see make set-up')

from rclpy.parameter import Parameter  # noqa: E402

from memory_node import Memory  # noqa: E402
from memory_node.core.config import MemoryConfig, RetrievalConfig  # noqa: E402
from memory_node.core.errors import LanguageModelError  # noqa: E402
from memory_node.core.retrieval.instruction.scorer import InstructionScorer  # noqa: E402
from memory_node.ros import holding  # noqa: E402
from memory_node.ros import node as node_module  # noqa: E402
from memory_node.ros.node import MemoryNode  # noqa: E402
from memory_node.ros.settings import parameters  # noqa: E402

#: 2026-11-29 06:00 and 12:00 in UTC [s]: morning and noon in London, evening in Auckland.
MORNING_S, NOON_S = 1795932000.0, 1795953600.0
PLACED = [
    seen('w', (0.0, 0.0, 0.0), objects={'sofa': (1.0, 0.0, 0.4)}, stamp=MORNING_S),
    seen('e', (6.0, 0.0, 0.0), objects={'chair': (5.0, 0.0, 0.4)}, stamp=MORNING_S),
    seen('n', (0.0, 9.0, 0.0), objects={'chair': (1.0, 8.0, 0.4)}, stamp=MORNING_S),
    seen('c', (20.0, 0.0, 0.0), objects={'chair': (21.0, 0.0, 0.4)}, stamp=MORNING_S),
]
UNPLACED = [
    seen('a', (0.0, 0.0, 0.0), objects={'piano': None, 'stool': None}),
    seen('b', (30.0, 0.0, 0.0), objects={'piano': None, 'harp': None}),
]


class SlowEncoder(BagOfWordsEncoder):
    """Takes its time over every text."""

    pause_s = 0.0

    def encode(self, texts):
        time.sleep(self.pause_s)
        return super().encode(texts)

    def close(self):
        """Hold nothing."""


class Reader:
    """A language model that is asked, and fails."""

    model_id = 'reader'

    def __init__(self):
        self.calls = 0

    def complete(self, **request):
        self.calls += 1
        raise LanguageModelError('out of order')

    def close(self):
        """Hold nothing."""


@pytest.fixture(scope='module')
def context():
    made = rclpy.Context()
    rclpy.init(context=made, domain_id=42)
    yield made
    rclpy.shutdown(context=made)


@pytest.fixture
def begin(context, tmp_path, monkeypatch):
    """Return a function that configures a node over observations; every node ends."""
    nodes = []
    monkeypatch.setattr(holding, 'SentenceEncoder', lambda model, backend: SlowEncoder())

    def configured(observations, *, remake=False, model=None, **given):
        path = tmp_path / 'memory.sqlite'
        with Memory.open(path, encoder=SlowEncoder()) as memory:
            memory.add_many(observations)
            assert memory.wait_areas(60.0)
        if remake:
            path.with_name('memory.sqlite.objects').unlink()
        monkeypatch.setattr(node_module, 'make_language_model', lambda config: model)
        overrides = {'memory_path': str(path), **given}
        node = MemoryNode(
            context=context,
            parameter_overrides=[Parameter(name, value=v) for name, v in overrides.items()],
        )
        nodes.append(node)
        assert node.trigger_configure() == node_module.TransitionCallbackReturn.SUCCESS
        return node

    yield configured
    for node in nodes:
        node.trigger_shutdown()
        node.destroy_node()


def change(node, name, value):
    """Set one parameter of ``retrieval`` while the node runs."""
    (result,) = node.set_parameters([Parameter(f'retrieval.{name}', value=value)])
    assert result.successful, result.reason


def test_top_k(begin):
    node = begin(PLACED)
    for k in (1, 3):
        change(node, 'top_k', k)
        assert len(node.memory.retrieve('the chair').places) == k


def test_found_threshold(begin):
    node = begin(PLACED)
    for threshold, found in ((0.5, True), (1.0, False)):
        change(node, 'found_threshold', threshold)
        assert node.memory.retrieve('the sofa').found == found


def test_trace(begin):
    node = begin(PLACED)
    for traced in (True, False):
        change(node, 'trace', traced)
        assert bool(node.memory.retrieve('the sofa').stages) == traced


def test_distance_scale_m(begin):
    node = begin(PLACED)
    scores = []
    for scale_m in (1.0, 10.0, 1000.0):
        change(node, 'distance_scale_m', scale_m)
        (sofa,) = node.memory.retrieve('the sofa', near=(11.0, 0.0, 0.4)).places
        scores.append(sofa.score)
    assert scores[0] < scores[1] - 0.3 < scores[2] - 0.6


def test_north_yaw_rad(begin):
    node = begin(PLACED)
    for yaw_rad, position in ((1.5707963267948966, (1.0, 8.0)), (0.0, (5.0, 0.0))):
        change(node, 'north_yaw_rad', yaw_rad)
        best = node.memory.retrieve('the chair north of the sofa').places[0]
        assert best.unmet == ()
        assert best.target_position[:2] == pytest.approx(position, abs=1e-3)


def test_timezone(begin):
    node = begin(PLACED)
    for zone, found in (('UTC', True), ('Pacific/Auckland', False)):
        change(node, 'timezone', zone)
        asked = node.memory.retrieve('the sofa that was seen this morning', now=NOON_S)
        assert asked.conditions
        assert asked.found == found
    (result,) = node.set_parameters([Parameter('retrieval.timezone', value='Europe/Atlantis')])
    assert not result.successful
    assert 'Atlantis' in result.reason


def test_separation_m(begin):
    node = begin(UNPLACED, **{'retrieval.scorer': 'off'})
    for separation_m, places in ((2.0, 2), (100.0, 1)):
        change(node, 'separation_m', separation_m)
        assert len(node.memory.retrieve('the piano').places) == places


def test_scorer(begin, monkeypatch):
    score, scored = InstructionScorer.score, []

    def counting(self, view, text, vector, k):
        scored.append(text)
        return score(self, view, text, vector, k)

    monkeypatch.setattr(InstructionScorer, 'score', counting)
    node = begin(UNPLACED)
    instruction = 'go to the room with the piano and sit on the stool'
    for scorer, asked in (('off', 0), ('auto', 1), ('off', 1)):
        change(node, 'scorer', scorer)
        assert node.memory.retrieve(instruction).places
        assert len(scored) == asked


def test_read_by_language_model(begin):
    model = Reader()
    node = begin(PLACED, model=model)
    node.memory.wait_areas(60.0)
    for wanted in (False, True, False):
        change(node, 'read_by_language_model', wanted)
        before = model.calls
        assert node.memory.retrieve('the sofa').found
        assert (model.calls > before) == wanted


def test_patience_s(begin, monkeypatch):
    many = [
        seen(f'o{i}', (0.1 * i, 0.0, 0.0), objects={f'thing{i // 64}': (0.1 * i, 1.0, 0.5)})
        for i in range(64 * 12)
    ]
    monkeypatch.setattr(SlowEncoder, 'pause_s', 0.0)
    node = begin([], **{'retrieval.patience_s': 0.0})
    node.memory.add_many(many)
    node.trigger_cleanup()
    monkeypatch.setattr(SlowEncoder, 'pause_s', 0.3)
    for _ in range(8):  # the map may be done before the first question comes
        node = begin([], remake=True, **{'retrieval.patience_s': 0.0})
        hasty = node.memory.retrieve('thing3')
        if hasty.message:
            break
        node.trigger_cleanup()
    assert 'not in the object map yet' in hasty.message
    change(node, 'patience_s', 120.0)
    patient = node.memory.retrieve('thing3')
    assert 'not in the object map yet' not in patient.message
    assert patient.found


def test_every_parameter_of_retrieval_has_its_test():
    acting = [f.name for f in fields(RetrievalConfig) if not f.metadata['read_only']]
    assert [name for name in acting if f'test_{name}' not in globals()] == []


def test_what_is_fixed_is_refused(begin):
    node = begin(PLACED)
    groups = {f.name for f in fields(MemoryConfig)} | {'encoder'}
    fixed = {
        name: f.default
        for name, f in parameters()
        if f.metadata['read_only'] and name.partition('.')[0] in groups
    }
    assert {'encoder.model', 'language.rooms_path', 'objects.merge_cost'} <= set(fixed)
    for name, value in fixed.items():
        (result,) = node.set_parameters([Parameter(name, value=value)])
        assert not result.successful, name
        assert 'read-only' in result.reason
