"""A job for worker processes that goes wrong in the way it is told to."""

from __future__ import annotations

import os
import signal


def misbehave(payload, show):
    show('begun')
    if payload == 'die':
        os.kill(os.getpid(), signal.SIGKILL)
    if payload == 'hang':
        signal.pause()
    if payload == 'raise':
        raise OSError('disk full')
