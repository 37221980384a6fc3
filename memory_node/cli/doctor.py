"""``memory doctor``: looks at the installation and at a running system, and says what to mend."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
import platform
import subprocess
import sys

from rich.console import Console

from memory_node.core.errors import MemoryNodeError
from memory_node.core.store.check import check_store
from memory_node.interchange.findings import BAD, Finding, HINT, OK
from memory_node.models.sentence_encoder import SentenceEncoder

__all__ = ['add_command']

#: What the memory imports, and the package that brings it.
_PACKAGES = {
    'numpy': 'numpy',
    'scipy': 'scipy',
    'hnswlib': 'hnswlib',
    'yaml': 'PyYAML',
    'snowballstemmer': 'snowballstemmer',
    'onnxruntime': 'onnxruntime',
    'cv2': 'opencv-python-headless',
}
#: Without these the node starts, and lacks what they are for.
_OPTIONAL = {
    'vision_msgs': 'detections of vision_msgs are not heard; apt install ros-jazzy-vision-msgs',
    'tf2_msgs': 'TF is not heard; apt install ros-jazzy-tf2-msgs',
    'nav2_msgs': '~/go finds no navigator; apt install ros-jazzy-nav2-msgs',
    'map_msgs': 'changes of costmaps are not heard; apt install ros-jazzy-map-msgs',
    'bond': "Nav2's lifecycle manager has to have bond_timeout 0.0; apt install ros-jazzy-bond",
}
#: Longest that looking at a system may take beside listening [s].
_BESIDE_S = 60.0


def add_command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    shared: argparse.ArgumentParser,
) -> None:
    """Describe ``memory doctor``."""
    parser = commands.add_parser(
        'doctor',
        parents=[shared],
        help='say what is wrong with installation and running system',
        description=__doc__,
    )
    parser.add_argument(
        '--wait',
        type=float,
        default=5.0,
        metavar='SECONDS',
        help='how long topics are listened to, at most 300 (default: %(default)s)',
    )
    parser.add_argument(
        '--params',
        type=Path,
        metavar='FILE',
        help='parameter file of the node to look at, with the endpoints that it names',
    )
    parser.add_argument('--no-ros', action='store_true', help='leave the running system alone')
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, messages: Console) -> int:
    """Print one line for each finding; the exit code is 1 when one of them is bad."""
    bad = 0
    for finding in _findings(args):
        bad += finding.level == BAD
        sys.stdout.write((finding.json() if args.json else _printable(finding.line())) + '\n')
        sys.stdout.flush()
    return 1 if bad else 0


def _findings(args: argparse.Namespace) -> Iterator[Finding]:
    yield from _python()
    yield _encoder(args.model)
    yield from _store(args)
    if args.params is not None:
        yield from _looked('memory_node.ros.params_file', str(args.params), limit_s=_BESIDE_S)
    if args.no_ros:
        return
    if find_spec('rclpy') is None or find_spec('memory_msgs') is None:
        yield Finding(
            level=HINT,
            about='ROS 2',
            found='this Python has no rclpy or no memory_msgs: the system was not looked at',
            mend='source /opt/ros/jazzy/setup.bash and install/setup.bash, then ask again',
        )
        return
    for name, lack in _OPTIONAL.items():
        if find_spec(name) is None:
            found, _, mend = lack.partition('; ')
            yield Finding(level=HINT, about=name, found=f'not installed: {found}', mend=mend)
    wait_s = min(max(args.wait, 0.5), 300.0)
    yield from _looked('memory_node.ros.doctor', '--wait', str(wait_s), limit_s=wait_s + _BESIDE_S)


def _python() -> Iterator[Finding]:
    yield Finding(level=OK, about='Python', found=f'{platform.python_version()}, {sys.prefix}')
    told = []
    for module, package in _PACKAGES.items():
        try:
            import_module(module)
        except Exception as error:  # noqa: BLE001  a binary that does not fit raises anything
            yield Finding(
                level=BAD,
                about=package,
                found=f'{_version(package)}, does not load: {type(error).__name__}: {error}',
                mend='pip install -r requirements/robot.txt, in the environment of the node',
            )
        else:
            told.append(f'{package} {_version(package)}')
    yield Finding(level=OK, about='packages', found=', '.join(told))


def _version(package: str) -> str:
    names = (package, 'opencv-python', 'opencv') if 'opencv' in package else (package,)
    for name in names:
        try:
            return version(name)
        except PackageNotFoundError:
            continue
    return 'of the system'


def _encoder(model: str) -> Finding:
    try:
        encoder = SentenceEncoder(model, backend='onnx')
        size = encoder.encode(['a test']).shape[1]
    except MemoryNodeError as error:
        return Finding(
            level=BAD,
            about='encoder',
            found=str(error),
            mend='memory encoder, on a machine with torch; copy the folder that it names',
        )
    return Finding(level=OK, about='encoder', found=f'{encoder.model_id}, ONNX, {size} numbers')


def _store(args: argparse.Namespace) -> Iterator[Finding]:
    about = f'store {args.store}'
    if not args.store.exists():
        mend = 'name it with --store; the node makes it where memory_path says'
        yield Finding(level=HINT, about=about, found='there is none', mend=mend)
        return
    try:
        report = check_store(args.store, quick=True)
    except MemoryNodeError as error:
        yield Finding(level=BAD, about=about, found=str(error), mend='is it readable to you?')
        return
    for problem in report.problems:
        yield Finding(level=BAD, about=about, found=problem, mend='memory repair')
    if not report.problems:
        yield Finding(level=OK, about=about, found=f'whole, {report.observations} observations')


def _looked(module: str, *arguments: str, limit_s: float) -> Iterator[Finding]:
    """Let a module look in another process, which ends whatever it meets."""
    command = [sys.executable, '-m', module, *arguments]
    lines, trouble = '', ''
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors='replace', timeout=limit_s
        )
        lines = done.stdout
        if done.returncode:
            trouble = (done.stderr.strip().splitlines() or ['no reason given'])[-1]
    except subprocess.TimeoutExpired as error:
        out = error.stdout or b''
        lines = out.decode(errors='replace') if isinstance(out, bytes) else out
        trouble = f'it did not end within {limit_s:g} s'
    except OSError as error:
        trouble = str(error)
    for line in lines.splitlines():
        try:
            yield Finding.from_json(line)
        except ValueError:
            continue  # what a library prints
    if trouble:
        yield Finding(
            level=BAD,
            about=module.rpartition('.')[2],
            found=f'can not look: {trouble}',
            mend='source the workspace, check RMW_IMPLEMENTATION and ROS_DOMAIN_ID',
        )


def _printable(text: str) -> str:
    """Return a line without what a terminal would take for orders: names come from anybody."""
    return ''.join(c if c.isprintable() else '?' for c in text)
