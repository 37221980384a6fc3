"""Hypothesis strategies for the memory's value types."""

from __future__ import annotations

from hypothesis import strategies as st

from memory_node import Observation, Pose, Sighting
from memory_node.core.bounds import safe_characters

#: Any text that can be stored: SQLite and JSON hold no lone surrogates.
texts = st.text(st.characters(exclude_categories=('Cs',)), max_size=60)
#: Any text as it is stored: what no one can see is taken off at the door.
stored = texts.map(safe_characters)
ids = st.text(max_size=20).map(safe_characters).filter(bool)
labels = stored.filter(lambda t: t.strip() and len(t) <= 256)
metres = st.floats(-1e4, 1e4, width=32)
points = st.tuples(metres, metres, metres)


@st.composite
def poses(draw: st.DrawFn) -> Pose:
    """Draw a pose, with or without covariance."""
    pose = Pose.from_yaw(draw(points), draw(st.floats(-3.1, 3.1)))
    covariance = draw(st.sampled_from([(), tuple(0.01 * i for i in range(36))]))
    return Pose(position=pose.position, orientation=pose.orientation, covariance=covariance)


sightings = st.builds(
    Sighting,
    label=labels,
    confidence=st.floats(0.0, 1.0),
    position=st.none() | points,
    extent=st.none() | points,
)


@st.composite
def observations(draw: st.DrawFn, id: str | None = None) -> Observation:  # noqa: A002  the field's name
    """Draw any observation that checks itself."""
    caption = draw(stored)
    seen = tuple(draw(st.lists(sightings, min_size=not caption.strip(), max_size=4)))
    return Observation(
        id=id or draw(ids),
        stamp_ns=draw(st.integers(0, 2**63 - 1)),
        pose=draw(poses()),
        caption=caption,
        sightings=seen,
        map_id=draw(st.sampled_from(['map', 'cellar', 'Büro 🚪'])),
        neighbors=tuple(draw(st.lists(ids, max_size=3))),
        keyframe=draw(st.binary(max_size=50)),
        source=draw(stored),
    )


def batches(max_size: int = 12) -> st.SearchStrategy[list[Observation]]:
    """Draw observations with distinct ids."""
    return st.lists(observations(), max_size=max_size, unique_by=lambda o: o.id)
