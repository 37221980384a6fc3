"""Links of things: in, on, part of, next to, usually with; each with its evidence."""

from __future__ import annotations

from fakes import BagOfWordsEncoder
import pytest

from memory_node import Memory, Observation, Pose, Sighting

THINGS = {
    'table': ((2.0, 0.0, 0.35), (1.2, 1.2, 0.7)),
    'kettle': ((2.1, 0.2, 0.85), (0.2, 0.2, 0.3)),
    'shelf': ((2.0, -0.3, 0.3), (0.4, 0.4, 0.15)),
    'cup': ((2.2, -0.2, 0.5), (0.1, 0.1, 0.1)),
    'chair': ((2.0, 1.2, 0.4), (0.5, 0.5, 0.8)),
}
FAR = {'bed': ((22.0, 0.0, 0.3), (2.0, 1.6, 0.6))}


def look(number, x, caption, things):
    return Observation(
        id=f'o{number}',
        stamp_ns=(number + 1) * 10**9,
        pose=Pose.from_yaw((x, 0.0, 0.0), 0.0),
        caption=caption,
        sightings=tuple(
            Sighting(label=label, confidence=0.9, position=where, extent=size)
            for label, (where, size) in things.items()
        ),
    )


@pytest.fixture(scope='module')
def memory(tmp_path_factory):
    path = tmp_path_factory.mktemp('links') / 'm.db'
    with Memory.open(path, encoder=BagOfWordsEncoder()) as opened:
        opened.add_many(look(i, 0.02 * i, 'a kitchen', THINGS) for i in range(5))
        opened.add_many(look(5 + i, 20.0 + 0.02 * i, 'a bedroom', FAR) for i in range(10))
        assert opened.wait_areas(30.0)
        yield opened


def links(memory, label):
    (thing,) = [o for o in memory.objects() if o.label == label]
    return {(link.relation, link.name): link for link in memory.links([thing.id])[thing.id]}


@pytest.mark.parametrize(
    ('label', 'relation', 'name'),
    [
        ('kettle', 'on', 'table'),
        ('shelf', 'part of', 'table'),
        ('cup', 'on', 'table'),
        ('chair', 'next to', 'table'),
        ('table', 'next to', 'chair'),
        ('kettle', 'in', 'kitchen'),
        ('bed', 'in', 'bedroom'),
        ('kettle', 'usually with', 'table'),
    ],
)
def test_a_link_is_there_with_its_evidence(memory, label, relation, name):
    found = links(memory, label)
    assert (relation, name) in found
    assert found[relation, name].views == (10 if label == 'bed' else 5)


def test_what_has_nothing_to_do_with_each_other_has_no_link(memory):
    assert {relation for relation, _ in links(memory, 'bed')} == {'in'}
    assert ('on', 'kettle') not in links(memory, 'table')


def test_an_id_that_there_is_not_has_no_links(memory):
    assert memory.links([10**6]) == {10**6: []}
    assert memory.links([]) == {}
