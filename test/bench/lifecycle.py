"""
What is left of a life of the node: memory, threads and open files over many configurations.

Starts the node and takes it through configure, activate, deactivate and cleanup, over DDS.

    python test/bench/lifecycle.py --cycles 200
"""

from __future__ import annotations

import argparse
from contextlib import closing
from pathlib import Path
import sys
import tempfile
import urllib.request

TEST = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TEST), str(TEST / 'ros')]

from conftest import Client, NodeProcess  # noqa: E402
from process_usage import usage_of  # noqa: E402

LIFE = ('configure', 'activate', 'deactivate', 'cleanup')


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument('--cycles', type=int, default=200)
    parser.add_argument('--metrics-port', type=int, default=0, help='scraped in each life')
    args = parser.parse_args()
    cycles = args.cycles
    shown = {1, 2, 5, *range(0, cycles + 1, max(1, cycles // 10)), cycles}
    with tempfile.TemporaryDirectory() as folder:
        parameters = {
            'memory_path': f'{folder}/memory.sqlite',
            'language_model.model': 'nobody',  # the texts it would write have a file of their own
            'language_model.base_url': 'http://127.0.0.1:9/v1',
            'metrics.port': args.metrics_port,
        }
        node = NodeProcess(93, Path(folder), parameters)
        with closing(node), closing(Client(node)) as client:
            print('| cycles | memory, MB | threads | open files |\n|---|---|---|---|')
            for i in range(1, cycles + 1):
                for step in LIFE:
                    if not client.transition(step):
                        raise SystemExit(f'{step} failed\n{node.output()}')
                    if step == 'activate' and args.metrics_port:
                        address = f'http://127.0.0.1:{args.metrics_port}/metrics'
                        with urllib.request.urlopen(address, timeout=10.0) as answer:
                            answer.read()
                if i in shown:
                    u = usage_of(node.process.pid)
                    print(f'| {i} | {u.memory_mb:.0f} | {u.threads} | {u.files} |', flush=True)


if __name__ == '__main__':
    main()
