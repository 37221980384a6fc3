"""Data sets come from folders, pairs and graphs; what is broken is named."""

from __future__ import annotations

from dataclasses import replace
import json

from evaluation.rooms import OBSERVATIONS, rooms
from fakes import BagOfWordsEncoder, seen
import pytest

from memory_bench.datasets.absent import swapped_questions, thing_questions, things
from memory_bench.datasets.embodied_rag import (
    known_item_data_set,
    named_objects,
    typed_query_data_set,
)
from memory_bench.datasets.folders import read_data_set, write_data_set
from memory_bench.datasets.load import limited, load_data_sets
from memory_bench.datasets.paraphrase import paraphrase
from memory_bench.datasets.reverie import building_data_sets
from memory_bench.datasets.types import DataSet, LoadOptions, Question
from memory_bench.errors import EvaluationError
from memory_node.core.retrieval.instruction.words import stem, tokenize

CAPTION = (
    'Winter Forest Parking. The scene depicts a quiet, wooded area with a road running through'
    ' it. On the left side, a row of parked cars lines the street, bordered by a sidewalk. A sign'
    ' on the right reads "Ridgewood Trail" near Schenley Park. There are no visible signs.'
)


# ---- folders ---------------------------------------------------------------------------------


def test_a_data_set_written_is_read_back(tmp_path):
    full = Question(
        id='q9',
        text='how many lamps?',
        kind='global',
        goals=((1.0, 2.0, 3.0), (4.0, 5.0, 6.0)),
        radius_m=1.5,
        nodes=('kitchen',),
        facts=('two lamps',),
        near=(0.0, 1.0, 0.0),
        now_ns=5_000_000_000,
    )
    data = replace(rooms(), questions=(*rooms().questions, full))
    write_data_set(data, tmp_path / 'rooms')
    back = read_data_set(tmp_path / 'rooms')
    assert (back.name, back.kind) == (data.name, data.kind)
    assert back.questions == data.questions
    assert [o.id for o in back.observations] == [o.id for o in data.observations]
    assert back.observations[0].pose == data.observations[0].pose
    assert back.observations[0].stamp_ns == data.observations[0].stamp_ns


@pytest.mark.parametrize(
    ('line', 'says'),
    [
        ('not json', 'not JSON'),
        ('{"id": "a", "kind": "x"}', 'text'),
        ('{"id": "a", "text": "t", "kind": "x", "goals": [[0, 1]]}', 'goals'),
        ('{"id": "a", "text": "t", "kind": "x", "goals": [[0, 1, NaN]]}', 'goals'),
        ('{"id": "a", "text": "t", "kind": "x", "radius_m": -1}', 'radius_m'),
        ('{"id": "a", "text": "t", "kind": "x", "answerable": 1}', 'answerable'),
        ('{"id": "a", "text": "t", "kind": "x", "near": "here"}', 'near'),
        ('{"id": "q1", "text": "t", "kind": "x"}', 'twice'),
        ('[]', 'object'),
    ],
)
def test_a_broken_question_is_named_by_file_and_line(line, says, tmp_path):
    write_data_set(rooms(), tmp_path)
    with (tmp_path / 'questions.jsonl').open('a') as file:
        file.write(line + '\n')
    with pytest.raises(EvaluationError, match=says) as caught:
        read_data_set(tmp_path)
    assert 'questions.jsonl' in str(caught.value)


def test_missing_and_empty_files_are_named(tmp_path):
    with pytest.raises(EvaluationError, match=r'observations\.jsonl'):
        read_data_set(tmp_path)
    write_data_set(replace(rooms(), questions=()), tmp_path)
    with pytest.raises(EvaluationError, match=r'questions\.jsonl is empty'):
        read_data_set(tmp_path)
    (tmp_path / 'dataset.json').write_text('{"name": 3}')
    with pytest.raises(EvaluationError, match='name'):
        read_data_set(tmp_path)


