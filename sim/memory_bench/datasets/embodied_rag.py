"""
The graphs of the Embodied-RAG authors as data sets.

A street graph of captions becomes known-item search: a paraphrased caption must find its place
within 50 m, among all other leaves. A building graph comes with typed questions and no answers;
for an ``explicit`` one the right objects are told from their names, the others are asked without
judging what is answered.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
import random
import re

import snowballstemmer

from memory_bench.datasets.absent import absent_kind, TEMPLATES
from memory_bench.datasets.paraphrase import paraphrase
from memory_bench.datasets.types import DataSet, Loaded, LoadOptions, Question
from memory_bench.errors import EvaluationError
from memory_node.core.data import Observation, Vector3
from memory_node.core.errors import MemoryNodeError
from memory_node.core.language.text import clean_label
from memory_node.core.ports import Encoder
from memory_node.interchange.gml import read_gml
from memory_node.interchange.jsonl import read_jsonl, Rejected

__all__ = [
    'EXPECTS',
    'known_item_data_set',
    'named_objects',
    'typed_query_data_set',
    'load',
    'reads',
]

#: What is looked for.
EXPECTS = 'a .gml'

STREET_RADIUS_M = 50.0
#: An object is seen from poses this close in the authors' building graphs.
BUILDING_RADIUS_M = 5.0
# fmt: off
#: Things a street may have; those that some caption names are there, those that none does are not.
_STREET_THINGS = (
    'fire hydrant', 'statue', 'mailbox', 'playground', 'construction crane', 'bus stop', 'mural',
    'footbridge', 'parking garage', 'clock tower', 'flagpole', 'church', 'restaurant',
    'tennis court', 'football stadium', 'sculpture', 'dumpster', 'picnic table', 'bike rack',
    'traffic light', 'cannon', 'greenhouse', 'water tower', 'bookstore', 'billboard', 'tunnel',
    'railway bridge', 'running track', 'school bus', 'soccer field', 'crosswalk', 'food truck',
    'amphitheater', 'gazebo', 'pergola', 'fountain', 'skylight', 'vending machine', 'escalator',
    'bleachers', 'lighthouse', 'camel', 'ferris wheel', 'windmill', 'igloo', 'harbor',
    'palm beach', 'volcano', 'roller coaster', 'giraffe', 'submarine', 'waterfall', 'gondola',
    'sailboat', 'temple gate', 'hot air balloon', 'carousel', 'pagoda', 'sand dune', 'vineyard',
    'elephant', 'ski lift', 'aquarium', 'oil rig', 'swimming pool', 'bowling alley', 'blacksmith',
    'observatory dome', 'petting zoo', 'drawbridge', 'quarry', 'cactus', 'tractor', 'hay bale',
    'barn', 'scarecrow', 'airplane', 'helicopter pad', 'rocket', 'castle moat', 'totem pole',
    'minaret', 'canoe',
)
# fmt: on
_WORD = re.compile(r'[a-z]+')


def _observations(path: Path) -> tuple[Observation, ...]:
    refused: list[Rejected] = []
    try:
        found = tuple(read_gml(path, refused))
    except MemoryNodeError as error:
        raise EvaluationError(str(error)) from error
    if not found:
        why = f': {refused[0].reason}' if refused else ''
        raise EvaluationError(f'{path} holds no observation{why}')
    return found


def _stems(text: str) -> tuple[str, ...]:
    return tuple(snowballstemmer.stemmer('english').stemWords(_WORD.findall(text.casefold())))


# ---- streets ---------------------------------------------------------------------------------


def known_item_data_set(
    path: Path, *, count: int = 300, absent: int = 0, seed: int = 0
) -> DataSet:
    """
    Ask for ``count`` leaves by their paraphrased captions, and for things there and not.

    Raises ``EvaluationError`` if the graph can't be read or has no captions.
    """
    observations = _observations(path)
    draw = random.Random(f'{seed} known items')
    able = [o for o in observations if len(o.caption.split()) >= 8]
    if not able:
        raise EvaluationError(f'{path} has no captions to ask for; give --questions')
    questions = []
    for observation in draw.sample(able, min(count, len(able))):
        text = paraphrase(observation.caption, f'{seed} {observation.id}')
        if text:
            questions.append(
                Question(
                    id=f'item {observation.id}',
                    text=text,
                    kind='known item',
                    goals=(observation.pose.position,),
                    radius_m=STREET_RADIUS_M,
                    nodes=(observation.id,),
                )
            )
    questions += _street_things(observations, absent, seed)
    return DataSet(
        name=path.stem, kind='street', observations=observations, questions=tuple(questions)
    )


def _street_things(
    observations: Sequence[Observation], count: int, seed: int
) -> Iterable[Question]:
    """Return up to ``count`` questions for things there, and as many for things not there."""
    draw = random.Random(f'{seed} street things')
    texts = [f' {" ".join(_stems(o.caption))} ' for o in observations]
    words = frozenset(w for t in texts for w in t.split())
    there: dict[str, tuple[Observation, ...]] = {}
    away = []
    for thing in _STREET_THINGS:
        stems = _stems(thing)
        holders = [f' {" ".join(stems)} ' in text for text in texts]
        if any(holders):
            there[thing] = tuple(o for o, has in zip(observations, holders, strict=True) if has)
        elif not words & set(stems):
            away.append(thing)
    count = min(count, len(there), len(away))
    for present, missing in zip(
        draw.sample(sorted(there), count), draw.sample(sorted(away), count), strict=True
    ):
        form = draw.choice(TEMPLATES)
        seen = there[present]
        yield Question(
            id=f'thing {present}',
            text=form.format(present),
            kind='thing',
            goals=tuple(o.pose.position for o in seen),
            radius_m=STREET_RADIUS_M,
            nodes=tuple(o.id for o in seen),
        )
        yield Question(
            id=f'thing {missing}',
            text=form.format(missing),
            kind=absent_kind('thing'),
            answerable=False,
        )


# ---- buildings -------------------------------------------------------------------------------

_TARGET = re.compile(
    r'\b(?:where (?:is|are|can i find)|locate|show me(?: where| how to get to| the location of)?'
    r'|point me to|sit on|sit near)\s+(?:the |a |an |some |nearest )*(?P<what>.+?)'
    r'(?=\s+(?:in|within|is|are|to|for|at|of|here|from|located)\b|[?.,]|$)',
    re.IGNORECASE,
)
_MOST_JOINED = 3
_OPENERS = frozenset({'the', 'a', 'an', 'nearest', 'some', 'located', 'where', 'is', 'are'})


def named_objects(text: str, names: Sequence[str]) -> tuple[str, ...]:
    """
    Return which object names a question asks for, none where that can't be told.

    The head noun of what is asked for must be in the name; of those that have it, the names that
    share most with the question's phrase are meant. Names are often written in one word
    ("roundmetaltable"), so up to three words in a row count as one too.
    """
    asked = _TARGET.search(clean_label(text))
    if asked is None or ' and ' in asked['what']:
        return ()
    phrase = [w for w in _WORD.findall(asked['what'].casefold()) if w not in _OPENERS]
    if not phrase:
        return ()
    spoken = _runs(phrase)
    heads = _runs(phrase[-_MOST_JOINED:], only_last=True)
    shared = {}
    for name in names:
        own = _runs(_WORD.findall(name.casefold()))
        if own.keys() & heads.keys():
            shared[name] = sum(max(own[w], spoken[w]) for w in own.keys() & spoken.keys())
    most = max(shared.values(), default=0)
    return tuple(name for name, worth in shared.items() if worth == most)


def _runs(words: Sequence[str], *, only_last: bool = False) -> dict[str, int]:
    """Return stems of words and of runs written as one, with how many words each run has."""
    runs = {
        ''.join(words[at : at + n]): n
        for n in range(1, _MOST_JOINED + 1)
        for at in range(len(words) - n + 1)
        if not only_last or at + n == len(words)
    }
    return dict(zip(_stems(' '.join(runs)), runs.values(), strict=True))


def _typed_query(item: object) -> tuple[str, str]:
    if not isinstance(item, dict):
        raise EvaluationError(f'a line must hold an object, got {item!r:.80}')
    text, kind = item.get('query', item.get('text')), item.get('type', item.get('kind'))
    if not isinstance(text, str) or not text.strip() or not isinstance(kind, str) or not kind:
        raise EvaluationError('a typed query needs the texts "query" and "type"')
    return text, kind


def typed_query_data_set(graph: Path, questions: Path) -> DataSet:
    """
    Join a building graph with its typed queries; a text asked several times is asked once.

    An ``explicit`` question whose objects can be told has them as goals; every other question has
    no goal, and counts towards latency and the share answered only.
    Raises ``EvaluationError`` if either file can't be read.
    """
    observations = _observations(graph)
    spots: dict[str, set[Vector3]] = {}
    seen: dict[str, set[str]] = {}
    for observation in observations:
        for sighting in observation.sightings:
            if sighting.position is not None:
                spots.setdefault(sighting.label, set()).add(sighting.position)
                seen.setdefault(sighting.label, set()).add(observation.id)
    refused: list[Rejected] = []
    try:
        asked = dict.fromkeys(read_jsonl(questions, _typed_query, refused))
    except MemoryNodeError as error:
        raise EvaluationError(str(error)) from error
    if refused:
        raise EvaluationError(f'{questions}:{refused[0].line}: {refused[0].reason}')
    found = []
    for number, (text, kind) in enumerate(asked):
        meant = named_objects(text, sorted(spots)) if kind == 'explicit' else ()
        found.append(
            Question(
                id=f'{kind} {number}',
                text=text,
                kind=kind,
                goals=tuple(sorted(p for name in meant for p in spots[name])),
                radius_m=BUILDING_RADIUS_M,
                nodes=tuple(sorted({i for name in meant for i in seen[name]})),
            )
        )
    if not found:
        raise EvaluationError(f'{questions} is empty')
    return DataSet(
        name=graph.stem, kind='building', observations=observations, questions=tuple(found)
    )


def reads(path: Path) -> bool:
    """Whether this is a graph."""
    return path.is_file() and path.suffix.lower() == '.gml'


def load(path: Path, encoder: Encoder, options: LoadOptions) -> Loaded:
    """Read typed queries if they are given, and make known-item questions if not."""
    del encoder
    if options.questions is not None:
        found = typed_query_data_set(path, options.questions)
        judged = sum(bool(q.goals) for q in found.questions)
        return [found], [
            f'data: {path.name} with {options.questions.name}; {judged} explicit questions have'
            ' goals told from object names (within 5 m), the others are asked without judging'
        ]
    found = known_item_data_set(
        path, count=options.items, absent=options.absent, seed=options.seed
    )
    others = len(found.observations) - 1
    return [found], [
        f'data: {path.name}; a paraphrased caption must find its place within 50 m among'
        f' {others} others; seed {options.seed}'
    ]
