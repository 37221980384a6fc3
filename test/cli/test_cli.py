"""The command line as a person and as a program use it, on real files with the real encoder."""

from __future__ import annotations

import json
import re
import subprocess
import sys

from data import require_case, require_data
import networkx as nx
import pytest

from memory_node.cli.main import main

ROOMS = [
    ('k', (0.0, 0.0), 'a kitchen with a stove, a sink and a fridge', ['stove', 'sink', 'fridge']),
    ('l', (6.0, 0.0), 'a living room with a sofa facing a television', ['sofa', 'television']),
    ('b', (12.0, 0.0), 'a bedroom with a double bed and a wardrobe', ['bed', 'wardrobe']),
]


@pytest.fixture(scope='module')
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp('cli')
    lines = []
    for i, (name, (x, y), caption, labels) in enumerate(ROOMS):
        objects = [{'label': label, 'position': [x + 1.0, y, 0.8]} for label in labels]
        neighbors = [ROOMS[j][0] for j in (i - 1, i + 1) if 0 <= j < len(ROOMS)]
        lines.append(
            {
                'id': name,
                'stamp': 100.0 * i,
                'position': [x, y, 0.0],
                'caption': caption,
                'objects': objects,
                'neighbors': neighbors,
            }
        )
    source = folder / 'rooms.jsonl'
    source.write_text('\n'.join(map(json.dumps, lines)) + '\nnot json\n')
    return folder, source


@pytest.fixture(scope='module')
def store(files):
    folder, source = files
    path = folder / 'memory.sqlite'
    assert main(['import', str(source), '--store', str(path)]) == 1  # one line was refused
    return path


def _run(capsys, *args):
    code = main([str(a) for a in args])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_importing_again_adds_nothing_and_names_the_bad_line(files, store, capsys):
    code, out, err = _run(capsys, 'import', files[1], '--store', store, '--json')
    assert code == 1
    report = json.loads(out)
    assert {k: report[k] for k in ('added', 'known', 'refused')} == {
        'added': 0,
        'known': 3,
        'refused': 1,
    }
    assert 'rooms.jsonl:4' in err


def test_a_question_is_answered_in_json_with_everything_promised(store, capsys):
    code, out, _ = _run(capsys, 'query', 'where is the sofa?', '--store', store, '--json')
    assert code == 0
    answer = json.loads(out)
    assert answer['found'] is True
    assert answer['latency_ms'] > 0
    best = answer['places'][0]
    assert best['label'] == 'sofa'
    assert best['observation_id'] == 'l'
    assert best['position'] == [6.0, 0.0, 0.0]
    assert best['target_position'] == pytest.approx([7.0, 0.0, 0.8])
    assert 0.0 <= best['confidence'] <= 1.0


def test_places_come_best_first_and_no_more_than_wanted(store, capsys):
    asked = ('query', 'where can I sit?', '--store', store, '--json')
    first, second = json.loads(_run(capsys, *asked, '-k', 2)[1])['places']
    assert first['label'] == 'sofa'
    assert first['score'] >= second['score']
    assert [p['label'] for p in json.loads(_run(capsys, *asked, '-k', 1)[1])['places']] == ['sofa']


def test_a_person_reads_the_answer_in_a_table(store, capsys):
    code, out, _ = _run(capsys, 'query', 'where can I sleep?', '--store', store)
    assert code == 0
    assert 'where can I sleep?' in out
    assert '12.00, 0.00, 0.00' in out


@pytest.mark.parametrize(
    ('filters', 'seen_from'),
    [
        ((), ['b']),
        (('--near', '12,0', '--radius', '2'), ['b']),
        (('--near', '0,0', '--radius', '2'), []),
        (('--since', '150'), ['b']),
        (('--until', '150'), []),
        (('--map-id', 'map'), ['b']),
    ],
)
def test_filters_of_the_command_line_cut(store, capsys, filters, seen_from):
    code, out, _ = _run(capsys, 'query', 'a bed', '--store', store, '--json', *filters)
    answer = json.loads(out)
    assert (code, answer['found']) == (0, bool(seen_from))
    assert [p['observation_id'] for p in answer['places']] == seen_from
    assert bool(answer['message']) != answer['found']


