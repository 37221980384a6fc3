"""A pose to drive to for what was found, and the way there."""

from __future__ import annotations

from contextlib import suppress

from memory_node.core.answers.types import GoalPlan
from memory_node.core.data import Retrieval, Vector3
from memory_node.core.errors import EmptyMemoryError, NoRouteError, UnknownMapError
from memory_node.core.topology.routing import Router

__all__ = ['plan']


def plan(
    retrieval: Retrieval, start: Vector3 | None, alternatives: int, router: Router
) -> GoalPlan:
    """Return where to drive for a retrieval, with the route from ``start`` [m] if it is given."""
    places = retrieval.places
    if not retrieval.found:
        return GoalPlan(
            found=False,
            place=None,
            goal_pose=None,
            route=None,
            alternatives=places[:alternatives],
            retrieval=retrieval,
        )
    place = places[0]
    route = None
    if start is not None:
        stand = place.evidence_ids[0] if place.level > 0 else place.node_id
        with suppress(NoRouteError, EmptyMemoryError, UnknownMapError):
            route = router.route(start, stand, place.map_id)
    return GoalPlan(
        found=True,
        place=place,
        goal_pose=place.pose,
        route=route,
        alternatives=places[1 : alternatives + 1],
        retrieval=retrieval,
    )
