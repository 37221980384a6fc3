"""Find recorded data that is not part of the project."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def require_data(name: str) -> Path:
    """Return the folder of a data set, or skip the test where it is absent."""
    base = Path(os.environ.get('MEMORY_TEST_DATA', ROOT.parent / 'shared' / 'data'))
    folder = base / name
    if not folder.exists():
        pytest.skip(f'no data set {name!r} in {base}; set MEMORY_TEST_DATA to its folder')
    return folder


def require_case(name: str) -> Path:
    """Return a small input that once failed, or skip the test where it is absent."""
    path = ROOT.parent / 'shared' / 'cases' / name
    if not path.exists():
        pytest.skip(f'no input {path}')
    return path