def test_a_batch_answers_line_by_line_and_survives_bad_ones(files, store, capsys):
    batch = files[0] / 'queries.jsonl'
    queries = [
        {'id': 'q1', 'text': 'the stove'},
        {'id': 'q2', 'text': ''},
        {'id': 'q3', 'text': 'the bed', 'k': 10**6},
        {'id': 'q4', 'text': '") OR 1=1; DROP TABLE observations; --'},
        {'id': 'q5', 'text': 'the bed', 'map_id': 'nowhere'},
        {'id': 'q6', 'text': 'the bed', 'near': 'here'},
        {'id': 'q7', 'text': 'the bed'},
    ]
    batch.write_text('\n'.join(map(json.dumps, queries)))
    code, out, err = _run(capsys, 'query', '--batch', batch, '--store', store)
    rows = {row['id']: row for row in map(json.loads, out.splitlines())}
    assert code == 1
    assert [rows[f'q{i}']['status'] for i in range(1, 8)] == [
        'OK',
        'INVALID_QUERY',
        'INVALID_QUERY',
        'OK',
        'UNKNOWN_MAP',
        'INVALID_QUERY',
        'OK',
    ]
    assert rows['q7']['places'][0]['observation_id'] == 'b'
    assert '7 asked' in err


@pytest.mark.parametrize(
    ('arguments', 'error'),
    [
        (['query', 'x', '--store', '/nowhere/memory.sqlite'], 'STORE_ACCESS'),
        (['import', '/nowhere/o.jsonl'], 'STORE_ACCESS'),
        (['import', '/nowhere/o.txt'], 'STORE_ACCESS'),
        (['query', '   '], 'INVALID_QUERY'),
        (['query'], 'INVALID_QUERY'),
        (['query', 'x', '--radius', '3'], 'INVALID_QUERY'),
        (['objects', '--near', '1,2'], 'INVALID_QUERY'),
        (['objects', '--radius', '2'], 'INVALID_QUERY'),
        (['objects', '--near', '1,2', '--radius', '-1'], 'INVALID_QUERY'),
        (['objects', '--map-id', 'moon'], 'UNKNOWN_MAP'),
        (['export', '/nowhere/folder/x.json'], 'STORE_ACCESS'),
        (['export', 'x.txt'], 'STORE_ACCESS'),
    ],
)
def test_failures_are_one_line_and_a_code(store, capsys, arguments, error):
    if '--store' not in arguments:
        arguments = [*arguments, '--store', str(store)]
    code, out, err = _run(capsys, *arguments)
    assert code == 1
    assert not out
    assert error in err


def test_statistics_count_what_was_imported(store, capsys):
    _, out, _ = _run(capsys, 'stats', '--store', store, '--json')
    counts = json.loads(out)
    assert (counts['observations'], counts['maps'], counts['sightings']) == (3, 1, 7)
    _, out, _ = _run(capsys, 'stats', '--store', store)
    assert 'observations' in out


def test_an_export_imports_again_the_same(files, store, capsys):
    folder = files[0]
    assert _run(capsys, 'export', folder / 'again.jsonl', '--store', store)[0] == 0
    again = folder / 'again.sqlite'
    assert _run(capsys, 'import', folder / 'again.jsonl', '--store', again)[0] == 0
    assert _run(capsys, 'export', folder / 'twice.jsonl', '--store', again)[0] == 0
    assert (folder / 'again.jsonl').read_text() == (folder / 'twice.jsonl').read_text()


def test_graphml_is_the_topological_map(files, store, capsys):
    path = files[0] / 'map.graphml'
    assert _run(capsys, 'export', path, '--store', store)[0] == 0
    graph = nx.read_graphml(path)
    assert {frozenset(edge) for edge in graph.edges} == {frozenset('kl'), frozenset('lb')}
    assert graph.edges['k', 'l']['length'] == pytest.approx(6.0)
    assert graph.nodes['k']['caption'].startswith('a kitchen')


def test_json_lists_objects_with_places(files, store, capsys):
    path = files[0] / 'rooms.json'
    assert _run(capsys, 'export', path, '--store', store)[0] == 0
    document = json.loads(path.read_text())
    sofa = next(o for o in document['objects'] if o['label'] == 'sofa')
    assert sofa['position'] == pytest.approx([7.0, 0.0, 0.8])
    assert sofa['seen_from'] == ['l']


