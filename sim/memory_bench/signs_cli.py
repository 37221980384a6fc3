"""``memory-bench signs``: its options, and what it prints."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path

from rich.console import Console

from memory_bench.errors import BenchError

__all__ = ['COMMANDS', 'add_commands']


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the command."""
    signs = commands.add_parser('signs', help='read signs of worlds from pictures')
    signs.add_argument('--plates', type=int, default=200, help='how many (default: 200)')
    signs.add_argument(
        '--far-plates', type=int, help='so many also from beyond 3 m and 45 degrees (default: all)'
    )
    signs.add_argument(
        '--hfov-deg', type=float, default=65.0, help='horizontal field of view (default: 65)'
    )
    signs.add_argument('--noise', type=float, default=0.0, help="a sensor's, of 255 (default: 0)")
    signs.add_argument('--blur', type=float, default=0.0, help="a lens's [px] (default: 0)")
    signs.add_argument(
        '--letters', action='store_true', help='over the height of letters in place of the angle'
    )
    signs.add_argument('--failures', type=Path, help='file to write all misreadings to')


def _signs(chosen: argparse.Namespace, console: Console) -> int:
    from memory_bench.signs import grid
    from memory_node.core.errors import CaptionerError
    from memory_node.models.rapidocr_reader import RapidOcrReader

    for name, low, high in (
        ('plates', 1, 2000),
        ('far_plates', 0, 2000),
        ('hfov_deg', 20, 120),
        ('noise', 0, 100),
        ('blur', 0, 20),
    ):
        value = getattr(chosen, name)
        if value is not None and not low <= value <= high:
            option = name.replace('_', '-')
            raise BenchError(f'--{option}: expected {low} to {high}, got {value}')
    try:
        reader = RapidOcrReader()
    except CaptionerError as error:
        raise BenchError(str(error)) from error

    def tell(text: str) -> None:
        console.print(text, markup=False, highlight=False, soft_wrap=True)

    config = grid.ReadingConfig(
        plates=chosen.plates,
        far_plates=chosen.plates if chosen.far_plates is None else chosen.far_plates,
        hfov_deg=chosen.hfov_deg,
        noise=chosen.noise,
        blur_px=chosen.blur,
    )
    if chosen.letters:
        measured = grid.measure_letters(config, reader, tell)
        tell(grid.letter_table(measured, config))
        trials = [trial for some in measured.values() for trial in some]
    else:
        trials = grid.measure_grid(config, reader, tell)
        tell(grid.reading_table(trials))
    wrong = grid.misread(trials)
    if chosen.failures:
        chosen.failures.expanduser().write_text('\n'.join(wrong) + '\n', 'utf-8')
    near = grid.misread(trial for trial in trials if grid.in_reach(trial.shot))
    tell('\n'.join([f'{len(wrong)} misread, {len(near)} of them within reach', *near]))
    return 0


COMMANDS: Mapping[str, Callable[[argparse.Namespace, Console], int]] = {'signs': _signs}
