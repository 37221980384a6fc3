"""Measures how well plates are read over distance and angle, and over the height of letters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
import math
from multiprocessing import get_context
from typing import NamedTuple

from memory_bench.metrics.intervals import Interval, wilson
from memory_bench.signs.gallery import gallery, plates, PLATES_EACH
from memory_bench.signs.reading import read_plates, Shot, Trial
from memory_node.core.ports import SignReader
from memory_sim.engines.base import CameraModel
from memory_sim.world.sign import Sign
from memory_sim.world.sign_board import board_size

__all__ = [
    'ANGLES_DEG',
    'DISTANCES_M',
    'LETTERS_M',
    'ReadingConfig',
    'in_reach',
    'letter_table',
    'measure_grid',
    'measure_letters',
    'misread',
    'reading_table',
]

DISTANCES_M = (1.0, 2.0, 3.0, 4.0, 6.0)
ANGLES_DEG = (0.0, 15.0, 30.0, 45.0, 60.0)
LETTERS_M = (0.02, 0.025, 0.03, 0.04, 0.05)
#: What is to be read: within this distance [m] and angle to the normal [deg].
_REACH_M, _REACH_DEG = 3.0, 45.0

Tell = Callable[[str], None]
MakeReader = Callable[[], SignReader]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingConfig:
    """How many plates are looked at, and with what camera."""

    plates: int = 200
    #: Plates that are also looked at from beyond 3 m and 45 degrees.
    far_plates: int = 200
    hfov_deg: float = 65.0
    #: Standard deviations of a sensor's noise in 0-255, and of a lens's blur [px].
    noise: float = 0.0
    blur_px: float = 0.0
    #: Processes that read.
    jobs: int = 1

    @property
    def camera(self) -> CameraModel:
        """A camera of 640x480 at a robot's height."""
        return CameraModel(hfov_rad=math.radians(self.hfov_deg))


def in_reach(shot: Shot) -> bool:
    """Whether a plate is to be read from there."""
    return shot.distance_m <= _REACH_M and math.degrees(shot.angle_rad) <= _REACH_DEG + 1e-6


def measure_grid(config: ReadingConfig, make_reader: MakeReader, tell: Tell) -> list[Trial]:
    """Read all plates from within reach, and the first of them from everywhere."""
    shots = [
        Shot(distance_m=d, angle_rad=math.radians(a)) for d in DISTANCES_M for a in ANGLES_DEG
    ]
    near = list(filter(in_reach, shots))
    parts: list[_Part] = []
    far = config.far_plates
    for hall, some in enumerate(_halls(plates(config.plates))):
        far_here = min(len(some), far)
        far -= far_here
        parts.append(_Part(some[:far_here], hall, shots))
        parts.append(_Part(some[far_here:], hall, near))
    return _read_all(parts, config, make_reader, tell)


def measure_letters(
    config: ReadingConfig, make_reader: MakeReader, tell: Tell
) -> dict[float, list[Trial]]:
    """Read plates of one line in letters of several heights from all distances, head on."""
    shots = [Shot(distance_m=d, angle_rad=0.0) for d in DISTANCES_M]
    lines = [sign for sign in plates(2 * config.plates) if len(sign.lines) == 1]
    measured: dict[float, list[Trial]] = {}
    for letter_m in LETTERS_M:
        sized = [_in_letters(sign, letter_m) for sign in lines[: config.plates]]
        parts = [_Part(some, hall, shots) for hall, some in enumerate(_halls(sized))]
        measured[letter_m] = _read_all(parts, config, make_reader, tell)
    return measured


class _Part(NamedTuple):
    """Plates of one hall, and from where they are looked at."""

    signs: Sequence[Sign]
    hall: int
    shots: Sequence[Shot]


def _read_all(
    parts: Sequence[_Part], config: ReadingConfig, make_reader: MakeReader, tell: Tell
) -> list[Trial]:
    """Read all parts, in processes of their own where there are several; in their order."""
    parts = [part for part in parts if part.signs]
    if config.jobs == 1:
        found = (_read(part, config, make_reader) for part in parts)
        return _told(found, tell)
    with ProcessPoolExecutor(config.jobs, mp_context=get_context('spawn')) as pool:
        count = len(parts)
        return _told(pool.map(_read, parts, [config] * count, [make_reader] * count), tell)


