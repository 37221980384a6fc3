"""Hostile inputs at every door, and that the search for faults finds one."""

from __future__ import annotations

from hypothesis import strategies as st
import pytest

from memory_bench.cli import main
from memory_bench.fuzz import run
from memory_bench.fuzz.door import all_doors, Door
from memory_bench.fuzz.variations import variations


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
        *('captions', 'corrections', 'files', 'grids', 'imports', 'maps', 'pictures'),
        *('recordings', 'replies', 'requests', 'stores'),
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
    door = Door(name='made', inputs=st.integers(0, 100), take=take, varied=())
    monkeypatch.setattr(run, 'all_doors', lambda folder: [door])
    report = run.fuzz(20)
    assert [f.error.partition(':')[0] for f in report.faults] == [told]
    assert report.faults[0].example == '0'


def test_a_search_that_is_stopped_tells_what_it_has_found(monkeypatch):
    taken: list[int] = []

    def take(number):
        taken.append(number)
        if len(taken) == 30:
            raise KeyboardInterrupt

    door = Door(name='made', inputs=st.integers(), take=take, varied=())
    monkeypatch.setattr(run, 'all_doors', lambda folder: [door])
    told: list[str] = []
    report = run.fuzz(1000, tell=told.append)
    assert told == ['stopped before the end']
    assert report.inputs.total() == len(taken) == 30
    assert report.stopped


def test_variations_stay_what_a_door_takes_and_come_again_for_equal_inputs():
    value = ('ask', ['a lamp', b'\x00\x01'], {'k': 3})
    first = list(variations(value, 200, (1, 2)))
    assert repr(first) == repr(list(variations(value, 200, (1, 2))))
    assert len({repr(one) for one in first}) > 100
    assert all(how == 'ask' and type(held) is list for how, held, _ in first)
    assert all(type(part) in (str, bytes) for _, held, _ in first for part in held)
    assert list(variations(value, 9, ())) == []


def test_what_is_known_is_not_told_again_and_a_door_full_of_faults_ends(monkeypatch):
    def fail(number):
        raise [KeyError, ValueError, IndexError][number % 3]('a fault')

    door = Door(name='made', inputs=st.integers(0, 100), take=fail, varied=())
    monkeypatch.setattr(run, 'all_doors', lambda folder: [door])
    monkeypatch.setattr(run, '_MOST_FAULTS', 3)
    report = run.fuzz(20_000)
    assert sorted(f.error.partition(':')[0] for f in report.faults) == [
        *('IndexError', 'KeyError', 'ValueError')
    ]


def test_the_command_says_which_doors_there_are(capsys):
    assert main(['fuzz', '--only', 'windows', '--inputs', '1']) == 2
    assert 'windows' in capsys.readouterr().out
    assert main(['fuzz', '--only', 'requests/command', '--inputs', '50']) == 0
    assert '0 faults' in capsys.readouterr().out
