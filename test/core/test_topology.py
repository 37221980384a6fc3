from __future__ import annotations

from fakes import BagOfWordsEncoder, seen
from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

from memory_node import Memory
from memory_node.core.errors import (
    EmptyMemoryError,
    InvalidQueryError,
    NoRouteError,
    UnknownMapError,
    UnknownNodeError,
)
from memory_node.core.topology.graph import EdgeKind


@pytest.fixture
def memory(tmp_path):
    with Memory.open(tmp_path / 'm.db', encoder=BagOfWordsEncoder()) as opened:
        yield opened


def kinds(memory: Memory) -> dict[tuple[str, str], int]:
    graph = memory.topological_map()
    ids = [o.id for o in memory.observations()]
    return {
        (ids[a], ids[b]): int(k)
        for a, b, k in zip(
            graph.edges.sources, graph.edges.targets, graph.edges.kinds, strict=True
        )
    }


def test_a_drive_is_a_chain_and_its_route_has_its_length(memory):
    memory.add_many(seen(f'n{i}', (float(i), 0.0, 0.0), stamp=i) for i in range(10))
    route = memory.route('n1', 'n8')
    assert route.node_ids == tuple(f'n{i}' for i in range(1, 9))
    assert route.length_m == pytest.approx(7.0)
    assert [p.position[0] for p in route.poses] == list(range(1, 9))
    assert set(kinds(memory).values()) == {EdgeKind.TRAVERSAL}


def test_the_way_back_is_the_same_way(memory):
    memory.add_many(seen(f'n{i}', (float(i), 0.0, 0.0), stamp=i) for i in range(5))
    there, back = memory.route('n0', 'n4'), memory.route('n4', 'n0')
    assert back.node_ids == there.node_ids[::-1]
    assert back.length_m == pytest.approx(there.length_m)


def test_start_equal_to_goal_is_a_route_of_no_length(memory):
    memory.add(seen('n'))
    assert memory.route('n', (5.0, 5.0, 0.0)).node_ids == ('n',)
    assert memory.route('n', 'n').length_m == 0.0


def test_a_robot_jump_is_not_a_drive(memory):
    memory.add(seen('here', (0.0, 0.0, 0.0), stamp=0))
    memory.add(seen('carried away', (40.0, 0.0, 0.0), stamp=1))
    memory.add(seen('later', (41.0, 0.0, 0.0), stamp=500))
    with pytest.raises(NoRouteError, match='joins'):
        memory.route('here', 'carried away')
    # 1 m apart but after a gap in time: a bridge, the last resort
    assert kinds(memory) == {('carried away', 'later'): EdgeKind.BRIDGE}


def test_two_corridors_with_a_wall_between_are_not_joined_across_it(memory):
    """A drive up one corridor and down the next, 0.8 m apart: the route goes round the end."""
    up = [seen(f'u{i}', (0.7 * i, 0.0, 0.0), stamp=i) for i in range(15)]
    turn = [seen('t0', (10.5, 0.4, 0.0), stamp=15)]
    down = [seen(f'd{i}', (9.8 - 0.7 * i, 0.8, 0.0), stamp=16 + i) for i in range(15)]
    memory.add_many(up + turn + down)
    route = memory.route('u0', 'd14')
    assert 't0' in route.node_ids
    assert route.length_m > 19.0


def test_coming_back_to_a_spot_closes_the_loop(memory):
    square = [(0, 0), (1, 0), (2, 0), (2, 1), (2, 2), (1, 2), (0, 2), (0, 1), (0.2, 0.1)]
    memory.add_many(
        seen(f'n{i}', (float(x), float(y), 0.0), stamp=i) for i, (x, y) in enumerate(square)
    )
    assert memory.route('n0', 'n7').node_ids == ('n0', 'n8', 'n7')


def test_sessions_are_joined_by_the_shortest_gap_and_routes_avoid_it(memory):
    memory.add_many(seen(f'a{i}', (float(i), 0.0, 0.0), stamp=i) for i in range(5))
    memory.add_many(seen(f'b{i}', (4.0 + i, 1.5, 0.0), stamp=9000 + i) for i in range(5))
    bridges = [pair for pair, kind in kinds(memory).items() if kind == EdgeKind.BRIDGE]
    assert bridges == [('a4', 'b0')]
    assert memory.route('a0', 'b4').length_m == pytest.approx(9.5)