def test_a_folder_of_data_sets_is_read_in_order(tmp_path):
    for name in ('b', 'a'):
        write_data_set(rooms(name), tmp_path / name)
    found, notes = load_data_sets(tmp_path, BagOfWordsEncoder(), LoadOptions())
    assert [d.name for d in found] == ['a', 'b']
    assert '2 sets' in notes[0]


def test_what_holds_no_data_is_refused(tmp_path):
    for path in (tmp_path, tmp_path / 'none'):
        with pytest.raises(EvaluationError, match=path.name):
            load_data_sets(path, BagOfWordsEncoder(), LoadOptions())


def test_a_limit_keeps_some_of_every_kind():
    (data,) = limited([rooms()], 1, seed=0)
    assert [q.kind for q in data.questions] == ['explicit', 'explicit (absent)', 'implicit']
    assert limited([rooms()], 1, seed=0) == [data]


# ---- pairs -----------------------------------------------------------------------------------


def _pairs(folder, name, labels, text):
    row = {'id': f'{name}1', 'stamp': 1.0, 'position': [0, 0, 0], 'caption': ', '.join(labels)}
    row['objects'] = [{'label': label} for label in labels]
    (folder / f'{name}.observations.jsonl').write_text(json.dumps(row) + '\n')
    query = {'id': 'q', 'text': text, 'goal': [0, 0, 0], 'goal_ids': [f'{name}1']}
    (folder / f'{name}.train.queries.jsonl').write_text(json.dumps(query) + '\n')


def test_pairs_become_questions_with_goals_and_twins_without(tmp_path):
    _pairs(tmp_path, 'home', ['sofa', 'lamp'], 'Go to the room and dust the LAMP')
    _pairs(tmp_path, 'office', ['printer', 'desk#lamp'], 'switch the printer on')
    _pairs(tmp_path, 'shop', ['printer', 'counter'], 'go to the counter')
    encoder = BagOfWordsEncoder()
    found = building_data_sets(tmp_path, encoder, split='all', absent=1)
    assert [d.name for d in found] == ['home', 'office', 'shop']
    home = found[0]
    asked = home.questions[0]
    assert (asked.kind, asked.goals, asked.nodes) == (
        'instruction',
        ((0.0, 0.0, 0.0),),
        ('home1',),
    )
    absent = [q for q in home.questions if not q.answerable]
    assert {q.kind for q in absent} == {'thing (absent)', 'instruction (absent)'}
    # Only the printer is in two other buildings, and it shares no word with what is here.
    assert all('printer' in q.text for q in absent)
    assert 'Go to the room and dust the printer' in [q.text for q in absent]
    again = building_data_sets(tmp_path, encoder, split='all', absent=1)
    assert [q.text for q in again[0].questions] == [q.text for q in home.questions]


def test_parts_of_the_buildings_that_do_not_exist_are_refused(tmp_path):
    _pairs(tmp_path, 'home', ['sofa'], 'the sofa')
    encoder = BagOfWordsEncoder()
    with pytest.raises(EvaluationError, match='folds'):
        building_data_sets(tmp_path, encoder, split='folds')
    with pytest.raises(EvaluationError, match='split'):
        building_data_sets(tmp_path, encoder, split='test')
    assert len(building_data_sets(tmp_path, encoder, split='aside')) == 1


def test_what_counts_as_absent_shares_no_word_with_the_place():
    def place(name, *labels):
        shown = seen(name, caption='', objects=dict.fromkeys(labels))
        return DataSet(name=name, kind='building', observations=(shown,), questions=())

    sets = [
        place('a', 'ceiling fan', 'bed'),
        place('b', 'table fan', 'piano'),
        place('c', 'table fan', 'piano'),
    ]
    held = things(sets, BagOfWordsEncoder())
    assert held['a'].absent == ('piano',)  # a fan is there
    for question in thing_questions(sets[0], held['a'], 1, seed=0):
        stems = {stem(w) for w in tokenize(question.text)}
        assert ('piano' in stems) is not question.answerable
    assert swapped_questions(sets[0], held['a'], 3, seed=0) == ()  # nothing to swap


