"""
Words without which a pattern cannot match, read off the pattern itself.

Most patterns of a request look for words that are not in it. What a pattern needs is known once
it is compiled, so a request is only searched for what it may say. Only whole words and digits
count, and only where the pattern shows that nothing else can stand there: where it does not, it
needs nothing and is always searched.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property
import re
from typing import Any, TypeAlias

try:  # Python's own reader of patterns, which it may move
    import re._constants as code  # type: ignore[import-not-found]
    import re._parser as regular  # type: ignore[import-not-found]
except ImportError:
    code = regular = None

__all__ = ['Cues', 'words_of']

#: Sets of words: a text that matches has a word of each.
Needs: TypeAlias = tuple[frozenset[str], ...]
#: An instruction of a parsed pattern and its argument.
Node: TypeAlias = tuple[Any, Any]

_WORD = re.compile(r'[^\W\d_]+|\d')
_DIGITS = frozenset('0123456789')
#: Texts that one part of a pattern may stand for; of parts with more, nothing is said.
_MOST = 256


def words_of(text: str) -> frozenset[str] | None:
    """Return the words and digits of a text; None where a pattern may see others in it."""
    # Beyond ASCII, ignoring case joins letters that folding it keeps apart.
    return frozenset(_WORD.findall(text.lower())) if text.isascii() else None


class Cues:
    """The words that some patterns need: a text without them is none that any of them matches."""

    def __init__(self, *patterns: re.Pattern[str]) -> None:
        """Read them off ``patterns`` when they are first asked for."""
        self.patterns = patterns

    @cached_property
    def needs(self) -> tuple[Needs, ...]:
        """What each pattern needs, where it needs anything at all."""
        return tuple(dict.fromkeys(map(_needs, self.patterns)))

    def may_be_in(self, words: frozenset[str] | None) -> bool:
        """Tell whether any pattern can match a text of these words, or a part of it."""
        if words is None:
            return True
        for needs in self.needs:
            for need in needs:
                if need.isdisjoint(words):
                    break
            else:
                return True
        return False


def _needs(pattern: re.Pattern[str]) -> Needs:
    """Return what a pattern needs; nothing where it can't be taken apart."""
    if regular is None:
        return ()
    return _of_all(regular.parse(pattern.pattern, pattern.flags), before=False, after=False)


def _of_all(nodes: Sequence[Node], *, before: bool, after: bool) -> Needs:
    """
    Return what a sequence needs.

    ``before`` and ``after`` are whether no letter can stand right before and right after it.
    """
    found: list[frozenset[str]] = []
    at = 0
    while at < len(nodes):
        texts, end = _texts_from(nodes, at)
        rest = _opens(nodes[end:], after)
        found += _of_texts(texts, before=before, after=rest)
        before = _ends_all(nodes[at:end], before)
        at = end
        if at < len(nodes) and not _texts(nodes[at]):
            found += _of(nodes[at], before=before, after=_opens(nodes[at + 1 :], after))
            before = _ends(nodes[at], before)
            at += 1
    return tuple(dict.fromkeys(found))


def _texts_from(nodes: Sequence[Node], at: int) -> tuple[list[str], int]:
    """Return the texts that instructions from one on stand for, and the first one left out."""
    texts = ['']
    while at < len(nodes) and (more := _texts(nodes[at])):
        if len(texts) * len(more) > _MOST:
            break
        texts = [one + other for one in texts for other in more]
        at += 1
    return texts, at


def _texts(node: Node) -> list[str]:
    """Return all texts that an instruction stands for; none where these are too many."""
    kind, value = node
    if kind is code.LITERAL:
        return [chr(value).lower()]
    if kind is code.IN:
        plain = all(one[0] is code.LITERAL for one in value)
        return [chr(one[1]).lower() for one in value] if plain else []
    if kind is code.SUBPATTERN:
        texts, end = _texts_from(value[3], 0)
        return texts if end == len(value[3]) else []
    if kind is code.BRANCH:
        parts = [_texts_from(part, 0) for part in value[1]]
        whole = all(end == len(part) for (_, end), part in zip(parts, value[1], strict=True))
        texts = [text for some, _ in parts for text in some]
        return texts if whole and len(texts) <= _MOST else []
    if _repeats(kind) and value[1] == 1:
        texts, end = _texts_from(value[2], 0)
        return texts + [''] * (not value[0]) if end == len(value[2]) else []
    return []