def test_given_neighbours_are_all_there_is(memory):
    memory.add_many(
        [
            seen('a', (0.0, 0.0, 0.0), stamp=0, neighbors=('b',)),
            seen('b', (2.0, 0.0, 0.0), stamp=1, neighbors=('c', 'nobody')),
            seen('c', (2.0, 0.1, 3.0), stamp=2, neighbors=('b',)),
            seen('d', (2.0, 0.2, 3.0), stamp=3, neighbors=('nobody',)),
        ]
    )
    assert kinds(memory) == {('a', 'b'): EdgeKind.GIVEN, ('b', 'c'): EdgeKind.GIVEN}
    with pytest.raises(NoRouteError):
        memory.route('a', 'd')


def test_maps_are_apart(memory):
    memory.add(seen('up', stamp=0, map_id='upstairs'))
    memory.add(seen('down', stamp=1, map_id='downstairs'))
    assert kinds(memory) == {}
    with pytest.raises(NoRouteError, match='different maps'):
        memory.route('up', 'down')
    with pytest.raises(NoRouteError):
        memory.route('up', (0.0, 0.0, 0.0), map_id='downstairs')
    with pytest.raises(InvalidQueryError, match='map_id'):
        memory.route((0.0, 0.0, 0.0), (1.0, 0.0, 0.0))
    assert memory.route((0.0, 0.0, 0.0), (1.0, 0.0, 0.0), 'upstairs').node_ids == ('up',)


def test_bad_ends_are_typed_errors(memory):
    with pytest.raises(EmptyMemoryError):
        memory.route((0.0, 0.0, 0.0), (1.0, 0.0, 0.0))
    memory.add(seen('n'))
    with pytest.raises(UnknownNodeError, match='elsewhere'):
        memory.route('n', 'elsewhere')
    with pytest.raises(UnknownMapError):
        memory.route('n', 'n', map_id='elsewhere')
    for point in ((np.nan, 0.0, 0.0), (0.0, np.inf, 0.0), (0.0, 0.0), ['x', 'y', 'z']):
        with pytest.raises(InvalidQueryError):
            memory.route('n', point)


def test_a_robot_at_rest_does_not_square_the_map(memory):
    rng = np.random.default_rng(0)
    memory.add_many(
        seen(f'n{i}', (*rng.normal(0.0, 0.01, 2).tolist(), 0.0), stamp=1000 * i)
        for i in range(2000)
    )
    graph = memory.topological_map()
    assert len(graph.edges) < 4 * 2000
    assert len(memory.route('n3', 'n1999').node_ids) < 10


def test_the_map_follows_what_is_added_and_forgotten(memory):
    memory.add_many(seen(f'n{i}', (float(i), 0.0, 0.0), stamp=i) for i in range(3))
    assert memory.route('n0', 'n2').length_m == pytest.approx(2.0)
    memory.add(seen('n3', (3.0, 0.0, 0.0), stamp=3))
    assert memory.route('n0', 'n3').length_m == pytest.approx(3.0)
    memory.forget(['n0'])
    with pytest.raises(UnknownNodeError):
        memory.route('n0', 'n3')
    assert memory.route('n1', 'n3').length_m == pytest.approx(2.0)


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 2**32 - 1), count=st.integers(2, 60))
def test_routes_are_symmetric_and_no_shorter_than_the_straight_line(tmp_path_factory, seed, count):
    rng = np.random.default_rng(seed)
    with Memory.open(tmp_path_factory.mktemp('m') / 'm.db', encoder=BagOfWordsEncoder()) as memory:
        at = np.cumsum(rng.normal(0.0, 1.2, (count, 3)) * (1, 1, 0.05), axis=0)
        memory.add_many(seen(f'n{i}', tuple(p), stamp=i) for i, p in enumerate(at.tolist()))
        graph = memory.topological_map()
        assert (graph.edges.sources < graph.edges.targets).all()
        a, b = rng.integers(0, count, 2).tolist()
        if graph.parts[a] != graph.parts[b]:
            with pytest.raises(NoRouteError):
                memory.route(f'n{a}', f'n{b}')
            return
        route, back = memory.route(f'n{a}', f'n{b}'), memory.route(f'n{b}', f'n{a}')
        straight = float(np.linalg.norm(at[a] - at[b]))
        assert route.length_m >= straight - 1e-6
        assert graph.distances_from(a)[b] == pytest.approx(graph.distances_from(b)[a])
        assert (route.node_ids[0], route.node_ids[-1]) == (back.node_ids[-1], back.node_ids[0])
        steps = zip(route.node_ids, route.node_ids[1:], strict=False)
        assert all(int(y[1:]) in graph.neighbors(int(x[1:])) for x, y in steps)
