"""The forest inside a memory: names above every place, kept beside the store, never in the way."""

import json

from fakes import BagOfWordsEncoder, seen
from forest.invariants import check_invariants
from openai_server import OpenAIServer
import pytest

from memory_node import Memory
from memory_node.core.config import ForestConfig, MemoryConfig
from memory_node.core.data import Query, QueryMode
from memory_node.core.forest.file import forest_path
from memory_node.models.openai_language_model import OpenAIChat

ROOMS = {
    'kitchen': ((0.0, 0.0), ('stove', 'fridge', 'sink')),
    'bedroom': ((14.0, 0.0), ('bed', 'nightstand', 'wardrobe')),
    'bathroom': ((0.0, 14.0), ('toilet', 'bathtub', 'towel')),
}


def flat(map_id: str = 'map', start: int = 0) -> list:
    items = []
    for room, ((x, y), things) in ROOMS.items():
        for i in range(6):
            items.append(
                seen(
                    f'{map_id} {room} {i}',
                    (x + 0.5 * i, y, 0.0),
                    stamp=float(start + 100 * len(items)),
                    objects=dict.fromkeys(things),
                    map_id=map_id,
                )
            )
    return items


def opened(path, **more) -> Memory:
    return Memory.open(path / 'm.sqlite', encoder=BagOfWordsEncoder(), **more)


def test_places_carry_the_names_of_the_areas_above(tmp_path):
    with opened(tmp_path) as memory:
        memory.add_many(flat())
        assert memory.wait_areas(60)
        place = memory.retrieve('stove').places[0]
        assert any(name.startswith('kitchen') for name in place.area_path)
        assert 'kitchen' in place.area_path[0]  # the floor, named after its rooms
        assert len(set(place.area_path)) == len(place.area_path)
        rooms = memory.areas.forest.regions(6.0)
        assert any(n.text and n.text.inferred and n.text.room == 'kitchen' for n in rooms)
        assert memory.stats().forest_nodes == len(memory.areas) > 3


def test_a_question_about_the_whole_gets_areas_and_a_way_there(tmp_path):
    with opened(tmp_path) as memory:
        memory.add_many(flat())
        assert memory.wait_areas(60)
        found = memory.retrieve('describe the stove and fridge area', 4)
        assert found.mode is QueryMode.GLOBAL
        area = found.places[0]
        assert area.level > 1
        assert area.node_id.startswith('area:')
        assert 'kitchen' in area.label
        assert area.caption
        assert set(area.evidence_ids) <= {o.id for o in flat()}
        query = Query(text='describe the stove and fridge area', mode=QueryMode.GLOBAL)
        goal = memory.navigation_goal(query, (14.0, 0.0, 0.0))
        assert goal.place is None or goal.place.evidence_ids


def test_the_forest_is_read_again_with_its_ids_and_names(tmp_path):
    with opened(tmp_path) as memory:
        memory.add_many(flat())
        assert memory.wait_areas(60)
        before = {i: n.name for i, n in memory.areas.forest.nodes.items()}
    assert forest_path(tmp_path / 'm.sqlite').exists()
    with opened(tmp_path) as memory:
        assert memory.wait_areas(60)
        assert {i: n.name for i, n in memory.areas.forest.nodes.items()} == before
        assert memory.areas.message == ''
        memory.add(seen('new', (1.0, 0.2, 0.0), 'a new stove', stamp=9999.0))
        assert memory.wait_areas(60)
        assert len(memory.areas.forest) == 19
        check_invariants(memory.areas.forest)


@pytest.mark.parametrize('damage', ['missing', 'empty', 'noise', 'flipped', 'other store'])
def test_a_forest_file_that_does_not_fit_is_grown_again(tmp_path, damage):
    with opened(tmp_path) as memory:
        memory.add_many(flat())
        assert memory.wait_areas(60)
    path = forest_path(tmp_path / 'm.sqlite')
    data = path.read_bytes()
    if damage == 'missing':
        path.unlink()
    elif damage == 'other store':
        other = tmp_path / 'other'
        other.mkdir()
        with opened(other) as memory:
            memory.add_many(flat('elsewhere'))
            assert memory.wait_areas(60)
        path.write_bytes(forest_path(other / 'm.sqlite').read_bytes())
    else:
        middle = len(data) // 2
        flipped = data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]
        path.write_bytes({'empty': b'', 'noise': b'\x00' * 999, 'flipped': flipped}[damage])
    with opened(tmp_path) as memory:
        assert memory.wait_areas(60)
        assert len(memory.areas.forest) == 18
        assert memory.retrieve('stove').places[0].area_path
        assert bool(memory.areas.message) == (damage != 'missing')


def test_forgotten_observations_leave_the_forest(tmp_path):
    with opened(tmp_path) as memory:
        memory.add_many(flat())
        assert memory.wait_areas(60)
        memory.forget([f'map kitchen {i}' for i in range(6)])
        assert memory.wait_areas(60)
        assert len(memory.areas.forest) == 12
        check_invariants(memory.areas.forest)


def test_maps_have_forests_of_their_own(tmp_path):
    with opened(tmp_path) as memory:
        memory.add_many([*flat('first'), *flat('second', 10_000)])
        assert memory.wait_areas(60)
        assert [r.map_id for r in memory.areas.forest.roots()] == ['first', 'second']


def test_the_paper_mode_rebuilds_and_never_uses_an_id_again(tmp_path):
    config = MemoryConfig(forest=ForestConfig(mode='paper'))
    with opened(tmp_path, config=config) as memory:
        memory.add_many(flat())
        assert memory.wait_areas(60)
        before = set(memory.areas.forest.nodes)
        memory.add(seen('new', (1.0, 0.2, 0.0), 'a new stove', stamp=9999.0))
        assert memory.wait_areas(60)
        assert not before & set(memory.areas.forest.nodes)
        assert memory.retrieve('stove').places[0].area_path


def test_a_language_model_names_areas_and_its_failure_is_no_failure(tmp_path):
    def answer(request):
        shown = json.loads(request['messages'][-1]['content'])
        areas = [
            {'index': a['index'], 'name': 'the den', 'summary': 'A den.', 'relations': []}
            for a in shown
        ]
        return json.dumps({'areas': areas})

    with OpenAIServer(answer) as server:
        model = OpenAIChat(base_url=server.base_url, model='m')
        with opened(tmp_path, language_model=model) as memory:
            memory.add_many(flat())
            assert memory.wait_areas(60)
            assert memory.retrieve('stove').places[0].area_path == ('the den',)
            assert server.requests
    broken = tmp_path / 'broken'
    broken.mkdir()
    with OpenAIServer(answer, ['500']) as server:
        model = OpenAIChat(base_url=server.base_url, model='m', retries=0)
        with opened(broken, language_model=model) as memory:
            memory.add_many(flat())
            assert memory.wait_areas(60)
            assert any('kitchen' in n for n in memory.retrieve('stove').places[0].area_path)
