"""Questions about what has happened to things: what changed, what was moved, how often seen."""

from __future__ import annotations

import re

from memory_node.core.language.cues import Cues
from memory_node.core.language.relations import entry, patterns
from memory_node.core.language.request import AnswerKind

__all__ = ['HISTORY', 'read_history']

_THING = r"(?P<thing{}>(?:[\w'-]+ ){{0,5}}?[\w'-]+)"


def _pattern(kind: str) -> re.Pattern[str]:
    said = patterns('history', kind)
    for number in range(said.count('{thing}')):  # a group of its own for each
        said = said.replace('(?:{thing})', _THING.format(number), 1)
    return re.compile(rf'\A(?:{said})[ ?.!]*\Z', re.IGNORECASE)


_ASKED = {AnswerKind(kind): _pattern(str(kind)) for kind in entry('history')}
#: One of these matches all of such a question.
HISTORY = Cues(*_ASKED.values())


def read_history(text: str) -> tuple[AnswerKind, str] | None:
    """Return what a question about the past of things wants, and the thing, '' for any."""
    for kind, pattern in _ASKED.items():
        if match := pattern.fullmatch(text):
            return kind, next(filter(None, match.groupdict().values()), '')
    return None