def _told(found: Iterable[list[Trial]], tell: Tell) -> list[Trial]:
    trials: list[Trial] = []
    for some in found:
        trials += some
        tell(f'{len(trials)} readings, {len({t.text for t in trials})} plates')
    return trials


def _halls(signs: Sequence[Sign]) -> list[Sequence[Sign]]:
    return [signs[i : i + PLATES_EACH] for i in range(0, len(signs), PLATES_EACH)]


def _read(part: _Part, config: ReadingConfig, make_reader: MakeReader) -> list[Trial]:
    world = gallery(part.signs, part.hall)
    return list(
        read_plates(
            world, part.shots, make_reader(), config.camera,
            noise=config.noise, blur_px=config.blur_px,
        )
    )  # fmt: skip


def _in_letters(sign: Sign, letter_m: float) -> Sign:
    width, height = board_size(sign.lines, (letter_m,))
    return replace(sign, letters_m=(letter_m,), width_m=width, height_m=height)


def reading_table(trials: Sequence[Trial]) -> str:
    """Return rates over distance and angle as a Markdown table, then the rate within reach."""
    lines = ['| distance | ' + ' | '.join(f'{a:.0f} deg' for a in ANGLES_DEG) + ' |']
    lines.append('|---' * (len(ANGLES_DEG) + 1) + '|')
    for distance in DISTANCES_M:
        cells = [
            _cell(
                t
                for t in trials
                if t.shot.distance_m == distance
                and math.isclose(math.degrees(t.shot.angle_rad), angle, abs_tol=1e-6)
            )
            for angle in ANGLES_DEG
        ]
        lines.append(f'| {distance:g} m | ' + ' | '.join(cells) + ' |')
    near = [t for t in trials if in_reach(t.shot)]
    texts = len({t.text for t in near})
    lines += ['', f'Within {_REACH_M:g} m and {_REACH_DEG:g} degrees, {texts} plates:']
    for said, some in (
        ('all', near),
        ('all letters of one height', [t for t in near if not _named(t)]),
        ('a name in smaller letters above the number', [t for t in near if _named(t)]),
    ):
        if some:
            silent = sum(not t.read for t in some)
            rate = wilson(sum(t.right for t in some), len(some))
            lines.append(
                f'- {said}: {rate} of {len(some)} readings; {silent} not read,'
                f' {sum(not t.right for t in some) - silent} misread'
            )
    return '\n'.join(lines)


def letter_table(measured: dict[float, list[Trial]], config: ReadingConfig) -> str:
    """Return rates over the height of letters and distance, with their height in pixels."""
    focal = float(config.camera.intrinsics[0, 0])
    lines = ['| letters | ' + ' | '.join(f'{d:g} m' for d in DISTANCES_M) + ' |']
    lines.append('|---' * (len(DISTANCES_M) + 1) + '|')
    for letter_m, trials in measured.items():
        cells = [
            f'{_cell(t for t in trials if t.shot.distance_m == d)}, {focal * letter_m / d:.1f} px'
            for d in DISTANCES_M
        ]
        lines.append(f'| {1000 * letter_m:.0f} mm | ' + ' | '.join(cells) + ' |')
    return '\n'.join(lines)


def misread(trials: Iterable[Trial]) -> list[str]:
    """Return where from, what stands there and what was read of every failure, nearest first."""
    wrong = sorted(
        (t for t in trials if not t.right),
        key=lambda t: (not in_reach(t.shot), t.shot.distance_m, t.shot.angle_rad, t.text),
    )
    return [
        f'{t.shot.distance_m:g} m {math.degrees(t.shot.angle_rad):.0f} deg:'
        f' {t.text!r} read as {t.read!r} ({t.confidence:.2f})'
        for t in wrong
    ]


def _named(trial: Trial) -> bool:
    return trial.lines > 1 and trial.text.split()[-1].replace('.', '').isdigit()


def _cell(trials: Iterable[Trial]) -> str:
    some = list(trials)
    if not some:
        return ''
    rate: Interval = wilson(sum(t.right for t in some), len(some))
    return f'{100 * rate.mean:.0f} % [{100 * rate.low:.0f}, {100 * rate.high:.0f}]'
