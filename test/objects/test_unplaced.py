"""Sightings without a position become objects too, and join what depth has placed."""

import math

import numpy as np
from objects.worlds import snapshot_of, Thing, View

from memory_node.core.objects import ObjectMap


def objects_of(views):
    objects = ObjectMap()
    objects.update(snapshot_of(views))
    return objects.view()


def seen_from(x, *things, **more):
    return View(tuple(things), (x, 0.0, 0.0), **more)


DOOR, CUP = Thing('door'), Thing('cup')


def test_k_of_a_label_in_one_frame_are_at_least_k_objects():
    objects = objects_of([seen_from(0.0, CUP, CUP), seen_from(0.5, CUP), seen_from(1.0, CUP, CUP)])
    assert objects.frames.tolist() == [3, 2]
    assert not objects.placed.any()


def test_poses_near_by_see_one_object_and_far_ones_another():
    objects = objects_of([seen_from(x, DOOR) for x in (0.0, 1.0, 20.0, 2.0, 21.0)])
    assert objects.frames.tolist() == [3, 2]
    assert np.allclose(objects.anchors[:, 0], [1.0, 20.5])


def test_the_frame_before_continues_an_object():
    assert len(objects_of([seen_from(0.0, DOOR), seen_from(5.0, DOOR)])) == 1
    assert len(objects_of([seen_from(0.0, DOOR), seen_from(5.0), seen_from(5.0, DOOR)])) == 2


def test_a_corridor_of_doors_is_not_one_door():
    assert len(objects_of([seen_from(1.0 * i, DOOR) for i in range(40)])) >= 4


def test_a_placed_thing_in_front_is_what_is_seen_without_depth():
    placed = Thing('cup', (2.0, 0.0, 1.0))
    objects = objects_of([seen_from(0.0, placed), seen_from(0.2, CUP), seen_from(0.3, CUP, CUP)])
    assert objects.frames.tolist() == [3, 1]
    assert objects.placed.tolist() == [True, False]


def test_a_label_placed_elsewhere_drops_nothing():
    objects = objects_of([seen_from(0.0, Thing('cup', (2.0, 0.0, 1.0))), seen_from(30.0, CUP)])
    assert objects.frames.tolist() == [1, 1]


def test_depth_gives_an_unplaced_object_its_position():
    placed = Thing('cup', (2.0, 0.0, 1.0))
    objects = objects_of([seen_from(0.0, CUP), seen_from(0.2, placed), seen_from(0.4, CUP)])
    assert objects.frames.tolist() == [3]
    assert objects.positions.tolist() == [[2.0, 0.0, 1.0]]
    assert objects.seen_by(0).tolist() == [0, 1, 2]


def test_an_unplaced_thing_is_seen_best_from_where_most_views_look():
    # The cup is at about (0, 2): two views look at it from near by, three from farther back.
    ahead = [View((CUP,), (x, -2.5, 0.0), yaw=math.pi / 2) for x in (-0.2, 0.0, 0.2)]
    near = [View((CUP,), (0.1, 0.4, 0.0), yaw=math.pi / 2), View((CUP,), (0.6, 0.9, 0.0), yaw=2.4)]
    for views in (near + ahead, ahead + near):
        objects = objects_of(views)
        assert len(objects) == 1
        best = views[objects.view_rows[0]]
        assert best.position[1] > 0.0
