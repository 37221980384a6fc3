"""A disk of a few bytes, for what happens when one is full."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import os
from pathlib import Path
import subprocess

import pytest

__all__ = ['small_disk']


@contextmanager
def small_disk(path: Path, size: str) -> Iterator[Path]:
    """Give the folder ``path`` on a disk of a size as tmpfs takes it; skips where none may be."""
    path.mkdir()
    command = ['mount', '-t', 'tmpfs', '-o', f'size={size}', 'tmpfs', str(path)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True).returncode:
        pytest.skip('only root may mount a small disk, and not in every container')
    try:
        yield path
    finally:
        subprocess.run(['umount', str(path)], check=True)
