"""What a layout is: how a picture goes into an ONNX detector, and what comes out of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from memory_node.core.errors import CaptionerError
from memory_node.core.ports import Image
from memory_node.models.detection.boxes import Fit, Found

__all__ = ['Graph', 'Layout', 'Outputs', 'Tensor', 'as_blob', 'checked_classes']

Outputs = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Tensor:
    """An input or output of a graph; a dimension that is left open is a text or None."""

    name: str
    shape: tuple[int | str | None, ...]
    #: Of its numbers, as ``float16``.
    dtype: str


@dataclass(frozen=True, slots=True)
class Graph:
    """What an ONNX file says of itself."""

    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    metadata: Mapping[str, str]

    @property
    def picture(self) -> Tensor:
        """The input that takes (1, 3, H, W) pictures; raises ``CaptionerError``."""
        for tensor in self.inputs:
            if len(tensor.shape) == 4:
                return tensor
        raise CaptionerError(f'no input takes pictures of shape (1, 3, H, W): {self}')

    def size(self, side: int) -> tuple[int, int]:
        """Return width and height of the input; those left open are as exported, or ``side``."""
        told = [int(n) for n in _numbers(self.metadata.get('imgsz', ''))] or [side]
        height, width = (
            n if isinstance(n, int) else open_side
            for n, open_side in zip(self.picture.shape[2:], (told[0], told[-1]), strict=True)
        )
        return width, height

    def __str__(self) -> str:
        """Return inputs and outputs as a person looks at them."""
        told = (
            {t.name: list(t.shape) for t in self.inputs},
            {t.name: list(t.shape) for t in self.outputs},
        )
        return f'inputs {told[0]}, outputs {told[1]}'


def _numbers(text: str) -> list[str]:
    return [part for part in text.strip('[]() ').replace(',', ' ').split() if part.isdigit()]


class Layout(Protocol):
    """One form of exports; ``describe`` of the detector calls it from several threads."""

    #: How the setting and the source of observations call it.
    NAME: ClassVar[str]
    #: Share from which on overlapping boxes of a class are one object; 1 where none overlap.
    OVERLAP: ClassVar[float]

    @classmethod
    def reads(cls, graph: Graph, classes: int) -> bool:
        """Tell whether a graph with so many names of classes has this form."""

    def __init__(self, graph: Graph, classes: int) -> None:
        """Take a graph over; raises ``CaptionerError`` where it can't have this form."""

    def feed(self, image: Image) -> tuple[dict[str, NDArray[Any]], Fit]:
        """Return the inputs for an (H, W, 3) RGB picture, and how it lies in them."""

    def decode(self, outputs: Outputs, fit: Fit, least: float) -> Found:
        """Return what was found with at least a confidence; raises ``CaptionerError``."""


def as_blob(canvas: Image, tensor: Tensor) -> NDArray[Any]:
    """Return an RGB picture as (1, 3, H, W) numbers in [0, 1], of the type that is asked for."""
    blob = canvas.transpose(2, 0, 1)[None].astype(np.float32) / np.float32(255.0)
    return np.ascontiguousarray(blob, dtype=np.dtype(tensor.dtype))


def checked_classes(found: int | str | None, classes: int) -> None:
    """Refuse a graph that knows another number of classes than there are names."""
    if isinstance(found, int) and found != classes:
        raise CaptionerError(f'it knows {found} classes but {classes} names are given')
