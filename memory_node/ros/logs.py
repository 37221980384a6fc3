"""What the memory logs, as messages of the node: on its console and on /rosout, never a flood."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
import logging
from typing import Any

from rclpy.node import Node

__all__ = ['Throttle', 'told_by']

_PACKAGE = 'memory_node'
#: Lines that one place in the code may say in one window, and how long that is [s].
_BURST, _WINDOW_S = 5, 60.0


class Throttle:
    """Lets a place in the code say a few lines a minute, and counts what it leaves out."""

    def __init__(self) -> None:
        #: Start of the window [s], lines said in it, lines left out, by place.
        self._places: dict[tuple[str, int], tuple[float, int, int]] = {}

    def admit(self, record: logging.LogRecord) -> str | None:
        """Return what to say of a record, with how many like it were left out; None: nothing."""
        place = record.pathname, record.lineno
        began_s, said, left_out = self._places.get(place, (record.created, 0, 0))
        if not 0.0 <= record.created - began_s < _WINDOW_S:  # a clock that goes back, too
            began_s, said = record.created, 0
        if said >= _BURST:
            self._places[place] = began_s, said, left_out + 1
            return None
        self._places[place] = began_s, said + 1, 0
        note = f' ({left_out} more like it were left out)' if left_out else ''
        return f'{record.getMessage()}{note}'


class _Handler(logging.Handler):
    """Hands records of ``memory_node.core.store`` to the logger ``<node>.core.store``."""

    def __init__(self, node: Node) -> None:
        super().__init__(logging.INFO)
        self._node = node
        self._throttle = Throttle()
        self._loggers: dict[str, Any] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Say one record; logging calls this one at a time."""
        try:
            text = self._throttle.admit(record)
            if text is None:
                return
            if record.exc_info:
                text = f'{text}\n{logging.Formatter().formatException(record.exc_info)}'
            part = record.name.removeprefix(_PACKAGE).lstrip('.') or _PACKAGE
            if part not in self._loggers:
                self._loggers[part] = self._node.get_logger().get_child(part)
            _say(self._loggers[part], record.levelno)(text)
        except Exception:  # noqa: BLE001  what is logged must not end who logs
            self.handleError(record)


def _say(logger: Any, level: int) -> Callable[[str], Any]:
    """Return how to say a line; rclpy wants one place in the code for each level."""
    if level >= logging.ERROR:
        return lambda text: logger.error(text)
    if level >= logging.WARNING:
        return lambda text: logger.warning(text)
    return lambda text: logger.info(text)


@contextmanager
def told_by(node: Node) -> Iterator[None]:
    """Let ``node`` tell what the package logs, as long as this lasts."""
    logger, handler = logging.getLogger(_PACKAGE), _Handler(node)
    level, logger.propagate = logger.level, False
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
        logger.propagate = True
