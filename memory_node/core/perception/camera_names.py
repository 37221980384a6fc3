"""What the cameras of a robot are called, and their topics."""

from __future__ import annotations

from collections.abc import Sequence

from memory_node.core.data import CAMERA_NAME

__all__ = ['ONLY', 'check_camera_names', 'topic_of']

#: Name of the camera of a robot that has one.
ONLY = ''


def check_camera_names(names: Sequence[str]) -> None:
    """Raise ``ValueError`` where names are not parts of topics, or one comes twice."""
    for name in names:
        if not CAMERA_NAME.fullmatch(name):
            raise ValueError(
                f'cameras must hold names of a letter, then letters, digits or _, got {name!r}'
            )
    if len({name.lower() for name in names}) < len(names):
        raise ValueError(f'cameras must hold different names, got {", ".join(names)}')


def topic_of(camera: str, topic: str) -> str:
    """Return the name of a topic of a camera: below its own name where there are several."""
    return f'{camera}/{topic}' if camera else topic
