"""
A robot's sensors in a process of their own, until somebody ends it.

    python sensor_process.py NAMESPACE LABEL BEGAN

Sees LABEL ahead while it creeps along x at 0.02 m/s since BEGAN, a time of the machine [s]; so one
that is started again goes on where the one before it would be.
"""

from __future__ import annotations

import os
from pathlib import Path
import sys
import time
from types import SimpleNamespace

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent)]

from conftest import Client, Robot  # noqa: E402  the path is set above

SPEED_M_S = 0.02
PERIOD_S = 0.1


def main() -> None:
    namespace, label, began_s = sys.argv[1], sys.argv[2], float(sys.argv[3])
    process = SimpleNamespace(domain=int(os.environ['ROS_DOMAIN_ID']), namespace=namespace)
    client = Client(process)
    robot = Robot(client)
    robot.describe_by('detections')
    while True:
        robot.look(label, position=(SPEED_M_S * (time.time() - began_s), 0.0, 0.0))
        client.executor.spin_once(timeout_sec=PERIOD_S)
        time.sleep(PERIOD_S)


if __name__ == '__main__':
    main()
