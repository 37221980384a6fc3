from contextlib import suppress
import hashlib
import re

from data import require_data
from forest.invariants import check_invariants
from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

from memory_bench.metrics.clustering import adjusted_rand_index
from memory_node.core.config import ForestConfig
from memory_node.core.errors import (
    InvalidObservationError,
    MemoryNodeError,
    StoreAccessError,
    StoreFormatError,
)
from memory_node.core.forest.batch import build_paper_forest
from memory_node.core.forest.gml import local_metres, read_gml, read_gml_forest
from memory_node.core.forest.paper import haversine, MAX_LEAVES, paper_levels

PAPER = ForestConfig(mode='paper')
STREET = ForestConfig(mode='paper', distance_scale_m=50.0)


def words_as_vectors(texts: list[str], dim: int = 128) -> np.ndarray:
    """Bags of words, weighted by rarity, projected by hashing: no model needed."""
    bags = [re.findall(r'\w+', text.casefold()) for text in texts]
    rarity: dict[str, int] = {}
    for bag in bags:
        for word in set(bag):
            rarity[word] = rarity.get(word, 0) + 1
    known: dict[str, np.ndarray] = {}
    rows = np.zeros((len(texts), dim), np.float32)
    for row, bag in zip(rows, bags, strict=True):
        for word in bag:
            if word not in known:
                seed = hashlib.blake2b(word.encode(), digest_size=8).digest()
                rng = np.random.default_rng(int.from_bytes(seed, 'little'))
                weight = np.log(len(texts) / rarity[word])
                known[word] = (weight * rng.standard_normal(dim)).astype(np.float32)
            row += known[word]
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)


def test_the_shape_on_cmu_500_is_that_of_the_authors_forest():
    forest = read_gml_forest(require_data('embodied_rag') / 'cmu_500_forest.gml')
    assert not forest.problems
    theirs = [len(np.unique(level)) for level in forest.levels]
    assert theirs == [159, 45, 10, 2, 1]
    vectors = words_as_vectors(forest.captions)
    levels = paper_levels(forest.positions, vectors, STREET, metric='haversine')
    ours = [len(level.radii) for level in levels]
    assert ours == sorted(ours, reverse=True)
    assert 0.5 * 159 <= ours[0] <= 2.0 * 159
    assert 0.5 * 45 <= ours[1] <= 2.0 * 45
    agreement = adjusted_rand_index(levels[0].labels.tolist(), forest.levels[0].tolist())
    assert agreement >= 0.4
    assert 15.0 <= float(np.median(levels[0].radii)) <= 60.0


def test_haversine_knows_a_degree_and_agrees_with_local_metres():
    a, b = np.array([0.0, 0.0, 0.0]), np.array([0.0, 1.0, 0.0])
    assert haversine(a, b) == pytest.approx(111_195.0, abs=1.0)
    degrees = np.array([[-79.94, 40.44, 0.0], [-79.945, 40.443, 3.0]])
    metres = local_metres(degrees)
    flat = np.linalg.norm(metres[0, :2] - metres[1, :2])
    assert flat == pytest.approx(haversine(degrees[0], degrees[1]), rel=1e-4)
    assert metres[1, 2] == 3.0


@pytest.mark.parametrize('n', [0, 1, 2, 7])
def test_small_and_identical_inputs_build(n):
    forest = build_paper_forest(
        range(n), np.zeros((n, 3)), np.ones((n, 4), np.float32) / 2.0, PAPER
    )
    check_invariants(forest)
    assert len(forest) == n
    assert len(forest.roots()) == min(n, 1)


def test_maps_are_trees_of_their_own():
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((60, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    forest = build_paper_forest(
        range(60), rng.random((60, 3)) * 50, vectors, PAPER, map_ids=['a', 'b'] * 30, first_id=100
    )
    check_invariants(forest)
    assert [r.count for r in forest.roots()] == [30, 30]
    assert min(forest.nodes) == 100


def test_nonsense_is_refused():
    ones = np.ones((3, 4), np.float32)
    with pytest.raises(InvalidObservationError, match='finite'):
        paper_levels(np.full((3, 3), np.nan), ones, PAPER)
    with pytest.raises(InvalidObservationError, match='expected'):
        paper_levels(np.zeros((2, 3)), ones, PAPER)
    with pytest.raises(InvalidObservationError, match='distinct'):
        build_paper_forest([1, 1, 2], np.zeros((3, 3)), ones, PAPER)
    many = MAX_LEAVES + 1
    with pytest.raises(InvalidObservationError, match='at most'):
        paper_levels(np.zeros((many, 3)), np.ones((many, 1), np.float32), PAPER)


def gml(tmp_path, body: str):
    path = tmp_path / 'x.gml'
    path.write_text(f'graph [\n{body}\n]\n', encoding='utf-8')
    return path


def node(i: int, level: int, more: str = '') -> str:
    return f'node [ id {i} label "{i}" level {level} position [ x {i}.5 y 2 z 0 ] {more} ]'


def edge(a: int, b: int) -> str:
    return f'edge [ source {a} target {b} ]'


def test_entities_are_read_and_problems_counted(tmp_path):
    body = [node(0, 0, 'caption "a &#34;sign&#34; &amp; more"'), node(1, 0), node(2, 0)]
    body += [node(10, 1, 'members "0" members "1"'), node(11, 1), node(20, 2), node(21, 2)]
    body += [edge(0, 10), edge(10, 20), edge(20, 10), edge(1, 11), edge(1, 10), edge(7, 10)]
    forest = read_gml_forest(gml(tmp_path, '\n'.join(body)))
    assert forest.captions[0] == 'a "sign" & more'
    assert forest.levels[0].tolist() == [10, 11, -1]
    assert forest.levels[1].tolist() == [20, -1, -1]
    assert forest.problems == {
        'cycle': 1,
        'missing_parent': 1,
        'two_parents': 1,
        'unknown_end': 1,
    }


@pytest.mark.parametrize(
    'body',
    [
        'node [ id 0',
        'node [ label "x" ]',
        'node [ id 0 level 0 ]',
        node(0, 0).replace('0.5', 'NaN'),
        ']',
        'node "unclosed',
        'a ' + '[ a ' * 100,
    ],
)
def test_broken_gml_is_a_format_error(tmp_path, body):
    with pytest.raises(StoreFormatError):
        read_gml_forest(gml(tmp_path, body))


def test_missing_and_binary_files_are_typed_errors(tmp_path):
    with pytest.raises(StoreAccessError):
        read_gml(tmp_path / 'none.gml')
    path = tmp_path / 'x.gml'
    path.write_bytes(b'\xff\xfe\x00graph')
    with pytest.raises(StoreFormatError):
        read_gml(path)


@settings(deadline=None, max_examples=150)
@given(st.text(alphabet='graph node[]edge id level position xyz "0123.\n', max_size=120))
def test_any_text_is_read_or_refused(tmp_path_factory, text):
    path = tmp_path_factory.mktemp('gml') / 'x.gml'
    path.write_text(text, encoding='utf-8')
    with suppress(MemoryNodeError):
        read_gml_forest(path)
