"""``memory-bench evaluate``: data sets through methods, to a table, JSON and a plot."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
import os
from pathlib import Path
import sys

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from memory_bench.datasets.load import limited, load_data_sets
from memory_bench.datasets.reverie import SPLITS
from memory_bench.datasets.types import LoadOptions
from memory_bench.errors import EvaluationError
from memory_bench.methods.base import MethodOptions
from memory_bench.methods.cost import CachingEncoder
from memory_bench.methods.registry import DEFAULT_METHODS, method_names, needs_model
from memory_bench.report.data_sets import (
    markdown,
    plain_summary,
    read_runs,
    Report,
    write_json,
)
from memory_bench.report.data_sets_plot import plot
from memory_bench.run.evaluate import compare, MethodRun, texts_of
from memory_node.cli.common import print_json
from memory_node.core.config import LanguageModelConfig
from memory_node.core.errors import EncoderError, MemoryNodeError
from memory_node.models.factory import make_language_model
from memory_node.models.sentence_encoder import SentenceEncoder

__all__ = ['main']

#: Exit codes: the evaluation failed; data or names are wrong (argparse's own).
FAILED, USAGE = 1, 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='memory-bench evaluate',
        description=__doc__,
        epilog=f'Methods: {", ".join(method_names())}.',
    )
    parser.add_argument(
        'data',
        type=Path,
        help='folder with observations.jsonl and questions.jsonl (or folders of them), folder of'
        ' <building>.observations.jsonl pairs, or a .gml graph',
    )
    parser.add_argument(
        '--methods',
        default=','.join(DEFAULT_METHODS),
        metavar='A,B',
        help='names with commas between (default: %(default)s)',
    )
    parser.add_argument('--out', type=Path, metavar='FOLDER', help='write report and plot here')
    parser.add_argument(
        '--baseline', default='hybrid', help='compare with this one (default: %(default)s)'
    )
    parser.add_argument(
        '--against', type=Path, metavar='JSON', help='compare each method with an earlier report'
    )
    data = parser.add_argument_group('data')
    data.add_argument('--questions', type=Path, metavar='JSONL', help='typed queries of a .gml')
    data.add_argument(
        '--split',
        choices=SPLITS,
        default='aside',
        help='buildings the shipped ranker was not fitted on, the others, or all'
        ' (default: %(default)s)',
    )
    data.add_argument('--folds', type=int, nargs='+', default=[], help='of --split folds')
    data.add_argument(
        '--absent', type=int, default=0, metavar='N', help='questions about absent things to add'
    )
    data.add_argument(
        '--limit', type=int, default=0, metavar='N', help='questions of each kind per data set'
    )
    data.add_argument('--seed', type=int, default=0, help='of everything drawn')
    parser.add_argument('--k', type=int, default=5, help='answers judged (default: %(default)s)')
    parser.add_argument('--cache', type=Path, metavar='FOLDER', help='keep embeddings here')
    parser.add_argument('--llm', default='', metavar='NAME', help='language model to ask')
    parser.add_argument(
        '--llm-url',
        default=LanguageModelConfig().base_url,
        metavar='URL',
        help='OpenAI-compatible endpoint (default: %(default)s)',
    )
    parser.add_argument(
        '--model',
        default='',
        metavar='NAME',
        help='sentence-transformers model, a name or a folder (default: all-MiniLM-L6-v2)',
    )
    parser.add_argument(
        '--json', action='store_true', help='print one JSON object a line, for programs'
    )
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Evaluate; the exit code is 2 for wrong names and broken data."""
    args = _parser().parse_args(arguments)
    messages = Console(stderr=True)
    try:
        report = _evaluate(args, messages)
        _write(report, args, messages)
    except MemoryNodeError as error:
        messages.print(f'[bold red]{error.name}[/]', end=' ')
        messages.print(str(error), markup=False, highlight=False, soft_wrap=True)
        return USAGE if isinstance(error, (EvaluationError, EncoderError)) else FAILED
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        messages.print('interrupted')
        return 130
    return 0


def _checked(args: argparse.Namespace) -> list[str]:
    names = [name.strip() for name in args.methods.split(',') if name.strip()]
    unknown = [name for name in names if name not in method_names()]
    if unknown or not names:
        wrong = f'no method is named {unknown[0]!r:.80}' if unknown else 'no method is named'
        raise EvaluationError(f'{wrong}; there are {", ".join(method_names())}')
    for option, least in (('limit', 0), ('absent', 0), ('k', 1)):
        if getattr(args, option) < least:
            raise EvaluationError(
                f'--{option} must be at least {least}, got {getattr(args, option)}'
            )
    asking = [name for name in names if needs_model(name)]
    if asking and not args.llm:
        raise EvaluationError(f'{", ".join(asking)}: a method that asks a model needs --llm NAME')
    return names


def _evaluate(args: argparse.Namespace, messages: Console) -> Report:
    names = _checked(args)
    earlier = read_runs(args.against) if args.against else []
    encoder = CachingEncoder(SentenceEncoder(args.model), args.cache)
    wanted = LoadOptions(
        questions=args.questions,
        split=args.split,
        folds=args.folds,
        absent=args.absent,
        seed=args.seed,
    )
    data_sets, notes = load_data_sets(args.data, encoder, wanted)
    data_sets = limited(data_sets, args.limit, args.seed)
    if args.limit:
        notes.append(f'at most {args.limit} questions of each kind and data set')
    options = MethodOptions(
        language_model=make_language_model(
            LanguageModelConfig(model=args.llm, base_url=args.llm_url)
        ),
        seed=args.seed,
    )
    columns = (TextColumn('{task.description}'), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=messages, transient=True) as progress:
        texts = texts_of(data_sets)
        encoder.warm(sorted(texts), _bar(progress, 'embedding', len(texts)))
        encoder.save()
        asked = sum(len(d.questions) for d in data_sets) * len(set(names))
        task = progress.add_task('asking', total=asked)

        def advance(name: str, count: int) -> None:
            progress.update(task, advance=count, description=name)

        runs = compare(data_sets, names, encoder, options, k=args.k, advance=advance)
    encoder.save()
    runs += [
        MethodRun(name=f'{r.name} (before)', builds=r.builds, outcomes=r.outcomes)
        for r in earlier
        if r.name in names
    ]
    notes.append(f'encoder: {encoder.model_id.partition("@")[0]}')
    return Report(
        data_sets=data_sets,
        runs=runs,
        k=args.k,
        seed=args.seed,
        baseline=args.baseline if any(r.name == args.baseline for r in runs) else '',
        notes=notes,
        settings={'encoder': encoder.model_id, 'methods': names, 'limit': args.limit},
    )


def _bar(progress: Progress, title: str, total: int) -> Callable[[int], None]:
    task = progress.add_task(title, total=total)
    return lambda count: progress.advance(task, count)


def _write(report: Report, args: argparse.Namespace, messages: Console) -> None:
    text = markdown(report)
    if args.json:
        for method in report.runs:
            print_json(plain_summary(report.summary(method)))
    else:
        Console(width=None, soft_wrap=True).print(text, markup=False, highlight=False)
    if args.out is None:
        return
    try:
        args.out.mkdir(parents=True, exist_ok=True)
        (args.out / 'report.md').write_text(text, encoding='utf-8')
        write_json(report, args.out / 'report.json')
    except OSError as error:
        raise EvaluationError(f'{args.out} can not be written: {error.strerror}') from error
    plot(report, args.out / 'report.png', args.data.name)
    messages.print(f'written to {args.out}: report.md, report.json, report.png', markup=False)
