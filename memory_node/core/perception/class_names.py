"""Names of a detector's classes: from a file, or from a topic that tells its label map."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
import re
from typing import Any

from memory_node.core.errors import CaptionerError, InvalidObservationError
from memory_node.core.language.yaml_text import read_yaml

__all__ = ['ClassNames', 'read_class_names']

#: Spellings of old label files, in the words people ask with.
_WORDS = {
    'aeroplane': 'airplane',
    'diningtable': 'dining table',
    'motorbike': 'motorcycle',
    'pottedplant': 'potted plant',
    'tvmonitor': 'tv monitor',
}
_NUMBER = re.compile(r'-?\d{1,18}')
#: A line that tells the id itself: ``3: chair``, ``3 chair``, ``3,chair``.
_NUMBERED = re.compile(r'(\d{1,18})\s*[:,\s]\s*(\S.*)')
#: Classes that a topic may name.
_MAX_CLASSES = 65536


def read_class_names(path: str | Path) -> dict[str, str]:
    """
    Return class id to name, in the order of the file, spelt as people say them.

    One name a line counts from 0, unless every line begins with its id; ``.yaml`` and ``.json``
    hold a list, or a mapping of ids to names, alone or under ``names``. Raises ``CaptionerError``.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding='utf-8')
        is_tree = path.suffix in ('.yaml', '.yml', '.json')
        tree = read_yaml(text) if is_tree else None
    except (OSError, ValueError) as error:
        raise CaptionerError(f'class names {path} cannot be read: {error}') from error
    names = _from_lines(text) if tree is None else _from_tree(tree)
    if not names:
        raise CaptionerError(f'class names {path} is empty, or holds no list of names')
    return {key: _WORDS.get(name, name) for key, name in names.items()}


def _from_lines(text: str) -> dict[str, str]:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    numbered = [_NUMBERED.fullmatch(line) for line in lines]
    if all(numbered):
        return {str(int(m[1])): m[2].strip('\'" ') for m in numbered if m is not None}
    return {str(i): line for i, line in enumerate(lines)}


def _from_tree(tree: Any) -> dict[str, str]:
    if isinstance(tree, Mapping) and isinstance(tree.get('names'), (list, Mapping)):
        tree = tree['names']
    if not isinstance(tree, (Mapping, list)):
        return {}
    pairs = tree.items() if isinstance(tree, Mapping) else enumerate(tree)
    return {str(key): str(name).strip() for key, name in pairs if isinstance(name, (str, int))}


class ClassNames:
    """
    Names by class id; what a topic tells comes before what a file says.

    A class id that is no number is a name already.
    """

    def __init__(self, path: str = '') -> None:
        """Read the file, where one is given; raises ``CaptionerError``."""
        self._from_file = read_class_names(path) if path else {}
        self._from_topic: dict[str, str] = {}

    def __len__(self) -> int:
        """Return how many classes have a name."""
        return len(self._from_file.keys() | self._from_topic.keys())

    def learn(self, classes: Iterable[tuple[int, str]]) -> None:
        """Take the label map of a topic, (id, name) each, in place of an earlier one."""
        learnt: dict[str, str] = {}
        for key, name in classes:
            if len(learnt) < _MAX_CLASSES and name.strip():
                learnt[str(int(key))] = _WORDS.get(name.strip(), name.strip())
        self._from_topic = learnt

    def name(self, class_id: str) -> str:
        """Return the name of a class; raises ``InvalidObservationError`` for a mere number."""
        class_id = class_id.strip()
        number = str(int(class_id)) if _NUMBER.fullmatch(class_id) else class_id
        for names in (self._from_topic, self._from_file):
            if (name := names.get(class_id) or names.get(number)) is not None:
                return name
        if _NUMBER.fullmatch(class_id):
            raise InvalidObservationError(
                f'class_id {class_id[:20]!r} has no name: set perception.classes_path, or publish'
                ' its label map on label_info'
            )
        return _WORDS.get(class_id, class_id)
