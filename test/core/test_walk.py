"""How many modules one question enters: what somebody reads who wants to follow it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
import sys
from types import FrameType
from typing import Any

from furnished_home import observations
import pytest

import memory_node
from memory_node import Memory
from memory_node.models.sentence_encoder import SentenceEncoder

PACKAGE = str(Path(memory_node.__file__).parent)


@pytest.fixture(scope='module')
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Memory]:
    """Return a furnished home that was asked something else before."""
    path = tmp_path_factory.mktemp('walk') / 'home.sqlite'
    with Memory.open(path, encoder=SentenceEncoder()) as memory:
        memory.add_many(list(observations()))
        assert memory.wait_indexed(120.0)
        assert memory.wait_areas(120.0)
        memory.retrieve('the stove', here=(1.0, 1.0, 0.0))
        yield memory


def entered(action: Callable[[], Any]) -> set[str]:
    """Return the modules of the package that this thread enters, as paths below it."""
    files: set[str] = set()

    def look(frame: FrameType, event: str, argument: object) -> None:
        if event == 'call':
            files.add(frame.f_code.co_filename)

    before = sys.getprofile()
    sys.setprofile(look)
    try:
        action()
    finally:
        sys.setprofile(before)
    return {name.removeprefix(PACKAGE) for name in files if name.startswith(PACKAGE)}


# A figure that grows is said in ARCHITECTURE.md and docs/benchmarks.md as well.
@pytest.mark.parametrize(
    ('text', 'most'),
    [
        ('the lamp next to the sofa upstairs this morning', 78),
        ('the sink in the kitchen', 70),
        ('the red sofa', 67),
        ('where can I wash my hands?', 70),
        ('how many chairs are there?', 71),
    ],
)
def test_a_question_enters_few_modules(home: Memory, text: str, most: int) -> None:
    modules = entered(lambda: home.retrieve(text, here=(1.0, 1.0, 0.0)))
    assert '/core/retrieval/pipeline.py' in modules
    assert len(modules) <= most, sorted(modules)


def test_only_conditions_that_may_be_said_are_entered(home: Memory) -> None:
    modules = entered(lambda: home.retrieve('the desk in the office', here=(1.0, 1.0, 0.0)))
    asked = {name.rpartition('/')[2] for name in modules if '/core/constraints/' in name}
    assert 'area.py' in asked
    assert asked.isdisjoint({'time.py', 'floor.py', 'order.py', 'beside.py', 'count.py'})


def test_a_question_that_comes_again_is_not_read_again(home: Memory) -> None:
    modules = entered(lambda: home.retrieve('the stove', here=(1.0, 1.0, 0.0)))
    assert '/core/language/parser.py' not in modules
    assert len(modules) <= 49, sorted(modules)
