"""Signs that a reader found in a picture, as detections like those of a detector."""

from __future__ import annotations

from collections.abc import Iterable

from memory_node.core.errors import CaptionerError
from memory_node.core.language.sign_labels import sign_label
from memory_node.core.language.signs import is_sign_name
from memory_node.core.ports import Detection, Image, SignReader

__all__ = ['MAX_SIGNS', 'read_signs', 'unread']

#: Signs kept of one picture, the surest.
MAX_SIGNS = 64
#: Readers see single characters in the edges of furniture; one that is there is read more surely:
#: of 89 in simulated offices, wards and aisles, where none was, 80 were below this.
_SURE_CHARACTER = 0.98
#: Smaller pictures stand for none at all [px].
_LEAST_SIDE_PX = 32


def read_signs(reader: SignReader, image: Image) -> list[Detection]:
    """
    Return the signs of an (H, W, 3) RGB picture, the surest first, labelled by what they say.

    Raises ``CaptionerError`` when the reader fails in any way.
    """
    if min(image.shape[:2]) < _LEAST_SIDE_PX:
        return []
    try:
        readings = reader.read(image)
    except CaptionerError:
        raise
    except Exception as error:
        raise CaptionerError(f'{reader.name} failed: {error!r}') from error
    return [
        Detection(
            label=sign_label(reading.text),
            confidence=reading.confidence,
            box_px=reading.box_px,
        )
        for reading in readings[:MAX_SIGNS]
        if len(reading.text.strip()) > 1 or reading.confidence >= _SURE_CHARACTER
    ]


def unread(detections: Iterable[Detection], signs: Iterable[Detection]) -> list[Detection]:
    """Return detections without those of a sign that was read: it is one thing, seen once."""
    read = list(signs)
    return [
        one
        for one in detections
        if not is_sign_name(one.label) or not any(_holds(one, sign) for sign in read)
    ]


def _holds(detection: Detection, sign: Detection) -> bool:
    left, top, right, bottom = detection.box_px
    x = (sign.box_px[0] + sign.box_px[2]) / 2
    y = (sign.box_px[1] + sign.box_px[3]) / 2
    return left <= x <= right and top <= y <= bottom
