"""
The kitchen recording as other robots would have brought it: where its things stand then.

Its keyframes, depth, poses and detections are written again as bags with one peculiarity each and
imported. A thing stands where it stands within 5 cm of where the same pictures of the recording
have it. What does not has to be told of by name; what is neither is silent.

    python test/bench/bags.py
"""

from __future__ import annotations

from pathlib import Path
import re
import sys
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / 'test')]

from data import require_data  # noqa: E402
from interchange.kitchen_bags import CASES, Judge, NEAR_M, read_kitchen  # noqa: E402
import numpy as np  # noqa: E402

from memory_node.models.detection.detector import OnnxDetector  # noqa: E402


def main() -> int:
    """Print the table; 1 where something is silent."""
    kitchen = read_kitchen(
        require_data('kitchen_rgbd') / 'kitchen',
        OnnxDetector(require_data('yolox_nano') / 'yolox_nano.onnx'),
    )
    silent = 0
    print('| bag | pictures | sightings placed | things within 5 cm | farthest off | |')
    print('|---|---|---|---|---|---|')
    with TemporaryDirectory() as folder:
        judge = Judge(kitchen, Path(folder))
        for case in CASES:
            outcome = judge.judge(case)
            near = sum(off <= NEAR_M for off in outcome.off_m)
            there = [off for off in outcome.off_m if np.isfinite(off)]
            worst = f'{100 * max(there):.1f} cm' if there else ''
            named = re.search(case.refused, outcome.said) if case.refused else None
            verdict = ', '.join(
                [
                    *(['stands'] if outcome.stands else []),
                    *([f'named: `{named[0]}`'] if named else []),
                    *([f'allowed: {case.allowed}'] if case.allowed else []),
                ]
            )
            silent += not verdict
            print(
                f'| {case.name} | {outcome.pictures} of {len(kitchen.looks)} | {outcome.placed} |'
                f' {near} of {len(outcome.off_m)} | {worst} | {verdict or "SILENT"} |',
                flush=True,
            )
    return 1 if silent else 0


if __name__ == '__main__':
    sys.exit(main())