def test_the_command_runs_as_a_process_of_its_own(store):
    done = subprocess.run(
        [
            sys.executable,
            '-m',
            'memory_node.cli.main',
            'query',
            'the stove',
            '--json',
            '--store',
            store,
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert json.loads(done.stdout)['places'][0]['observation_id'] == 'k'


def test_a_recording_of_a_real_kitchen_answers(tmp_path, capsys):
    bag = require_data('kitchen_rgbd') / 'kitchen' / 'kitchen.mcap'
    model = require_data('yolox_nano')
    store = tmp_path / 'kitchen.sqlite'
    code, out, _ = _run(
        capsys,
        *('import', bag, '--store', store, '--json', '--map-id', 'kitchen'),
        *('--detector', model / 'yolox_nano.onnx', '--classes', model / 'coco_classes.txt'),
    )
    assert code == 0
    assert json.loads(out)['added'] >= 10
    for question, labels in (
        ('where is the table?', {'dining table'}),
        ('where can I sit?', {'chair', 'couch', 'bench'}),
    ):
        _, out, _ = _run(capsys, 'query', question, '--store', store, '--json')
        answer = json.loads(out)
        assert answer['found'], answer['message']
        assert answer['places'][0]['label'] in labels
        assert answer['places'][0]['target_position'] is not None


def test_a_question_is_answered_in_a_sentence(store, capsys):
    code, out, _ = _run(capsys, 'ask', 'where is the wardrobe?', '--store', store)
    assert code == 0
    assert out.startswith('The wardrobe is at (13.0, 0.0, 0.8)')
    _, out, _ = _run(capsys, 'ask', 'where is the wardrobe?', '--store', store, '--json')
    answer = json.loads(out)
    assert answer['known']
    assert answer['citations'][0]['observation_id'] == 'b'


def test_a_question_for_a_number_gets_one(store, capsys):
    for question, count in (
        ('how many beds are there?', 1),
        ('how many submarines are there?', 0),
        ('where is the bed?', None),
    ):
        _, out, _ = _run(capsys, 'ask', question, '--store', store, '--json')
        assert json.loads(out)['count'] == count, question


def _listed(capsys, store, *args):
    code, out, err = _run(capsys, 'objects', '--store', store, '--json', *args)
    assert code == 0
    return [json.loads(line) for line in out.splitlines()], err


def test_every_object_is_listed_with_everything_promised(store, capsys):
    things, err = _listed(capsys, store)
    assert sorted(t['label'] for t in things) == sorted(sum((r[3] for r in ROOMS), []))
    assert 'objects 1 to 7 of 7' in err
    (bed,) = (t for t in things if t['label'] == 'bed')
    assert bed.pop('id') not in {t['id'] for t in things if t is not bed}
    assert 0.5 < bed.pop('existence') <= 1.0
    assert bed == {
        'label': 'bed',
        'names': {'bed': 0.6667, 'double bed': 0.3333},  # as the caption calls it
        'map_id': 'map',
        'position': [13.0, 0.0, 0.8],
        'extent': None,
        'views': 1,
        'first_seen': 200.0,
        'last_seen': 200.0,
        'room': 'bedroom',
        'observation_id': 'b',
    }


def test_objects_are_listed_by_name_room_and_distance(store, capsys):
    kitchen = {'stove', 'sink', 'fridge'}
    for args, labels in (
        (['sofas'], {'sofa'}),
        (['submarine'], set()),
        (['--area', 'kitchen'], kitchen),
        (['sink', '--area', 'the bedroom'], set()),
        (['--near', '1,0,0.8', '--radius', '1'], kitchen),
        (['--map-id', 'map', 'the bed'], {'bed'}),
    ):
        things, _ = _listed(capsys, store, *args)
        assert {t['label'] for t in things} == labels, args


def test_objects_come_page_by_page(store, capsys):
    pages = [_listed(capsys, store, '--limit', 3, '--offset', offset) for offset in (0, 3, 6, 9)]
    assert [len(things) for things, _ in pages] == [3, 3, 1, 0]
    assert len({t['id'] for things, _ in pages for t in things}) == 7
    assert [err.strip() for _, err in pages] == [
        'objects 1 to 3 of 7',
        'objects 4 to 6 of 7',
        'objects 7 to 7 of 7',
        'objects none of 7',
    ]
    with pytest.raises(SystemExit):
        main(['objects', '--store', str(store), '--limit', '-1'])


def test_a_person_reads_objects_in_a_table(store, capsys):
    code, out, err = _run(capsys, 'objects', '--store', store)
    assert code == 0
    assert all(word in out for word in ('television', 'bedroom', '13.00, 0.00, 0.80'))
    assert '7 of 7' in err


def test_an_unreachable_language_model_is_said_and_not_needed(store, capsys):
    url = 'http://127.0.0.1:9/v1'
    code, out, err = _run(
        capsys, 'ask', 'the bed', '--store', store, '--llm', 'any', '--llm-url', url
    )
    assert code == 0
    assert out.startswith('The bed is at')
    assert 'without the language model' in err


def test_everything_is_described(store, capsys):
    code, out, _ = _run(capsys, 'describe', '--store', store, '--json')
    told = json.loads(out)
    assert code == 0
    assert told['found']
    assert told['observations'] == 3


def test_find_tells_its_way_down(store, capsys):
    code, out, _ = _run(capsys, 'find', 'the wardrobe', '--store', store)
    assert code == 0
    assert 'level 1, by embeddings' in out
    code, out, _ = _run(capsys, 'find', 'the wardrobe', '--store', store, '--json')
    answer = json.loads(out)
    assert (code, answer['found']) == (0, True)
    assert answer['places'][0]['label'] == 'wardrobe'
    assert answer['levels'][-1]['level'] == 1


def test_where_and_when_is_asked_counts(store, capsys):
    asked = ['query', 'a sofa within 5 m', '--store', store, '--json']
    code, out, _ = _run(capsys, *asked, '--here', '8,0')
    near = json.loads(out)
    assert (code, near['found'], near['conditions']) == (0, True, ['within 5 m'])
    _, out, _ = _run(capsys, *asked, '--here', '50,0')
    far = json.loads(out)
    assert not far['found']
    assert far['places'][0]['unmet'] == ['within 5 m']
    _, out, _ = _run(capsys, 'ask', 'the sofa in the last minute', '--store', store, '--now', 110)
    assert 'sofa' in out
    _, out, _ = _run(capsys, 'ask', 'the sofa in the last minute', '--store', store, '--now', 900)
    assert "don't know" in out


def test_a_batch_of_questions_for_places_has_what_programs_read(files, store, capsys):
    batch = files[0] / 'places.jsonl'
    batch.write_text(json.dumps({'id': 'q', 'text': 'where is the sofa?'}) + '\n')
    code, out, _ = _run(capsys, 'query', '--batch', batch, '--store', store, '--json', '-k', 3)
    (answer,) = map(json.loads, out.splitlines())
    assert code == 0
    assert {'id', 'found', 'message', 'latency_ms', 'places'} <= answer.keys()
    place = answer['places'][0]
    assert place['observation_id'] == 'l'
    assert {
        *('position', 'yaw', 'target_position', 'label', 'evidence_ids'),
        *('confidence', 'why', 'unmet'),
    } <= place.keys()


def test_a_batch_of_questions_is_answered_line_by_line(files, store, capsys):
    batch = files[0] / 'questions.jsonl'
    questions = [
        {'id': 'a', 'text': 'where is the wardrobe?'},
        {'id': 'b', 'text': ''},
        {'id': 'c', 'text': 'is there a submarine?'},
        {'id': 'd', 'text': 'where is the bed?', 'map_id': 'nowhere'},
    ]
    batch.write_text('\n'.join(map(json.dumps, questions)))
    code, out, err = _run(capsys, 'ask', '--batch', batch, '--store', store, '--json')
    rows = {row['id']: row for row in map(json.loads, out.splitlines())}
    assert code == 1
    assert [rows[i]['status'] for i in 'abcd'] == ['OK', 'INVALID_QUERY', 'OK', 'UNKNOWN_MAP']
    assert rows['a']['known']
    assert '13.0' in rows['a']['text']
    assert rows['a']['citations'][0]['observation_id'] == 'b'
    assert not rows['c']['known']
    assert '4 asked' in err
    assert _run(capsys, 'ask', '--store', store)[0] == 1  # neither a text nor a batch


def _seen(name, caption, **more):
    return {'id': name, 'stamp': 5.0, 'position': [0, 0, 0], 'caption': caption, **more}


def _write(path, *items):
    path.write_text(''.join(json.dumps(item) + '\n' for item in items))
    return path


def test_ids_that_something_else_has_are_an_error_and_nothing_is_lost(tmp_path, capsys):
    store = ('--store', tmp_path / 'memory.sqlite')
    first = _write(tmp_path / 'first.jsonl', _seen('0', 'a stove'), _seen('1', 'a sink'))
    again = _write(tmp_path / 'again.jsonl', _seen('0', 'a printer'), _seen('9', 'a desk'))
    assert _run(capsys, 'import', first, *store)[0] == 0
    code, out, err = _run(capsys, 'import', again, *store, '--json')
    assert code == 1
    assert "'0'" in err
    assert '--prefix-ids' in err
    report = json.loads(out)
    assert (report['added'], report['conflicts']) == (0, ['0'])
    assert _run(capsys, 'import', first, *store)[0] == 0  # the same again is no conflict
    code, out, _ = _run(capsys, 'import', again, *store, '--prefix-ids', '--json')
    assert (code, json.loads(out)['added']) == (0, 2)
    exported = tmp_path / 'all.jsonl'
    _run(capsys, 'export', exported, *store)
    kept = {item['id']: item['caption'] for item in map(json.loads, exported.open())}
    assert kept == {'0': 'a stove', '1': 'a sink', 'again-0': 'a printer', 'again-9': 'a desk'}


def test_an_id_that_comes_twice_in_one_file_is_an_error(tmp_path, capsys):
    file = _write(tmp_path / 'twice.jsonl', _seen('a', 'a stove'), _seen('a', 'a sink'))
    code, _, err = _run(capsys, 'import', file, '--store', tmp_path / 'memory.sqlite')
    assert code == 1
    assert "'a'" in err


def test_the_shared_runs_that_count_from_zero_are_told_apart(tmp_path, capsys):
    runs = [require_case('runA.jsonl'), require_case('runB.jsonl')]
    store = ('--store', tmp_path / 'memory.sqlite')
    code, out, err = _run(capsys, 'import', *runs, *store, '--json')
    assert code == 1
    assert all(f"'{i}'" in err for i in range(3))
    assert [json.loads(line)['added'] for line in out.splitlines()] == [3, 0]
    code, out, _ = _run(capsys, 'import', *runs, *store, '--prefix-ids', '--json')
    assert code == 0
    assert [json.loads(line)['added'] for line in out.splitlines()] == [3, 3]


def test_a_graph_with_characters_that_xml_cannot_hold_reads_back(tmp_path, capsys):
    store = ('--store', tmp_path / 'memory.sqlite')
    file = _write(
        tmp_path / 'odd.jsonl',
        _seen('a<b>&"', 'x \ufffe y \x07 \x1b[31m z', objects=['sink\uffff']),
        _seen('c\x01d', 'a stove', map_id='hall\x02', neighbors=['a<b>&"']),
    )
    assert _run(capsys, 'import', file, *store)[0] == 0
    graph = tmp_path / 'odd.graphml'
    assert _run(capsys, 'export', graph, *store)[0] == 0
    nodes = nx.read_graphml(graph).nodes(data=True)
    assert {name: node['map_id'] for name, node in nodes} == {'a<b>&"': 'map', 'cd': 'hall'}


def test_the_shared_file_of_odd_characters_exports_as_a_graph(tmp_path, capsys):
    store = ('--store', tmp_path / 'memory.sqlite')
    assert _run(capsys, 'import', require_case('xml.jsonl'), *store)[0] == 0
    graph = tmp_path / 'odd.graphml'
    assert _run(capsys, 'export', graph, *store)[0] == 0
    assert nx.read_graphml(graph).number_of_nodes() == 3


def test_the_stages_of_an_answer_are_told(store, capsys):
    code, out, _ = _run(capsys, 'query', 'the sofa', '--store', store, '--trace', '--json')
    assert code == 0
    assert {'parse', 'relevance', 'places'} <= json.loads(out)['stages_ms'].keys()
    _, out, _ = _run(capsys, 'ask', 'where is the sofa?', '--store', store, '--trace')
    assert re.search(r'parse [\d.]+ ms, .*wording [\d.]+ ms', ' '.join(out.split()))
    _, out, _ = _run(capsys, 'ask', 'where is the sofa?', '--store', store, '--json')
    assert 'stages' not in out
    _, out, _ = _run(capsys, 'query', 'the sofa', '--store', store, '--json')
    assert 'stages' not in out


def test_an_import_without_people_can_be_repeated(tmp_path, capsys):
    source, store = tmp_path / 'seen.jsonl', tmp_path / 'm.sqlite'
    line = {'id': 'a', 'position': [0, 0], 'caption': 'A nurse waits. There is a bed.'}
    source.write_text(json.dumps({**line, 'objects': ['nurse', 'bed']}))
    for added in (1, 0):
        code, out, _ = _run(
            capsys, 'import', source, '--store', store, '--drop-people', '--json', '--no-pictures'
        )
        assert (code, json.loads(out)['added']) == (0, added)
    assert b'nurse' not in store.read_bytes()
