"""What a process takes of the machine, as the kernel tells it."""

from __future__ import annotations

from dataclasses import dataclass
import os
from pathlib import Path

__all__ = ['Usage', 'usage_of']


@dataclass(frozen=True, slots=True)
class Usage:
    """
    Memory, threads and open files.

    ``own_mb`` is what nobody can take back [MB]: all resident memory but mapped files, which are
    libraries and the weights of the encoder.
    """

    memory_mb: float
    own_mb: float
    threads: int
    files: int


def usage_of(pid: int) -> Usage:
    """Return what a process takes now."""
    lines = Path(f'/proc/{pid}/status').read_text().splitlines()
    fields = {name: value.split() for name, _, value in (line.partition(':') for line in lines)}
    return Usage(
        memory_mb=int(fields['VmRSS'][0]) / 1024,
        own_mb=(int(fields['RssAnon'][0]) + int(fields['RssShmem'][0])) / 1024,
        threads=int(fields['Threads'][0]),
        files=len(os.listdir(f'/proc/{pid}/fd')),
    )
