"""
Reads plates on a wall from 1 to 3 m and up to 45 degrees, once each: right readings and time.

``.venv/bin/python test/bench/signs.py`` prints one row for each limit of the detector's picture.
"""

from __future__ import annotations

import argparse
from pathlib import Path
import random
import sys
import time

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sign_pictures import wall_with_plates

from memory_node.models.rapidocr_reader import RapidOcrReader

_KINDS = (
    lambda rng, number: [str(number)],
    lambda rng, number: ['Room', str(number)],
    lambda rng, number: [f'ROOM {number}'],
    lambda rng, number: [f'{rng.choice("ABC")}{number}'],
    lambda rng, number: ['Office', str(number)],
    lambda rng, number: [rng.choice(['Pharmacy', 'Kitchen', 'Library', 'EXIT'])],
)


def plates(count: int) -> list[tuple[list[str], float, float]]:
    """Return lines, distance [m] and angle [deg] of so many plates."""
    rng = random.Random(7)
    return [
        (rng.choice(_KINDS)(rng, rng.randint(100, 499)), rng.uniform(1, 3), rng.uniform(-45, 45))
        for _ in range(count)
    ]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--plates', type=int, default=240)
    parser.add_argument('--threads', type=int, default=2)
    arguments = parser.parse_args()
    drawn = [
        (lines, distance_m, wall_with_plates([(lines, 0.0, 0.0)], distance_m, angle, seed=i)[0])
        for i, (lines, distance_m, angle) in enumerate(plates(arguments.plates))
    ]
    print('| longer side | right | right beyond 2.5 m | read, but wrong | CPU ms a picture |')
    print('|---|---|---|---|---|')
    for side in (960, 480):
        reader = RapidOcrReader(min_confidence=0.8, max_side_px=side, threads=arguments.threads)
        right, far, wrong = [], [], 0
        started = time.process_time()  # of all threads: the machine may be shared
        for lines, distance_m, picture in drawn:
            said = ' '.join(sign.text for sign in reader.read(picture)).casefold()
            right.append(said.replace(' ', '') == ''.join(lines).casefold().replace(' ', ''))
            wrong += bool(said) and not right[-1]
            if distance_m > 2.5:
                far.append(right[-1])
        each_ms = (time.process_time() - started) / len(drawn) * 1e3
        shares = (sum(right) / len(right), sum(far) / max(len(far), 1), wrong / len(right))
        print(f'| {side} px | {" | ".join(f"{share:.3f}" for share in shares)} | {each_ms:.0f} |')


if __name__ == '__main__':
    main()
