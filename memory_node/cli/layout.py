"""``memory layout``: the view of RViz or Foxglove for the names that a robot uses."""

from __future__ import annotations

import argparse
from pathlib import Path
import sys

from rich.console import Console

from memory_node.core.errors import StoreAccessError
from memory_node.interchange.layouts import layout, LAYOUTS

__all__ = ['add_command']


def add_command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    shared: argparse.ArgumentParser,
) -> None:
    """Describe ``memory layout``."""
    parser = commands.add_parser(
        'layout', help='write a layout for RViz or Foxglove', description=__doc__
    )
    parser.add_argument('kind', choices=tuple(LAYOUTS))
    parser.add_argument('--out', type=Path, metavar='FILE', help='default: standard output')
    parser.add_argument('--namespace', default='', metavar='NAME', help='that of the node')
    parser.add_argument('--map-frame', default='map', metavar='FRAME', help='fixed frame')
    parser.add_argument(
        '--cameras', default='', metavar='NAME,NAME', help='names of several cameras'
    )
    parser.add_argument(
        '--topic',
        action='append',
        default=[],
        type=_topic,
        metavar='NAME=TOPIC',
        help='a topic that is remapped, as image=/camera/color/image_raw; repeatable',
    )
    parser.set_defaults(run=run)


def _topic(text: str) -> tuple[str, str]:
    name, equals, topic = text.partition('=')
    if not (name and equals and topic):
        raise argparse.ArgumentTypeError(f'expected NAME=TOPIC, got {text!r}')
    return name, topic


def run(args: argparse.Namespace, messages: Console) -> int:
    """Write the layout."""
    text = layout(
        args.kind,
        namespace=args.namespace,
        map_frame=args.map_frame,
        cameras=[name.strip() for name in args.cameras.split(',') if name.strip()],
        topics=dict(args.topic),
    )
    if args.out is None:
        sys.stdout.write(text)
        return 0
    try:
        args.out.write_text(text, encoding='utf-8')
    except OSError as error:
        raise StoreAccessError(f'cannot write {args.out}: {error.strerror}') from error
    messages.print(f'{args.out}: written', markup=False, highlight=False)
    return 0