def _of_texts(texts: Iterable[str], *, before: bool, after: bool) -> list[frozenset[str]]:
    """
    Return what any of some texts needs: one word of each that stands alone.

    Once the longest of each text, and once those that most texts have. Nothing where one has none.
    """
    alone = {
        frozenset(
            match[0]
            for match in _WORD.finditer(text)
            if match[0].isdecimal()
            or ((match.start() or before) and (match.end() < len(text) or after))
        )
        for text in texts
    }
    if not all(alone):
        return []
    longest = frozenset(max(words, key=lambda w: (len(w), w)) for words in alone)
    shared = set[str]()
    while alone:
        often = Counter(word for words in alone for word in words)
        shared.add(max(often, key=lambda w: (often[w], len(w), w)))
        alone = {words for words in alone if shared.isdisjoint(words)}
    return [longest, frozenset(shared)]


def _of(node: Node, *, before: bool, after: bool) -> Needs:
    """Return what one instruction needs."""
    kind, value = node
    if kind is code.SUBPATTERN:
        return _of_all(value[3], before=before, after=after)
    if kind is code.BRANCH:
        parts = [_of_all(part, before=before, after=after) for part in value[1]]
        return (frozenset().union(*(max(p, key=_worth) for p in parts)),) if all(parts) else ()
    if _repeats(kind) and value[0]:
        alone = value[1] == 1  # what is repeated has itself before and after it
        return _of_all(value[2], before=before and alone, after=after and alone)
    if kind is code.ASSERT and value[0] < 0:
        return _of_all(value[1], before=False, after=False)
    if kind is code.IN and all(map(_is_digits, value)):
        return (_DIGITS,)
    return ()


def _worth(need: frozenset[str]) -> tuple[int | str, ...]:
    """Return what orders sets by how rarely a text has one of their words."""
    return min(map(len, need)), -len(need), *sorted(need)


def _repeats(kind: Any) -> bool:
    return kind in (code.MAX_REPEAT, code.MIN_REPEAT, code.POSSESSIVE_REPEAT)


def _is_letter(value: int) -> bool:
    return chr(value).isalpha()


def _is_digits(one: Node) -> bool:
    kind, value = one
    if kind is code.RANGE:
        return chr(value[0]).isdecimal() and chr(value[1]).isdecimal()
    return one == (code.CATEGORY, code.CATEGORY_DIGIT)


def _no_letter(one: Node) -> bool:
    """Tell whether a member of a class is no letter."""
    kind, value = one
    if kind is code.LITERAL:
        return not _is_letter(value)
    return _is_digits(one) or one == (code.CATEGORY, code.CATEGORY_SPACE)


def _bars_letters(nodes: Sequence[Node]) -> bool:
    """Tell whether a sequence matches any letter there is: "not before a letter"."""
    if len(nodes) != 1 or nodes[0][0] is not code.IN or nodes[0][1][0][0] is code.NEGATE:
        return False
    return (code.CATEGORY, code.CATEGORY_WORD) in nodes[0][1]


def _ends(node: Node, before: bool) -> bool:
    """Tell whether no letter can stand right before what follows an instruction."""
    return _is_clear(node, before, ahead=False)


def _ends_all(nodes: Iterable[Node], before: bool) -> bool:
    for node in nodes:
        before = _ends(node, before)
    return before


def _opens(nodes: Sequence[Node], after: bool) -> bool:
    """Tell whether no letter can stand where a sequence begins; ``after`` is so at its end."""
    for node in reversed(nodes):
        after = _is_clear(node, after, ahead=True)
    return after


def _is_clear(node: Node, beyond: bool, *, ahead: bool) -> bool:
    """
    Tell whether no letter can stand at one side of an instruction, seen from there.

    ``beyond`` is so at its other side, ``ahead`` is whether it is looked at from before.
    """
    kind, value = node
    if kind is code.LITERAL:
        return not _is_letter(value)
    if kind is code.IN:
        return value[0][0] is not code.NEGATE and all(map(_no_letter, value))
    if kind is code.AT:
        edges = (code.AT_BEGINNING, code.AT_BEGINNING_STRING)
        if ahead:
            edges = (code.AT_END, code.AT_END_STRING)
        return beyond or value is code.AT_BOUNDARY or value in edges
    side = _opens if ahead else _ends_all
    if kind is code.SUBPATTERN:
        return side(value[3], beyond)
    if kind is code.BRANCH:
        return all(side(part, beyond) for part in value[1])
    if _repeats(kind):
        return side(value[2], False) and (beyond or value[0] > 0)
    looks = kind in (code.ASSERT, code.ASSERT_NOT) and (value[0] > 0) is ahead
    if kind is code.ASSERT:
        return beyond or (looks and side(value[1], False))
    if kind is code.ASSERT_NOT:
        return beyond or (looks and _bars_letters(value[1]))
    return False
