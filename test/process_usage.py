"""What a process takes of the machine, as the kernel tells it."""

from __future__ import annotations

from dataclasses import dataclass
import os
from pathlib import Path

__all__ = ['Usage', 'usage_of']


@dataclass(frozen=True, slots=True)
class Usage:
    """Resident memory [MB], its peak [MB], threads and open files."""

    memory_mb: float
    peak_mb: float
    threads: int
    files: int


def usage_of(pid: int) -> Usage:
    """Return what a process takes now."""
    lines = Path(f'/proc/{pid}/status').read_text().splitlines()
    fields = {name: value.split() for name, _, value in (line.partition(':') for line in lines)}
    return Usage(
        memory_mb=int(fields['VmRSS'][0]) / 1024,
        peak_mb=int(fields['VmHWM'][0]) / 1024,
        threads=int(fields['Threads'][0]),
        files=len(os.listdir(f'/proc/{pid}/fd')),
    )
