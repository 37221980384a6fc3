"""Sightings as JSON: a name, or an object with ``label`` and what is known besides."""

from __future__ import annotations

from typing import Any

from memory_node.core.data import Sighting
from memory_node.core.errors import InvalidObservationError
from memory_node.core.language.sign_labels import MAX_SIGN_CHARS, sign_label, sign_text
from memory_node.core.language.signs import is_sign_name
from memory_node.core.perception.captions import clean_text
from memory_node.interchange.json_values import number, point, text, vector3

__all__ = ['clean_label', 'sighting_from_json', 'sighting_to_json']


def clean_label(label: str) -> str:
    """Return ``label`` for reading: safe, ``#`` and ``_`` stand for blanks but on signs."""
    label = clean_text(label, max(1, len(label))).text
    if sign_text(label):
        return label
    return ' '.join(label.replace('#', ' ').replace('_', ' ').split())


def sighting_from_json(item: object) -> Sighting:
    """
    Return a sighting of parsed JSON; ``InvalidObservationError`` names the field that is wrong.

    ``text`` is what a sign says; other things have none.
    """
    if isinstance(item, str):
        return Sighting(label=clean_label(item))
    if not isinstance(item, dict):
        raise InvalidObservationError(f'objects must hold objects or names, got {item!r:.80}')
    position, extent = item.get('position'), item.get('extent')
    label = clean_label(text(item.get('label'), 'objects.label'))
    if item.get('text') is not None and is_sign_name(label):
        said = clean_text(text(item['text'], 'objects.text'), MAX_SIGN_CHARS).text
        label = sign_label(said) if said else label
    return Sighting(
        label=label,
        confidence=number(item.get('confidence', 1.0), 'objects.confidence'),
        position=None if position is None else point(position, 'objects.position'),
        extent=None if extent is None else vector3(extent, 'objects.extent'),
    )


def sighting_to_json(sighting: Sighting) -> dict[str, Any]:
    """Return what ``sighting_from_json`` reads back."""
    said = sign_text(sighting.label)
    item: dict[str, Any] = {'label': 'sign', 'text': said} if said else {'label': sighting.label}
    if sighting.confidence != 1.0:
        item['confidence'] = round(sighting.confidence, 4)
    if sighting.position is not None:
        item['position'] = [round(v, 4) for v in sighting.position]
    if sighting.extent is not None:
        item['extent'] = [round(v, 4) for v in sighting.extent]
    return item
