"""Four rooms in which every question has one right answer."""

from __future__ import annotations

from fakes import seen

from memory_bench.datasets.types import DataSet, Question

OBSERVATIONS = (
    seen('kitchen', (0.0, 0.0, 0.0), 'a stove, a sink and a fridge', stamp=1.0),
    seen('living', (10.0, 0.0, 0.0), 'a sofa facing a television', stamp=2.0),
    seen('bedroom', (20.0, 0.0, 0.0), 'a double bed and a wardrobe', stamp=3.0),
    seen('bathroom', (30.0, 0.0, 0.0), 'a bathtub and a striped towel', stamp=4.0),
)
QUESTIONS = (
    Question(
        id='q1', text='the sofa', kind='explicit', goals=((10.0, 1.0, 0.0),), nodes=('living',)
    ),
    Question(id='q2', text='striped towel', kind='explicit', goals=((30.0, 0.0, 0.0),)),
    Question(id='q3', text='the submarine', kind='explicit (absent)', answerable=False),
    Question(id='q4', text='a wardrobe', kind='implicit', goals=((20.0, 0.0, 0.0),)),
)


def rooms(name: str = 'rooms') -> DataSet:
    return DataSet(name=name, kind='building', observations=OBSERVATIONS, questions=QUESTIONS)
