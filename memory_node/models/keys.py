"""The key of an endpoint: from the environment, or from a file that its owner alone can read."""

from __future__ import annotations

import json
import os
import stat

from memory_node.core.config.paths import user_path

__all__ = ['NO_KEY', 'read_key', 'without_key']

#: What an endpoint that wants no key is sent.
NO_KEY = 'none'
_MAX_KEY_BYTES = 4096
#: Shorter ones ("x" for a server that wants any) hide nothing and stand in many words.
_MIN_SECRET_CHARS = 6


def read_key(key_file: str) -> str:
    """
    Return the key that ``key_file`` holds; '' takes OPENAI_API_KEY, and ``NO_KEY`` without that.

    Raises ``ValueError``, which never quotes the key, where the file can't be read, holds no line
    or more than one, or is open to others than its owner.
    """
    if not key_file:
        return os.environ.get('OPENAI_API_KEY') or NO_KEY
    path = user_path(os.path.expandvars(key_file))
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # a pipe would be waited for
        with os.fdopen(handle, 'rb') as file:
            found = os.fstat(handle)
            if not stat.S_ISREG(found.st_mode):
                raise ValueError(f'{path} is no file')
            if found.st_mode & 0o077:
                mode = stat.S_IMODE(found.st_mode)
                raise ValueError(f'{path} is open to others ({mode:04o}): chmod 600 {path}')
            held = file.read(_MAX_KEY_BYTES + 1)
    except OSError as error:
        raise ValueError(f'{path}: {error.strerror or error}') from None
    lines = held.decode('utf-8', 'replace').split()
    if len(held) > _MAX_KEY_BYTES or len(lines) != 1 or not lines[0].isascii():
        raise ValueError(f'{path} must hold one key and nothing else')
    return lines[0]


def without_key(text: str, key: str) -> str:
    """Return a text without the key, as it is and as JSON writes it."""
    if len(key) < _MIN_SECRET_CHARS:
        return text
    return text.replace(key, '***').replace(json.dumps(key)[1:-1], '***')
