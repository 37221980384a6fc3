"""The security policy that is shipped allows what a live node has in the graph, and no more."""

from __future__ import annotations

import os
from pathlib import Path
import subprocess
import sys

import pytest

pytest.importorskip('rclpy', reason='needs rclpy')

ROOT = Path(__file__).resolve().parents[2]
DOMAIN = 47


def test_the_policy_is_that_of_a_live_node():
    environment = dict(os.environ, ROS_DOMAIN_ID=str(DOMAIN), PYTHONPATH=str(ROOT))
    command = [sys.executable, ROOT / 'scripts' / 'generate_policy.py', '--check']
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
