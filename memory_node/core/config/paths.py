"""Paths that users give, and folders that are theirs."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ['own_folder', 'path_inside', 'user_path']


def user_path(text: str) -> Path:
    """Return a path with ``~`` or ``~name`` expanded; ``ValueError`` where that has no home."""
    try:
        return Path(text).expanduser()
    except RuntimeError as error:
        raise ValueError(f'{text!r:.200} is in no home that is known here') from error


def path_inside(folder: Path, text: str) -> Path:
    """
    Return a path that somebody asks for, below ``folder`` where it is relative.

    Raises ``ValueError`` where it leads out of the folder, by links too.
    """
    path = folder / user_path(text)
    try:
        if path.resolve().is_relative_to(folder.resolve()):
            return path
    except (OSError, RuntimeError) as error:  # names that are too long, links in a circle
        raise ValueError(f'{text!r:.200}: {error}') from error
    raise ValueError(f'{text!r:.200} is outside of {folder}')


def own_folder(variable: str, below_home: str) -> Path | None:
    """
    Return the folder that an environment variable names, else one below the user's home.

    None where there is neither: a process may run as a user that the machine does not know.
    """
    try:
        return user_path(os.environ.get(variable) or f'~/{below_home}')
    except ValueError:
        return None
