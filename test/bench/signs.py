"""
Reads plates on a wall from 1 to 3 m and up to 45 degrees: right readings and time.

``.venv/bin/python test/bench/signs.py`` prints one row for each limit of the detector's picture;
with ``--views 3`` each plate is seen three times, and the objects of a memory are judged.
"""

from __future__ import annotations

import argparse
from pathlib import Path
import random
import sys
import tempfile
import time

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from fakes import BagOfWordsEncoder
from sign_pictures import FOCAL_PX, SIZE, wall_with_plates

from memory_node import Memory
from memory_node.core.config import PerceptionConfig
from memory_node.core.data import Pose
from memory_node.core.language.sign_labels import sign_text
from memory_node.core.perception.frames import Frame
from memory_node.core.perception.geometry import camera_mounting, Intrinsics, transform_from_pose
from memory_node.core.perception.observer import Perceiver
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


def _same(said: str, lines: list[str]) -> bool:
    return said.casefold().replace(' ', '') == ''.join(lines).casefold().replace(' ', '')


def fused(count: int, views: int, threads: int) -> None:
    """Print how many plates are one object with the right text after so many views."""
    rng = random.Random(11)
    width, height = SIZE
    camera = Intrinsics(
        width=width, height=height, fx=FOCAL_PX, fy=FOCAL_PX, cx=width / 2, cy=height / 2
    )
    mounting = camera_mounting((0.0, 0.0, 1.5, 0.0, 0.0, 0.0))
    reader = RapidOcrReader(threads=threads)
    perceiver = Perceiver(PerceptionConfig(), sign_reader=reader)
    drawn = plates(count)
    with (
        tempfile.TemporaryDirectory() as folder,
        Memory.open(Path(folder) / 'm.sqlite', encoder=BagOfWordsEncoder()) as memory,
    ):
        for i, (lines, _, _) in enumerate(drawn):
            for stamp in range(views * i, views * (i + 1)):
                away, angle = rng.uniform(1, 3), rng.uniform(-45, 45)
                picture, depth_m = wall_with_plates([(lines, 0.0, 0.0)], away, angle, seed=stamp)
                pose = Pose.from_yaw((20.0 * i - away, 0.0, 0.0), 0.0)
                frame = Frame(
                    stamp_ns=(1 + stamp) * 10**9,
                    color=picture,
                    pose=pose,
                    map_T_camera=transform_from_pose(pose) @ mounting,
                    depth_m=depth_m,
                    intrinsics=camera,
                )
                memory.add(perceiver.observe(frame))
        signs = memory.objects('sign')
    right = 0
    for i, (lines, _, _) in enumerate(drawn):
        here = [s for s in signs if s.position and abs(s.position[0] - 20.0 * i) < 5.0]
        right += len(here) == 1 and _same(sign_text(here[0].label), lines)
    print(f'{count} plates, {views} views each: {right / count:.3f} are one sign with its text')


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--plates', type=int, default=240)
    parser.add_argument('--threads', type=int, default=2)
    parser.add_argument('--views', type=int, default=1)
    arguments = parser.parse_args()
    if arguments.views > 1:
        fused(arguments.plates, arguments.views, arguments.threads)
        return
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
            said = ' '.join(sign.text for sign in reader.read(picture))
            right.append(_same(said, lines))
            wrong += bool(said) and not right[-1]
            if distance_m > 2.5:
                far.append(right[-1])
        each_ms = (time.process_time() - started) / len(drawn) * 1e3
        shares = (sum(right) / len(right), sum(far) / max(len(far), 1), wrong / len(right))
        print(f'| {side} px | {" | ".join(f"{share:.3f}" for share in shares)} | {each_ms:.0f} |')


if __name__ == '__main__':
    main()
