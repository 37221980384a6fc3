"""What captioners say: bytes and texts, cleaned, read, composed and judged."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from hypothesis import strategies as st

from memory_bench.fuzz.door import Door
from memory_bench.fuzz.small_memory import SmallMemory
from memory_bench.fuzz.texts import captions, strange
from memory_node.core.data import Observation, Pose, Sighting
from memory_node.core.language.directives import is_english, quoted, says_only, tells_somebody
from memory_node.core.language.mentions import every_mention, mentions
from memory_node.core.language.names import parse_name
from memory_node.core.perception.captions import clean_text, compose_caption, merge_captions
from memory_node.core.rooms.captions import CaptionReader
from memory_node.core.rooms.plates import plate_name
from memory_node.core.rooms.vocabulary import default_vocabulary

__all__ = ['doors']

_PLACES = CaptionReader(default_vocabulary())
#: Characters of a long label.
_LABEL = 1000


def doors(folder: Path) -> Iterator[Door]:
    """Yield the texts themselves, and a memory that keeps them."""
    yield Door(name='captions/texts', inputs=captions | st.binary(max_size=80), take=_text)
    yield Door(
        name='captions/labels',
        inputs=st.lists(strange, max_size=6),
        take=compose_caption,
        share=3.0,
    )
    kept = SmallMemory(folder / 'kept.db')

    def keep(drawn: tuple[str, list[str]]) -> None:
        caption, labels = drawn
        o = Observation(
            id=f'n{kept.acknowledged}',
            stamp_ns=kept.acknowledged,
            pose=Pose(position=(kept.acknowledged % 20, 0.0, 0.0)),
            caption=caption,
            sightings=tuple(Sighting(label=label) for label in labels),
        )
        kept.memory.as_kept(o)
        kept.add([o])

    yield Door(
        name='captions/kept',
        inputs=st.tuples(captions, st.lists(strange, max_size=3)),
        take=keep,
        close=kept.close,
        share=0.5,
    )


def _text(raw: str | bytes) -> None:
    text = clean_text(raw).text
    mentions(text)
    every_mention(text)
    merge_captions(text, compose_caption(text.split()[:8]))
    _PLACES.names([text], frozenset())  # in a memory that is done in the background
    plate_name(text[:_LABEL], default_vocabulary())
    parse_name(text[:_LABEL])
    for said in (text, quoted(text)):
        tells_somebody(said)
        is_english(said)
        says_only(said, [text], [1.0])
