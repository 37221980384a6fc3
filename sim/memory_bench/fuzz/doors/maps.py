"""Maps that are joined and parted, and poses that a SLAM corrects."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from memory_bench.fuzz.door import Door
from memory_bench.fuzz.small_memory import SmallMemory
from memory_bench.fuzz.texts import mostly, numbers, strange
from memory_node.core.data import Observation, Pose, Sighting

__all__ = ['doors']

_MAPS = st.sampled_from(['map', 'map~2', 'map~3', 'cellar'])
_IDS = st.sampled_from(['kitchen', 'bathroom', 'map~2/0', 'map~3/1'])
_TURNED = [
    [0.0, -1.0, 0.0, 3.0],
    [1.0, 0.0, 0.0, -2.0],
    [0.0, 0.0, 1.0, 0.0],
    [0.0, 0.0, 0.0, 1.0],
]
_EYE = [[float(i == j) for j in range(4)] for i in range(4)]
_STAMPS = st.sampled_from([1_700_000_000 * 10**9 + i * 10**11 for i in range(-1, 6)])
_POSES = st.builds(Pose.from_yaw, st.tuples(*[st.floats(-50.0, 50.0)] * 3), st.floats(-3.0, 3.0))
_OF_EACH: dict[str, st.SearchStrategy[Any]] = {
    'join_maps': st.tuples(_MAPS, _MAPS, mostly(st.sampled_from([None, _EYE, _TURNED]))),
    'part_maps': st.tuples(mostly(_MAPS, strange)),
    'map_now': st.tuples(mostly(_MAPS, strange)),
    'correct_poses': st.tuples(
        _MAPS,
        mostly(st.lists(st.tuples(mostly(_STAMPS | _IDS, numbers | strange), _POSES), max_size=4)),
    ),
}


def doors(folder: Path) -> Iterator[Door]:
    """Yield a memory of three maps that show the same things."""
    held = SmallMemory(folder / 'maps.db')
    for number, name in enumerate(('map~2', 'map~3'), 1):
        held.add(
            Observation(
                id=f'{name}/{i}',
                stamp_ns=(1_700_001_000 * number + 100 * i) * 10**9,
                map_id=name,
                pose=Pose(position=(5.0 * i, 0.0, 0.0)),
                caption='a hall',
                sightings=tuple(
                    Sighting(label=label, position=(5.0 * i, 1.0 + j, 0.5))
                    for j, label in enumerate(labels)
                ),
            )
            for i, labels in enumerate((('oven', 'mug'), ('bathtub',), ('bed', 'lamp')))
        )

    def take(drawn: tuple[str, tuple[Any, ...]]) -> None:
        how, given = drawn
        try:
            getattr(held.memory, how)(*given)
        finally:
            held.memory.retrieve('the lamp')
            held.memory.maps()

    yield Door(
        name='maps/changed',
        inputs=st.sampled_from(sorted(_OF_EACH)).flatmap(
            lambda how: st.tuples(st.just(how), _OF_EACH[how])
        ),
        take=take,
        close=held.close,
        varied=(1,),
    )
