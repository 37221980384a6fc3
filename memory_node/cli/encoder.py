"""``memory encoder``: build the text encoder ahead, so that a robot needs no torch."""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.console import Console

from memory_node.core.errors import EncoderError
from memory_node.models import onnx_export
from memory_node.models.sentence_encoder import SentenceEncoder

__all__ = ['add_command']


def add_command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], shared: argparse.ArgumentParser
) -> None:
    """Add the command and its options."""
    parser = commands.add_parser(
        'encoder',
        parents=[shared],
        help='build the text encoder ahead of the first start',
        description='Build the text encoder as ONNX. This needs torch; running it does not.',
    )
    parser.add_argument(
        '--to',
        type=Path,
        default=onnx_export.folders()[-1],
        metavar='FOLDER',
        help='where encoders are put (default: %(default)s)',
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, messages: Console) -> int:
    """Build the encoder that ``--model`` names and say where it is."""
    encoder = SentenceEncoder(args.model)
    if encoder.folder is None:
        raise EncoderError(f'{args.model} is no folder: only a model in a folder can be exported')
    built = onnx_export.build(encoder.folder, encoder.digest, args.to)
    messages.print(f'{encoder.model_id} is in {built}', markup=False, soft_wrap=True)
    return 0
