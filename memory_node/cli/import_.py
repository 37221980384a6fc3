"""``memory import``: JSON Lines, GML graphs, and rosbag2 recordings."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path

from rich.console import Console
from rich.progress import (
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from memory_node.cli.bag_options import bag_settings, describe_bags
from memory_node.cli.common import open_memory, print_json
from memory_node.core.config import MemoryConfig, PrivacyConfig
from memory_node.core.data import DEFAULT_MAP_ID, Observation
from memory_node.core.errors import MemoryNodeError, StoreAccessError
from memory_node.core.memory import Memory
from memory_node.core.memory.map_frames import MapFrames
from memory_node.core.perception.captions import safe_characters
from memory_node.interchange.bag_files import is_recording
from memory_node.interchange.corrections import import_corrections
from memory_node.interchange.gml import read_gml
from memory_node.interchange.jsonl import Identity, read_observations, Rejected

__all__ = ['add_command']

#: Observations per transaction: a killed import loses at most this many.
BATCH = 256
#: Refused lines, and ids, that are shown one by one.
SHOWN = 10
#: Frame that poses of a recording are in where its TF has it (REP-105).
MAP_FRAME = 'map'
#: Settings of the node that messages name, and the options that stand for them here.
_OPTIONS = {
    'ingest.pairing_slop_s': '--pairing-slop (ingest.pairing_slop_s)',
    'ingest.odometry_gap_s': '--odometry-gap (ingest.odometry_gap_s)',
    '(depth_unit_m)': '(--depth-unit, camera.depth_unit_m)',
    'perception.classes_path': '--classes (perception.classes_path)',
}


def add_command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    shared: argparse.ArgumentParser,
) -> None:
    """Describe ``memory import``."""
    parser = commands.add_parser(
        'import', parents=[shared], help='remember observations or a bag', description=__doc__
    )
    parser.add_argument(
        'files',
        nargs='+',
        type=Path,
        metavar='FILE',
        help='.jsonl, .gml, .mcap, .db3 (also .zstd), metadata.yaml, or the folder of a bag',
    )
    parser.add_argument(
        '--map-id', default=None, help="map of these observations (default: the file's, or map)"
    )
    parser.add_argument(
        '--prefix-ids',
        action='store_true',
        help="put the file's name before ids, for files that count from zero each",
    )
    parser.add_argument(
        '--drop-people', action='store_true', help='leave people out (privacy.people: drop)'
    )
    parser.add_argument(
        '--no-pictures', action='store_true', help='keep no pictures (keep_keyframes: false)'
    )
    describe_bags(parser.add_argument_group('bags'))
    parser.set_defaults(run=run)


def _identity(path: Path, args: argparse.Namespace, frames: dict[str, str]) -> Identity:
    prefix = f'{safe_characters(path.stem)}-' if args.prefix_ids else ''
    return Identity(map_id=args.map_id, prefix=prefix, frames=frames)


def _read_text(
    path: Path,
    args: argparse.Namespace,
    rejected: list[Rejected],
    frames: dict[str, str] | None = None,
) -> Iterable[Observation]:
    if path.suffix.lower() == '.jsonl':
        identity = _identity(path, args, frames if frames is not None else {})
        return read_observations(path, rejected, identity)
    if path.suffix.lower() == '.gml':
        return read_gml(path, rejected, map_id=args.map_id)
    raise StoreAccessError(
        f'cannot import {path}: expected .jsonl, .gml, .mcap, .db3 (also .zstd), metadata.yaml or'
        ' a folder'
    )


def _read_bag(
    memory: Memory,
    path: Path,
    args: argparse.Namespace,
    rejected: list[Rejected],
    say: Callable[[str], None],
) -> Iterable[Observation]:
    from memory_node.interchange.bag import read_bag  # rosbags and OpenCV are slow

    maps = MapFrames(memory, MAP_FRAME, join=lambda target, source: None, warn=say)
    map_for = partial(maps.map_for, args.map_id or DEFAULT_MAP_ID)
    return read_bag(path, bag_settings(args), rejected, say=say, map_for=map_for)


def _content(observation: Observation) -> tuple[object, ...]:
    """Return what makes an observation the same when it comes again under its id."""
    return (
        observation.stamp_ns,
        observation.map_id,
        ' '.join(safe_characters(observation.caption).split()),
        tuple(round(v, 3) for v in observation.pose.position),
        tuple(s.label for s in observation.sightings),
    )


def _conflicts(memory: Memory, observations: Iterator[Observation]) -> list[str]:
    """Return the ids under which something else is held, or came earlier in the file."""
    earlier: dict[str, int] = {}
    found: dict[str, None] = {}
    while batch := [memory.as_kept(o) for o in islice(observations, BATCH)]:
        for o in batch:
            if earlier.setdefault(o.id, hash(_content(o))) != hash(_content(o)):
                found[o.id] = None
        held = memory.known([o.id for o in batch])
        for o in batch:
            if o.id in held and _content(memory.observation(o.id)) != _content(o):
                found[o.id] = None
    return list(found)


def _store(
    memory: Memory,
    observations: Iterator[Observation],
    args: argparse.Namespace,
    advance: Callable[[int], None],
) -> tuple[int, int]:
    """Add in batches; observations that are already known are left as they are."""
    if args.no_pictures:
        observations = (replace(o, keyframe=b'') for o in observations)
    added = known = 0
    while batch := list(islice(observations, BATCH)):
        taken = memory.known([o.id for o in batch])
        fresh = {o.id: o for o in batch if o.id not in taken}
        added += memory.add_many(fresh.values())
        known += len(batch) - len(fresh)
        advance(len(batch))
    return added, known


def _holds(memory: Memory, map_id: str) -> bool:
    try:
        return next(iter(memory.observations(map_id)), None) is not None
    except MemoryNodeError:  # no such map yet
        return False


def run(args: argparse.Namespace, messages: Console) -> int:
    """Import every file; the exit code is 1 when anything was refused."""
    if args.image_encoder and args.no_pictures:
        raise StoreAccessError('--image-encoder needs the pictures that --no-pictures drops')
    refused = 0
    columns = (SpinnerColumn(), TextColumn('{task.description}'), MofNCompleteColumn())
    privacy = PrivacyConfig(people='drop' if args.drop_people else 'keep')
    with (
        open_memory(args, write=True, config=MemoryConfig(privacy=privacy)) as memory,
        Progress(*columns, TimeElapsedColumn(), console=messages) as progress,
    ):
        for path in args.files:
            rejected: list[Rejected] = []
            conflicts: list[str] = []
            task = progress.add_task(path.name, total=None)
            advance = partial(progress.advance, task)
            if is_recording(path):
                counts = _import_bag(memory, path, args, rejected, messages, advance)
            elif conflicts := _conflicts(memory, iter(_read_text(path, args, []))):
                counts = (0, 0)
            else:
                counts = _import_text(memory, path, args, rejected, advance)
            progress.update(task, total=sum(counts))
            refused += len(rejected) + len(conflicts)
            _report(args, messages, path, counts, rejected, conflicts)
    return 1 if refused else 0


def _import_text(
    memory: Memory,
    path: Path,
    args: argparse.Namespace,
    rejected: list[Rejected],
    advance: Callable[[int], None],
) -> tuple[int, int]:
    held = dict(memory.frames)
    frames = dict(held)
    counts = _store(memory, iter(_read_text(path, args, rejected, frames)), args, advance)
    for map_id in frames.keys() - held.keys():
        memory.set_frame(map_id, frames[map_id])
    if path.suffix.lower() == '.jsonl':
        _import_corrections(memory, path, args, rejected)
    return counts


def _import_corrections(
    memory: Memory, path: Path, args: argparse.Namespace, rejected: list[Rejected]
) -> None:
    named = {line.line for line in rejected}
    refused: list[Rejected] = []
    import_corrections(memory, path, refused, _identity(path, args, {}))
    rejected += [line for line in refused if line.line not in named]


def _import_bag(
    memory: Memory,
    path: Path,
    args: argparse.Namespace,
    rejected: list[Rejected],
    messages: Console,
    advance: Callable[[int], None],
) -> tuple[int, int]:
    def say(line: str) -> None:
        for setting, option in _OPTIONS.items():
            line = line.replace(setting, option)
        messages.print(f'{path.name}: {line}', markup=False, highlight=False, soft_wrap=True)

    map_id = args.map_id or DEFAULT_MAP_ID
    visited = _holds(memory, map_id)
    added, known = _store(
        memory, iter(_read_bag(memory, path, args, rejected, say)), args, advance
    )
    if visited and added and not known:
        say(
            f'map {map_id!r} held observations of another recording: where the odometry of this'
            ' one started anew, give it a map of its own with --map-id, or things appear twice'
        )
    return added, known


def _report(
    args: argparse.Namespace,
    messages: Console,
    path: Path,
    counts: tuple[int, int],
    rejected: list[Rejected],
    conflicts: list[str],
) -> None:
    def say(line: str) -> None:
        messages.print(line, markup=False, highlight=False, soft_wrap=True)

    added, known = counts
    for line in rejected[:SHOWN]:
        where = f'{path.name}:{line.line}' if line.line else path.name
        say(f'{where}: {line.reason}')
    if len(rejected) > SHOWN:
        say(f'{path.name}: and {len(rejected) - SHOWN} more refused')
    if conflicts:
        ids = ', '.join(map(repr, conflicts[:SHOWN])) + (', ...' if conflicts[SHOWN:] else '')
        say(
            f'{path.name}: error: nothing imported, {len(conflicts)} ids are taken by other'
            f' observations: {ids}; --prefix-ids keeps both'
        )
    if args.json:
        print_json(
            {
                'file': str(path),
                'added': added,
                'known': known,
                'refused': len(rejected),
                'conflicts': conflicts,
            }
        )
    else:
        say(f'{path.name}: {added} added, {known} known, {len(rejected)} refused')
