"""
Runs the proving ground against a small real language model, served on this machine.

    python test/bench/language_models.py config/bench/llm.yaml --out out/bench/llm

Needs requirements/llm.txt and requirements/evaluation.txt. A model of 135 million parameters reads
entities poorly and chooses near chance: what this measures is what the methods ask for.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
import os
from pathlib import Path
import secrets
import sys
import time

import xllamacpp

from memory_bench.cli import main as bench
from memory_bench.run.records import read_run
from memory_node.models.llama_language_model import PACKAGED, packaged_model, server_parameters


@contextmanager
def served(path: Path, threads: int, context: int) -> Iterator[str]:
    """Serve a GGUF file by the OpenAI protocol on a free port of this machine."""
    key = secrets.token_hex(32)
    server = xllamacpp.Server(server_parameters(path, threads, context, key=key))
    os.environ['OPENAI_API_KEY'] = key
    yield f'{server.listening_address}/v1'
    del server


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config', type=Path)
    parser.add_argument('--out', type=Path, required=True)
    parser.add_argument('--model', default=PACKAGED, help='a GGUF file (default: %(default)s)')
    parser.add_argument('--threads', type=int, default=1)
    parser.add_argument('--context', type=int, default=8192, help='tokens (default: %(default)s)')
    chosen = parser.parse_args()
    path = packaged_model() if chosen.model == PACKAGED else Path(chosen.model)
    begin = time.perf_counter()
    with served(path, chosen.threads, chosen.context) as url:
        arguments = ['run', str(chosen.config), '--out', str(chosen.out), '--jobs', '1']
        status = bench([*arguments, '--llm-base-url', url, '--llm-model', path.stem])
    print(f'{path.stem}: {time.perf_counter() - begin:.0f} s in all')
    print('| method | right | build s | its calls | its tokens | ask s | calls | tokens | note |')
    print('|---|---|---|---|---|---|---|---|---|')
    for record in read_run(chosen.out):
        asked = Counter[str]()
        for question in record.questions:
            asked['right'] += question.success
            asked['calls'] += question.llm_calls
            asked['tokens'] += question.llm_tokens
        seconds = sum(q.search_s for q in record.questions)
        print(
            f'| {record.method} | {asked["right"]} of {len(record.questions)}'
            f' | {record.build_s:.1f} | {record.build_llm_calls} | {record.build_llm_tokens}'
            f' | {seconds:.1f} | {asked["calls"]} | {asked["tokens"]}'
            f' | {record.note or record.status} |'
        )
    return status


if __name__ == '__main__':
    sys.exit(main())
