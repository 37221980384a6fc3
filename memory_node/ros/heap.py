"""Memory of the process: what is freed goes back to the machine, and not only to Python."""

from __future__ import annotations

import ctypes
import gc

__all__ = ['collect', 'give_back', 'limit']

#: Parameters of mallopt(3), with what they are set to.
_OPTIONS = {
    -8: 2,  # M_ARENA_MAX: each thread would have room of its own that the others can't use
    -3: 1 << 22,  # M_MMAP_THRESHOLD: large pictures go back at once, small ones are used again
    -1: 1 << 25,  # M_TRIM_THRESHOLD: so does what is free at the end
}


def limit() -> None:
    """
    Let the process keep little of what it frees; call it before threads start.

    Pictures of 6 MB come and go through many threads. Where the C library decides by itself, three
    times their size stays behind.
    """
    try:
        tune = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):  # not the C library of GNU
        return
    for option, value in _OPTIONS.items():
        tune(option, value)


def give_back() -> None:
    """Return free pages to the machine; Python goes on meanwhile."""
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except (AttributeError, OSError):  # not the C library of GNU
        return


def collect() -> None:
    """
    Free what only refers to itself, and give it back; Python stands still for some 0.1 s.

    Parts of a memory know each other, so nothing frees them before Python looks for circles. That
    takes it long: it counts objects, and a model of 90 MB is one.
    """
    gc.collect()
    give_back()
