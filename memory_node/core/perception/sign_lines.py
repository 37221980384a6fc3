"""
Lines of text on one plate, joined into one reading: "Room" above "214" is "Room 214".

Lines belong together where they stand close for the height of their letters, one above the other
or one beside the other, and are of like height; what hangs farther apart is another sign.
"""

from __future__ import annotations

from collections.abc import Sequence

from memory_node.core.language.sign_labels import MAX_SIGN_CHARS
from memory_node.core.perception.captions import clean_text
from memory_node.core.ports import SignReading

__all__ = ['join_lines']

#: Largest gap between two lines of one sign, in heights of the smaller line.
_GAP_HEIGHTS = 1.0
#: Lines of one sign differ in height by at most this factor: a small word stands over a number.
_HEIGHT_FACTOR = 3.5
#: Two lines stand above (or beside) one another where they share this much of the narrower one.
_SHARED = 0.4

_Box = tuple[float, float, float, float]


def join_lines(lines: Sequence[SignReading]) -> tuple[SignReading, ...]:
    """
    Return the signs that lines of text make up, most confident first.

    The text of a sign reads from top to bottom and from left to right, is cleaned of what no text
    holds and cut at ``MAX_SIGN_CHARS``; its confidence is that of its least certain line, because
    one wrong line makes it wrong. Lines without text are left out.
    """
    cleaned = [(clean_text(line.text, MAX_SIGN_CHARS).text, line) for line in lines]
    kept = [
        SignReading(text=text, confidence=line.confidence, box_px=line.box_px)
        for text, line in cleaned
        if text
    ]
    signs = [_joined([kept[row] for row in rows]) for rows in _groups(kept)]
    return tuple(sorted(signs, key=lambda s: (-s.confidence, s.text, s.box_px)))


def _groups(lines: Sequence[SignReading]) -> list[list[int]]:
    """Return rows of lines that belong together, by the chain of what belongs to what."""
    left = set(range(len(lines)))
    groups = []
    while left:
        group, fresh = [], [min(left)]
        left.discard(fresh[0])
        while fresh:
            row = fresh.pop()
            group.append(row)
            near = [r for r in sorted(left) if _together(lines[row].box_px, lines[r].box_px)]
            left.difference_update(near)
            fresh += near
        groups.append(sorted(group))
    return groups


def _together(one: _Box, other: _Box) -> bool:
    heights = sorted((one[3] - one[1], other[3] - other[1]))
    if heights[0] <= 0 or heights[1] > _HEIGHT_FACTOR * heights[0]:
        return False
    across, apart_x = _overlap(one[0], one[2], other[0], other[2])
    down, apart_y = _overlap(one[1], one[3], other[1], other[3])
    reach = _GAP_HEIGHTS * heights[0]
    return (across >= _SHARED and apart_y <= reach) or (down >= _SHARED and apart_x <= reach)


def _overlap(low: float, high: float, other_low: float, other_high: float) -> tuple[float, float]:
    """Return what two spans share as part of the smaller one, and the gap between them [px]."""
    shared = min(high, other_high) - max(low, other_low)
    smaller = min(high - low, other_high - other_low)
    return (shared / smaller if smaller > 0 else 0.0), max(0.0, -shared)


def _joined(lines: list[SignReading]) -> SignReading:
    boxes = [line.box_px for line in lines]
    return SignReading(
        text=' '.join(line.text for line in _in_reading_order(lines))[:MAX_SIGN_CHARS].rstrip(),
        confidence=min(line.confidence for line in lines),
        box_px=(
            min(box[0] for box in boxes),
            min(box[1] for box in boxes),
            max(box[2] for box in boxes),
            max(box[3] for box in boxes),
        ),
    )


def _in_reading_order(lines: list[SignReading]) -> list[SignReading]:
    """Sort lines into rows from top to bottom, each from left to right."""
    ordered: list[SignReading] = []
    rest = sorted(lines, key=lambda line: (line.box_px[1] + line.box_px[3], line.box_px[0]))
    while rest:
        first = rest[0].box_px
        row = [
            line
            for line in rest
            if _overlap(first[1], first[3], line.box_px[1], line.box_px[3])[0] > 0.5
        ]
        ordered += sorted(row, key=lambda line: line.box_px[0])
        rest = [line for line in rest if line not in row]
    return ordered
