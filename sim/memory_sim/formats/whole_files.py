"""Files that a reader sees whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping
import math
import os
from pathlib import Path
import tempfile
from typing import Any

__all__ = ['plain_json', 'write_whole']


def write_whole(path: Path, content: str | bytes) -> None:
    """
    Write a file, text as UTF-8, and put it in the place of the old one; folders are made.

    Raises ``OSError``; then the old file stays, and nothing else is left behind.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f'.{path.name}.', suffix='.partial', dir=path.parent)
    try:
        with os.fdopen(handle, 'wb') as file:
            file.write(content.encode('utf-8') if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644)  # mkstemp lets nobody else read it
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def plain_json(value: Any) -> Any:
    """Replace NaN and infinity, which JSON has no word for, by null."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {key: plain_json(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain_json(inner) for inner in value]
    return value
