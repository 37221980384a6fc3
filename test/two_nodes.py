"""
A Ray cluster of two nodes on this machine, steered through pipes.

Prints its address. ``kill`` on standard input ends the second node as soon as an episode runs on
it, and prints ``killed``; the end of standard input ends the cluster.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time

import psutil
from ray.cluster_utils import Cluster

_SMALL = {
    'num_cpus': 1,
    'object_store_memory': 80 * 1024 * 1024,
    'include_dashboard': False,
}
#: A machine that is gone is noticed within seconds.
_WATCH = {
    'health_check_initial_delay_ms': 0,
    'health_check_period_ms': 500,
    'health_check_failure_threshold': 4,
}


def main():
    # The path of a socket has at most 107 characters, so no folder of a test will do.
    folder = tempfile.mkdtemp(prefix='r-', dir='/tmp')
    os.environ['RAY_TMPDIR'] = folder
    cluster = Cluster()
    try:
        cluster.add_node(_system_config=_WATCH, **_SMALL)
        second = cluster.add_node(**_SMALL)
        sys.stdout.write(f'{cluster.address}\n')
        sys.stdout.flush()
        for line in sys.stdin:
            if line.strip() == 'kill':
                _wait_for_episode(second)
                cluster.remove_node(second, allow_graceful=False)
                sys.stdout.write('killed\n')
                sys.stdout.flush()
    finally:
        cluster.shutdown()
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for_episode(node):
    """Wait until a worker of a node shows by its title that it runs an episode."""
    raylet = psutil.Process(node.all_processes['raylet'][0].process.pid)
    deadline = time.monotonic() + 120.0
    while time.monotonic() < deadline:
        for process in raylet.children():
            try:
                if '_run_remotely' in ' '.join(process.cmdline()):
                    return
            except psutil.Error:
                continue
        time.sleep(0.05)
    raise TimeoutError('no episode came to the second node')


if __name__ == '__main__':
    os.environ['RAY_USAGE_STATS_ENABLED'] = '0'
    main()
