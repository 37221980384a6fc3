"""Memory of the process: what is freed goes back to the machine, and not only to Python."""

from __future__ import annotations

import ctypes
import gc

__all__ = ['give_back']


def give_back() -> None:
    """
    Free what only refers to itself, and return free pages to the machine; some milliseconds.

    Parts of a memory know each other, so nothing frees them before Python looks for circles. That
    takes it long: it counts objects, and a model of 90 MB is one.
    """
    gc.collect()
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except (AttributeError, OSError):  # not the C library of GNU
        return
