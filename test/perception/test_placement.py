"""What gets no position, or wrong ones, is told of once, with what to set."""

from __future__ import annotations

from memory_node.core.perception.placement import doubted_unit, Placement


def test_depth_that_still_places_something_is_doubted_once():
    said = []
    placement = Placement(said.append)
    for far in (True, True, False, True) * 4:
        counts = {'positions': 1, 'sightings': 1, 'depth_pictures': 1, 'depth_out_of_reach': far}
        placement.observed(counts, {})
    assert len(said) == 1
    assert 'depth_unit_m' in said[0]
    assert 'in 8 of 10 pictures' in said[0]


def test_few_pictures_and_a_hall_now_and_then_are_not():
    assert not doubted_unit({})
    assert not doubted_unit({'depth_pictures': 9, 'depth_out_of_reach': 9})
    assert not doubted_unit({'depth_pictures': 40, 'depth_out_of_reach': 20})
    assert doubted_unit({'depth_pictures': 40, 'depth_out_of_reach': 21})


def test_a_reason_is_told_once_whatever_the_middle_is():
    said = []
    placement = Placement(said.append)
    for i in range(8):
        placement.observed({'sightings': 5}, {f'most depth is outside, the middle of it {i} m': 5})
    assert len(said) == 1
    assert said[0].startswith('none of the last 20 sightings got a position: most depth')
