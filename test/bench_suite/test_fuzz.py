"""Hostile inputs at every door, and that the search for faults finds one."""

from __future__ import annotations

from hypothesis import strategies as st
import pytest

from memory_bench.cli import main
from memory_bench.fuzz import run
from memory_bench.fuzz.door import all_doors, Door


def test_two_thousand_inputs_cost_nothing_but_typed_errors():
    report = run.fuzz(2000, first_seed=7)
    assert report.inputs.total() >= 2000
    assert [(f.door, f.error, f.example) for f in report.faults] == []


def test_every_kind_of_door_is_there(tmp_path):
    doors = list(all_doors(tmp_path))
    for door in doors:
        door.close()
    kinds = {door.name.partition('/')[0] for door in doors}
    assert kinds == {
        *('captions', 'corrections', 'files', 'imports', 'recordings', 'replies', 'requests')
    }


@pytest.mark.parametrize(
    ('take', 'told'),
    [
        (lambda n: 1 // (n > 70), 'ZeroDivisionError'),
        (lambda n: [n for _ in iter(int, 1)], 'HangError'),
    ],
    ids=['crash', 'hang'],
)
def test_a_fault_is_found_and_made_small(monkeypatch, take, told):
    monkeypatch.setattr(run, 'LIMIT_S', 0.05)
    door = Door(name='made', inputs=st.integers(0, 100), take=take)
    monkeypatch.setattr(run, 'all_doors', lambda folder: [door])
    report = run.fuzz(20)
    assert [f.error.partition(':')[0] for f in report.faults] == [told]
    assert report.faults[0].example == '0'


def test_the_command_says_which_doors_there_are(capsys):
    assert main(['fuzz', '--only', 'windows', '--inputs', '1']) == 2
    assert 'windows' in capsys.readouterr().out
    assert main(['fuzz', '--only', 'requests/command', '--inputs', '50']) == 0
    assert '0 faults' in capsys.readouterr().out
