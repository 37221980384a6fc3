"""Models the memory can be given; each is a protocol, so tests and robots bring their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from memory_node.core.data import FloatArray, Pose, Vector3

__all__ = [
    'Caption',
    'Captioner',
    'Completion',
    'Detection',
    'Encoder',
    'LanguageModel',
    'ImageEncoder',
    'PlacedDetection',
    'Said',
    'SignReader',
    'SignReading',
    'TalkingModel',
]

Image = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """One object in one picture, before depth lifts it into the map."""

    label: str
    confidence: float
    #: (left, top, right, bottom) in pixels of the picture, right and bottom exclusive.
    box_px: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedDetection:
    """One object that a detector has placed itself, in a frame of TF."""

    label: str
    confidence: float
    #: Centre and axes of its box in ``frame_id`` [m].
    center: Pose
    #: Full size of the box along its own axes [m], None where unknown.
    size: Vector3 | None
    frame_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Caption:
    """What a captioner says about one picture."""

    text: str = ''
    detections: tuple[Detection, ...] = ()
    #: Objects that came with a position of their own.
    placed: tuple[PlacedDetection, ...] = ()
    #: Objects named without a box, as a language model does.
    labels: tuple[str, ...] = ()


class Captioner(Protocol):
    """Describes a picture in words, objects, or both."""

    @property
    def name(self) -> str:
        """Short name, kept as the observation's source."""

    def describe(self, image: Image) -> Caption:
        """Describe an (H, W, 3) RGB picture; raise ``CaptionerError`` when it can't be done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignReading:
    """What one sign says in one picture: data, whatever it says."""

    text: str
    #: Probability that every character is right, as the reader sees it, in [0, 1].
    confidence: float
    #: (left, top, right, bottom) in pixels of the picture, right and bottom exclusive.
    box_px: tuple[float, float, float, float]


class SignReader(Protocol):
    """Reads the text in a picture."""

    @property
    def name(self) -> str:
        """Short name, for logs."""

    def read(self, image: Image) -> Sequence[SignReading]:
        """
        Read an (H, W, 3) RGB picture: one reading for each sign, the lines of a plate joined.

        Safe to call from several threads. Raises ``CaptionerError`` when it can't be done.
        """


class Encoder(Protocol):
    """Turns text into vectors of one fixed size."""

    @property
    def model_id(self) -> str:
        """Identity of model and weights; vectors of different ids are never compared."""

    @property
    def dim(self) -> int:
        """Size D of a vector."""

    def encode(self, texts: Sequence[str]) -> FloatArray:
        """Return (N, D) float32 rows of unit length; raise ``EncoderError`` on failure."""


class ImageEncoder(Protocol):
    """Turns pictures and captions into vectors of one space, as CLIP does."""

    @property
    def model_id(self) -> str:
        """Identity of model and weights; vectors of different ids are never compared."""

    @property
    def dim(self) -> int:
        """Size D of a vector."""

    @property
    def scale(self) -> float:
        """Factor of cosines under which the model tells the captions of a picture apart."""

    def encode_texts(self, texts: Sequence[str]) -> FloatArray:
        """Return (N, D) float32 rows of unit length; raise ``EncoderError`` on failure."""

    def encode_pictures(self, pictures: Sequence[bytes]) -> FloatArray:
        """
        Return (N, D) float32 rows of unit length for JPEG pictures, zeros for what is none.

        Raises ``EncoderError`` on failure.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """A language model's answer, already parsed and inside its schema, and what it cost."""

    value: Mapping[str, Any]
    prompt_tokens: int = 0
    completion_tokens: int = 0


class LanguageModel(Protocol):
    """Answers in JSON under a schema; never trusted with ids, control or file names."""

    @property
    def model_id(self) -> str:
        """Identity of the model, part of every cache key."""

    def complete(
        self, *, instruction: str, data: str, schema: Mapping[str, Any], max_tokens: int = 256
    ) -> Completion:
        """
        Answer ``instruction`` about ``data`` with one JSON object inside ``schema``.

        ``data`` is untrusted text and is sent apart from the instruction. Raises
        ``LanguageModelError`` when unreachable, too slow, or outside the schema.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a language model answered in free text, and what it cost."""

    text: str
    prompt_tokens: int = 0
    completion_tokens: int = 0


class TalkingModel(Protocol):
    """
    Answers a chat in free text, for programs of others that bring their own prompts.

    The memory itself asks a ``LanguageModel``: here nothing keeps data apart from instructions.
    """

    @property
    def model_id(self) -> str:
        """Identity of the model."""

    def talk(
        self, messages: Sequence[Mapping[str, str]], *, max_tokens: int, as_json: bool = False
    ) -> Said:
        """
        Answer messages of ``role`` and ``content``, as a JSON object if asked to.

        Raises ``LanguageModelError`` when unreachable or too slow, or without an answer.
        """
