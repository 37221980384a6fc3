"""A home of two floors by hand: every thing has a place, a floor, and a day it was seen."""

from __future__ import annotations

from datetime import datetime, timezone

from memory_node import Observation, Pose, Sighting

#: The newest stamp: Wednesday, 25 November 2026, 15:30 UTC.
NOW = datetime(2026, 11, 25, 15, 30, tzinfo=timezone.utc)
#: Rooms: corner (x, y) [m], height of the camera [m], things at offsets from the corner.
ROOMS = {
    'kitchen': (0.0, 0.0, 0.3, {'stove': (0.5, 0.5), 'refrigerator': (3.5, 0.5),
                'table': (2.0, 2.5), 'chair': (2.0, 3.2), 'cup': (2.1, 2.6), 'sink': (1.5, 0.3)}),
    'living room': (6.0, 0.0, 0.3, {'sofa': (2.0, 0.5), 'tv': (2.0, 3.5), 'lamp': (0.8, 0.6),
                    'chair': (3.6, 3.2), 'coffee table': (2.0, 1.6)}),
    'bathroom': (12.0, 0.0, 0.3, {'toilet': (0.5, 2.5), 'bathtub': (3.0, 2.5), 'sink': (2.0, 0.4),
                 'mirror': (2.0, 0.2)}),
    'bedroom': (0.0, 0.0, 3.3, {'bed': (1.0, 2.5), 'bed 2': (3.2, 2.5), 'lamp': (0.4, 1.6),
                'wardrobe': (3.5, 0.4), 'chair': (2.2, 0.4)}),
    'guest room': (6.0, 0.0, 3.3, {'bed': (2.0, 2.5), 'nightstand': (0.9, 2.6),
                   'wardrobe': (3.4, 0.4)}),
    'upper bathroom': (12.0, 0.0, 3.3, {'toilet': (0.5, 2.5), 'shower': (3.0, 2.5),
                       'towel': (2.0, 0.4)}),
}  # fmt: skip
#: When each room was driven through, (days before, hour, minute).
SEEN = {
    'kitchen': (0, 9, 10),
    'living room': (0, 15, 20),
    'bathroom': (1, 10, 0),
    'bedroom': (1, 19, 0),
    'guest room': (2, 9, 30),
    'upper bathroom': (0, 15, 26),
}
DAY_S = 86400


def stamp(days: int, hour: int, minute: int) -> int:
    """Return a moment so many days before ``NOW`` [ns]."""
    at = NOW.replace(hour=hour, minute=minute)
    return (int(at.timestamp()) - days * DAY_S) * 10**9


def observations() -> list[Observation]:
    """Return four viewpoints a room; each sees every thing of its room."""
    found = []
    for room, (x, y, z, things) in ROOMS.items():
        seen = tuple(
            Sighting(label=label.rstrip(' 2'), position=(x + dx, y + dy, z + 0.3))
            for label, (dx, dy) in things.items()
        )
        for i, (dx, dy) in enumerate(((1.0, 1.2), (3.0, 1.2), (1.0, 2.0), (3.0, 2.0))):
            found.append(
                Observation(
                    id=f'{room} {i}',
                    stamp_ns=stamp(*SEEN[room]) + i * 10**9,
                    pose=Pose.from_yaw((x + dx, y + dy, z), 0.3 * i),
                    caption=', '.join(s.label for s in seen),
                    sightings=seen,
                )
            )
    return sorted(found, key=lambda o: (o.stamp_ns, o.id))
