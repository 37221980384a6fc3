"""The words of a request that no pattern has taken yet."""

from __future__ import annotations

from collections.abc import Iterator
import re

from memory_node.core.language.cues import words_of

__all__ = ['Remainder', 'TAKEN']

#: Stands for every character that was taken, so that positions stay those of the request.
TAKEN = '\x1f'


class Remainder:
    """
    The text of a request, from which patterns take their words.

    A pattern sees only what the patterns before it have left, so "in the morning" is never a room.
    """

    def __init__(self, text: str) -> None:
        """Start with the whole request."""
        self.whole = text
        self.text = text
        #: Words that are left, as ``cues.words_of`` tells them.
        self.words = words_of(text)

    def take(self, start: int, stop: int) -> str:
        """Take the characters ``start:stop`` away; return them as one line of words."""
        words = ' '.join(self.text[start:stop].replace(TAKEN, ' ').split())
        self.text = self.text[:start] + TAKEN * (stop - start) + self.text[stop:]
        self.words = words_of(self.text)
        return words

    def matches(self, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
        """Yield matches one by one, each in what is left by then."""
        at = 0
        while match := pattern.search(self.text, at):
            yield match
            at = max(match.end(), at + 1)
