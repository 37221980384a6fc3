# ruff: noqa: T201  it talks to a terminal
"""
Print how the golden questions are answered: ``python test/golden/report.py [memory ...]``.

Pass rates of each memory and each kind, then every wrong answer with what was expected.
``--write`` puts the ids of all wrong answers into known_failures.txt.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
import sys
import tempfile
import time

ROOT = Path(__file__).resolve().parents[2]
if __name__ == '__main__':
    sys.path[:0] = [str(ROOT), str(ROOT / 'sim'), str(ROOT / 'test')]

from _pytest.outcomes import Skipped  # noqa: E402  the path is set above
from golden.asking import ask_all, FOLDER, known_failures, Verdict  # noqa: E402
from golden.memories import MEMORIES  # noqa: E402

from memory_node.models.sentence_encoder import SentenceEncoder  # noqa: E402

NOT_EXPECTED = ('id', 'memory', 'ask', 'text', 'here', 'now')
HEADER = """\
# Golden questions that are answered wrongly today, one id a line. The test fails when another
# one fails, and when one of these is right: take it out then. Written by report.py --write.
"""


def rates(verdicts: Sequence[Verdict], group: Callable[[Verdict], str]) -> list[str]:
    """Return a line with the share of right answers for each group."""
    right: dict[str, list[bool]] = defaultdict(list)
    for verdict in verdicts:
        right[group(verdict)].append(not verdict.wrong)
    return [
        f'{name:16} {sum(held):4} of {len(held):4}  {sum(held) / len(held):.2f}'
        for name, held in right.items()
    ]


def failure(verdict: Verdict) -> str:
    """Return a wrong answer in three lines."""
    line = verdict.line
    expected = ', '.join(f'{k}={v}' for k, v in line.items() if k not in NOT_EXPECTED)
    return (
        f'{verdict.id}  {line["text"]!r}  wrong: {", ".join(verdict.wrong)}\n'
        f'    expected {expected}\n    got      {verdict.got}'
    )


def main() -> None:
    """Ask the memories that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('memories', nargs='*', metavar='memory', help=', '.join(MEMORIES))
    parser.add_argument('--write', action='store_true', help='write known_failures.txt')
    args = parser.parse_args()
    encoder = SentenceEncoder()
    verdicts: list[Verdict] = []
    for name in args.memories or MEMORIES:
        began = time.monotonic()
        try:
            with tempfile.TemporaryDirectory() as folder:
                found = ask_all(name, Path(folder), encoder)
        except Skipped as reason:
            print(f'{name}: skipped, {reason}')
            continue
        print(f'{name}: {len(found)} asked in {time.monotonic() - began:.1f} s', file=sys.stderr)
        verdicts += found
    wrong = [verdict for verdict in verdicts if verdict.wrong]
    print(*map(failure, wrong), sep='\n')
    print('\nby memory', *rates(verdicts, lambda v: v.line['memory']), sep='\n')
    print('\nby kind', *rates(sorted(verdicts, key=_kind), _kind), sep='\n')
    print('\nall', *rates(verdicts, lambda _: 'all'), sep='\n')
    if args.write:
        asked = {verdict.id for verdict in verdicts}
        kept = sorted(known_failures() - asked)  # of memories that were not asked, and properties
        text = HEADER + ''.join(f'{id_}\n' for id_ in [*(v.id for v in wrong), *kept])
        (FOLDER / 'known_failures.txt').write_text(text, encoding='utf-8')


def _kind(verdict: Verdict) -> str:
    return verdict.id.split('.')[1]


if __name__ == '__main__':
    main()
