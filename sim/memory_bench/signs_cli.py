"""``memory-bench signs``: its options, and what it prints."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
import math
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from memory_bench.errors import BenchError

if TYPE_CHECKING:
    from memory_node.core.ports import SignReader

__all__ = ['COMMANDS', 'add_commands']

Tell = Callable[[str], None]


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the command."""
    signs = commands.add_parser('signs', help='read signs of worlds from pictures, ask about them')
    signs.add_argument('--plates', type=int, default=200, help='how many (default: 200)')
    signs.add_argument(
        '--far-plates', type=int, help='so many also from beyond 3 m and 45 degrees (default: all)'
    )
    signs.add_argument(
        '--hfov-deg', type=float, default=65.0, help='horizontal field of view (default: 65)'
    )
    signs.add_argument('--noise', type=float, default=0.0, help="a sensor's, of 255 (default: 0)")
    signs.add_argument('--blur', type=float, default=0.0, help="a lens's [px] (default: 0)")
    signs.add_argument('--jobs', type=int, default=1, help='processes that read (default: 1)')
    signs.add_argument(
        '--letters', action='store_true', help='over the height of letters in place of the angle'
    )
    signs.add_argument(
        '--questions',
        nargs='+',
        default=[],
        metavar='WORLD',
        help='drive through worlds as office:1:small:signs and ask about their signs',
    )
    signs.add_argument(
        '--out',
        type=Path,
        default=Path('out/bench/signs'),
        help='folder for what is driven; it is asked again, not driven again',
    )
    signs.add_argument(
        '--distance', type=float, default=100.0, help='longest drive [m] (default: 100)'
    )
    signs.add_argument(
        '--look-spacing',
        type=float,
        default=2.5,
        help='how far apart the robot turns around to look [m] (default: 2.5)',
    )
    signs.add_argument(
        '--picture', nargs=2, metavar=('WORLD', 'FILE'), help='draw what is read in a world'
    )
    signs.add_argument('--failures', type=Path, help='file to write all that was wrong to')


#: Numbers that options take.
_BOUNDS = (
    ('plates', 1, 2000),
    ('far_plates', 0, 2000),
    ('hfov_deg', 20, 120),
    ('noise', 0, 100),
    ('blur', 0, 20),
    ('jobs', 1, 256),
    ('distance', 1, 10_000),
    ('look_spacing', 0.5, 10_000),
)


def _signs(chosen: argparse.Namespace, console: Console) -> int:
    from memory_node.core.errors import CaptionerError
    from memory_node.models.rapidocr_reader import RapidOcrReader

    for name, low, high in _BOUNDS:
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

    if chosen.picture:
        return _picture(chosen, reader, tell)
    wrong = _ask(chosen, reader, tell) if chosen.questions else _read(chosen, tell)
    if chosen.failures:
        chosen.failures.expanduser().write_text('\n'.join(wrong) + '\n', 'utf-8')
    return 0


def _read(chosen: argparse.Namespace, tell: Tell) -> list[str]:
    from memory_bench.signs import grid
    from memory_node.models.rapidocr_reader import RapidOcrReader

    config = grid.ReadingConfig(
        plates=chosen.plates,
        far_plates=chosen.plates if chosen.far_plates is None else chosen.far_plates,
        hfov_deg=chosen.hfov_deg,
        noise=chosen.noise,
        blur_px=chosen.blur,
        jobs=chosen.jobs,
    )
    if chosen.letters:
        measured = grid.measure_letters(config, RapidOcrReader, tell)
        tell(grid.letter_table(measured, config))
        return grid.misread(trial for some in measured.values() for trial in some)
    trials = grid.measure_grid(config, RapidOcrReader, tell)
    tell(grid.reading_table(trials))
    wrong = grid.misread(trials)
    near = grid.misread(trial for trial in trials if grid.in_reach(trial.shot))
    tell('\n'.join([f'{len(wrong)} not right, {len(near)} of them within reach', *near]))
    return wrong


def _ask(chosen: argparse.Namespace, reader: SignReader, tell: Tell) -> list[str]:
    from memory_bench.methods.cost import CachingEncoder
    from memory_bench.signs.asking import ask_worlds, asked_table, AskingConfig
    from memory_node.models.sentence_encoder import SentenceEncoder

    config = AskingConfig(
        worlds=tuple(chosen.questions),
        hfov_deg=chosen.hfov_deg,
        distance_m=chosen.distance,
        look_spacing_m=chosen.look_spacing,
    )
    encoder = CachingEncoder(SentenceEncoder())
    asked = ask_worlds(config, reader, encoder, chosen.out.expanduser(), tell)
    tell(asked_table(asked))
    return asked.failures


def _picture(chosen: argparse.Namespace, reader: SignReader, tell: Tell) -> int:
    from memory_bench.signs.picture import draw_reading
    from memory_sim.engines.base import CameraModel
    from memory_sim.world.errors import WorldError

    world, path = chosen.picture
    camera = CameraModel(hfov_rad=math.radians(chosen.hfov_deg))
    try:
        read = draw_reading(world, reader, camera, Path(path).expanduser())
    except WorldError as error:
        raise BenchError(f'world {world}: {error}') from error
    tell('read: ' + ', '.join(read))
    return 0


COMMANDS: Mapping[str, Callable[[argparse.Namespace, Console], int]] = {'signs': _signs}