# ---- graphs ----------------------------------------------------------------------------------


def test_a_paraphrase_is_repeatable_and_says_no_names():
    texts = {paraphrase(CAPTION, seed) for seed in range(40)}
    assert len(texts) > 30
    assert paraphrase(CAPTION, 3) == paraphrase(CAPTION, 3)
    for text in texts:
        assert text not in CAPTION
        for name in ('Ridgewood', 'Schenley', 'Winter Forest', '"', 'no visible signs'):
            assert name not in text
    assert paraphrase('', 0) == ''


@pytest.mark.parametrize(
    ('text', 'names'),
    [
        ('Where is the recliner sofa located?', ('sofa recliner',)),
        ('Where can I find the napkin holders in the cafeteria?', ('cafeteria napkinholder',)),
        ('Can you show me the location of the recycle bin?', ('recycle bin',)),
        ('Where are the recycling bins in the workspace?', ('recycle bin',)),
        ('Where can I find a sofa?', ('sofa recliner', 'sofa small')),
        ('Where can I find the TV and the sofa?', ()),
        ('Where is the reception desk?', ()),
        ('How does the space encourage work?', ()),
        ('', ()),
    ],
)
def test_objects_are_told_from_their_names(text, names):
    known = ('sofa recliner', 'sofa small', 'cafeteria napkinholder', 'recycle bin', 'busing bin')
    assert named_objects(text, known) == names


BUILDING = """graph [
  detection_radius 5
  node [ id 0 label "drone_0" type "drone" position [ x 0.0 y 0.0 z 1.0 ] ]
  node [ id 1 label "SM_RoundTable_17" type "object" position [ x 3.0 y 0.0 z 1.0 ] ]
]
"""


def test_typed_queries_are_judged_where_objects_can_be_told(tmp_path):
    graph, queries = tmp_path / 'b.gml', tmp_path / 'q.jsonl'
    graph.write_text(BUILDING)
    rows = [
        {'query': 'Where is the round table?', 'type': 'explicit'},
        {'query': 'Where is the round table?', 'type': 'explicit'},
        {'query': 'What is it like here?', 'type': 'global'},
    ]
    queries.write_text('\n'.join(map(json.dumps, rows)))
    data = typed_query_data_set(graph, queries)
    table, free = data.questions
    assert (table.goals, table.nodes, table.radius_m) == (((3.0, 0.0, 1.0),), ('drone_0',), 5.0)
    assert free.goals == ()
    queries.write_text('{"query": 3}')
    with pytest.raises(EvaluationError, match=r'q\.jsonl:1'):
        typed_query_data_set(graph, queries)
    graph.write_text('no graph')
    with pytest.raises(EvaluationError, match='GML'):
        typed_query_data_set(graph, queries)


def test_known_items_are_asked_for_within_fifty_metres(tmp_path):
    nodes = '\n'.join(
        f'node [ id {i} label "{i}" name "Spot" caption "{CAPTION.replace(chr(34), "")}"'
        f' position [ x -79.94{i} y 40.43 z 0.0 ] ]'
        for i in range(4)
    )
    path = tmp_path / 'street.gml'
    path.write_text(f'graph [\n{nodes}\n]\n')
    data = known_item_data_set(path, count=3, absent=2, seed=1)
    assert data.kind == 'street'
    items = [q for q in data.questions if q.kind == 'known item']
    assert len(items) == 3
    assert all(q.radius_m == 50.0 and len(q.goals) == 1 for q in items)
    assert known_item_data_set(path, count=3, absent=2, seed=1).questions == data.questions
    path.write_text(BUILDING)
    with pytest.raises(EvaluationError, match='no captions'):
        known_item_data_set(path)


def test_the_rooms_have_what_their_questions_ask_for():
    ids = {o.id for o in OBSERVATIONS}
    assert all(set(q.nodes) <= ids for q in rooms().questions)
