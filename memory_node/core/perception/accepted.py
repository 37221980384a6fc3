"""What of a description is fit to keep: clean text, well-formed and confident detections."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
import math

from memory_node.core.data import MAX_ID_CHARS
from memory_node.core.language.sign_labels import sign_text
from memory_node.core.perception.captions import clean_text
from memory_node.core.ports import Detection

__all__ = ['MAX_SIGHTINGS', 'accepted', 'clean_label', 'cleaned']

#: Sightings kept of one frame, the most confident ones.
MAX_SIGHTINGS = 256
_MAX_LABEL_CHARS = 64


def cleaned(raw: str | bytes, counts: Counter[str]) -> str:
    """Return a text made safe; counts what was clipped or altered."""
    clean = clean_text(raw)
    counts['captions_clipped'] += clean.clipped
    counts['captions_altered'] += clean.altered
    return clean.text


def clean_label(raw: str) -> str:
    """Return a label made safe and short; what a sign says may be longer."""
    return clean_text(raw, MAX_ID_CHARS if sign_text(raw) else _MAX_LABEL_CHARS).text


def accepted(
    detections: Iterable[Detection], min_confidence: float, counts: Counter[str]
) -> list[Detection]:
    """Return well-formed, confident detections with clean labels, most confident first."""
    kept = []
    for detection in detections:
        label = clean_label(detection.label)
        left, top, right, bottom = detection.box_px
        box_is_sane = all(map(math.isfinite, detection.box_px)) and left < right and top < bottom
        if not label or not 0.0 <= detection.confidence <= 1.0 or not box_is_sane:
            counts['detections_refused'] += 1
        elif detection.confidence < min_confidence:
            counts['detections_dropped'] += 1
        else:
            kept.append(
                Detection(label=label, confidence=detection.confidence, box_px=detection.box_px)
            )
    kept.sort(key=lambda d: (-d.confidence, d.label, d.box_px))
    counts['detections_dropped'] += max(0, len(kept) - MAX_SIGHTINGS)
    return kept[:MAX_SIGHTINGS]
