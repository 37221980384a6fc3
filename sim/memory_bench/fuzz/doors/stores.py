"""Files of a memory itself, damaged: the store, its log and what is derived from it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
import shutil

from hypothesis import strategies as st

from memory_bench.fuzz.door import Door
from memory_bench.fuzz.small_memory import HashingEncoder, SmallMemory
from memory_node.core.errors import MemoryNodeError
from memory_node.core.memory import Memory
from memory_node.core.store.sqlite_file import DERIVED

__all__ = ['doors']

_PLACES = st.integers(0, 2**20)
_DAMAGE = st.lists(
    st.tuples(
        st.sampled_from(['bit', 'noise', 'cut', 'zero', 'twice']), _PLACES, st.integers(0, 2**32)
    ),
    min_size=1,
    max_size=3,
)


def doors(folder: Path) -> Iterator[Door]:
    """Yield one door: a whole memory, one of whose files is damaged before it is opened."""
    whole = folder / 'whole'
    whole.mkdir(exist_ok=True)
    small = SmallMemory(whole / 'm.db')
    small.memory.wait_areas()
    small.memory.wait_indexed()
    said = [o.caption for o in small.memory.observations()]
    problems = small.close()
    ends = [end for end in ('', *DERIVED) if (whole / f'm.db{end}').exists()]

    def take(drawn: tuple[str, list[tuple[str, int, int]]]) -> None:
        end, damage = drawn
        broken = folder / 'broken'
        with suppress(FileNotFoundError):
            shutil.rmtree(broken)
        shutil.copytree(whole, broken)
        file = broken / f'm.db{end}'
        file.write_bytes(_damaged(file.read_bytes(), damage))
        with Memory.open(broken / 'm.db', encoder=HashingEncoder()) as memory:
            read = [o.caption for o in memory.observations()]
            memory.retrieve('the lamp')
        if read != said:
            raise AssertionError('what was read is not what was stored')

    yield Door(
        name='stores/damaged',
        inputs=st.tuples(st.sampled_from(ends), _DAMAGE),
        take=take,
        refused=(MemoryNodeError,),
        varied=(),
        share=0.02,
        close=lambda: problems,
    )


def _damaged(content: bytes, damage: list[tuple[str, int, int]]) -> bytes:
    held = bytearray(content)
    for what, place, number in damage:
        at = place % max(1, len(held))
        size = 1 + number % 64
        if what == 'bit' and held:
            held[at] ^= 1 << number % 8
        elif what == 'noise':
            held[at : at + size] = number.to_bytes(8, 'little') * (size // 8)
        elif what == 'zero':
            held[at : at + size] = bytes(len(held[at : at + size]))
        elif what == 'twice':
            held[at:at] = held[at : at + size]
        else:
            del held[at:]
    return bytes(held)
