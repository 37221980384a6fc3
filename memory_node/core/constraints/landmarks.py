"""What a phrase of a request means here: things, or else rooms as places to measure from."""

from __future__ import annotations

import numpy as np

from memory_node.core.constraints.base import FloatArray, Landmark, Scene

__all__ = ['room_landmark', 'rooms_meant', 'things_or_rooms']


def rooms_meant(scene: Scene, phrase: str) -> FloatArray | None:
    """Return (R,) log-odds that each room is meant; None where no room is likelier than not."""
    odds = scene.lookup.rooms(phrase)
    return odds if odds is not None and len(odds) and (odds > 0.0).any() else None


def room_landmark(scene: Scene, odds: FloatArray) -> Landmark | None:
    """Return the middles of the rooms that are meant, best first; None where none is known."""
    rooms = scene.view.rooms
    chosen = np.flatnonzero((odds > 0.0) & np.isfinite(rooms.centers).all(axis=1))
    if not len(chosen):
        return None
    chosen = chosen[np.argsort(-odds[chosen], kind='stable')]
    return Landmark(
        odds=odds[chosen],
        positions=rooms.centers[chosen],
        placed=np.ones(len(chosen), np.bool_),
        maps=rooms.maps[chosen].astype(np.int64),
        objects=np.full(len(chosen), -1, np.int64),
        rooms=chosen.astype(np.int64),
        rows=rooms.representatives[chosen].astype(np.int64),
    )


def things_or_rooms(scene: Scene, phrase: str) -> Landmark | None:
    """Return the things that a phrase means, or else the rooms; None where neither is known."""
    landmark = scene.lookup.landmark(phrase)
    if landmark is not None:
        return landmark
    odds = rooms_meant(scene, phrase)
    return None if odds is None else room_landmark(scene, odds)
