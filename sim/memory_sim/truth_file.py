"""Ground truth as JSON, beside scenes whose files cannot hold all of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
import json
import math
from pathlib import Path
from typing import Any

from memory_sim.simulator import GroundTruth, Instance, Region, Vector3
from memory_sim.worlds import WorldError

__all__ = ['dump_truth', 'load_truth']

_FORMAT = 'memory_sim truth 1'


def dump_truth(truth: GroundTruth) -> bytes:
    """Return the JSON text of a ground truth."""
    return json.dumps({'format': _FORMAT, **asdict(truth)}, indent=1, sort_keys=True).encode()


def load_truth(path: Path | str) -> GroundTruth:
    """
    Read a ground truth.

    Raises
    ------
    WorldError
        If the file holds something else; the message names the file and the field.
    OSError
        If it cannot be read.

    """
    data = Path(path).read_bytes()
    try:
        return _parse(json.loads(data))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise WorldError(f'{path}: not a ground truth: {error!r}') from error


def _parse(data: Mapping[str, Any]) -> GroundTruth:
    if data['format'] != _FORMAT:
        raise ValueError(f'format: expected {_FORMAT!r}, got {data["format"]!r}')
    return GroundTruth(
        instances=tuple(
            Instance(
                id=int(item['id']),
                label=str(item['label']),
                center=_vector(item['center']),
                extent=_vector(item['extent']),
                region_id=int(item['region_id']),
                attributes={str(k): str(v) for k, v in item['attributes'].items()},
            )
            for item in data['instances']
        ),
        regions=tuple(
            Region(
                id=int(item['id']),
                kind=str(item['kind']),
                name=str(item['name']),
                polygon=tuple((float(x), float(y)) for x, y in item['polygon']),
                floor=int(item['floor']),
            )
            for item in data['regions']
        ),
        classes=tuple(str(name) for name in data['classes']),
    )


def _vector(values: Any) -> Vector3:
    x, y, z = (float(v) for v in values)
    if not (math.isfinite(x) and math.isfinite(y) and math.isfinite(z)):
        raise ValueError(f'expected finite numbers, got {values!r}')
    return x, y, z
