"""What the node holds while it is configured, and how it is opened."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, fields
import os
from typing import Any

from memory_node.core.config import MemoryConfig, PerceptionConfig
from memory_node.core.config.paths import user_path
from memory_node.core.errors import EncoderError, StoreAccessError
from memory_node.core.memory import Memory
from memory_node.core.perception.class_names import ClassNames
from memory_node.core.perception.placement import Placement
from memory_node.core.ports import Captioner, LanguageModel, SignReader
from memory_node.models.factory import make_image_encoder
from memory_node.models.sentence_encoder import SentenceEncoder
from memory_node.ros.gate import Gate
from memory_node.ros.ingest import Ingest
from memory_node.ros.markers import MarkerScene
from memory_node.ros.parameters import Parameters
from memory_node.ros.settings import EncoderConfig, NodeConfig
from memory_node.ros.where import Where

__all__ = ['Held', 'memory_config', 'open_memory']


@dataclass(slots=True)
class Held:
    """What the node holds while it is configured."""

    memory: Memory
    gate: Gate
    scene: MarkerScene
    where: Where
    #: Whether what is seen gets positions, by camera.
    placements: Mapping[str, Placement]
    #: Names of the class ids of detectors, by camera.
    names: Mapping[str, ClassNames]
    captioner: Captioner | None
    sign_reader: SignReader | None
    ingest: Ingest | None = None


def memory_config(settings: Parameters) -> MemoryConfig:
    """Return the settings of the memory itself."""
    groups: dict[str, Any] = {f.name: settings.group(f.name) for f in fields(MemoryConfig)}
    return MemoryConfig(**groups)


def open_memory(stack: ExitStack, settings: Parameters, model: LanguageModel | None) -> Memory:
    """Open memory and encoder until ``stack`` closes them; raises typed errors."""
    given = os.path.expandvars(settings(NodeConfig).memory_path)
    if not given:
        raise StoreAccessError("memory_path must not be empty, got ''")
    try:
        path = user_path(given)
        path.parent.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise StoreAccessError(f'memory_path {given}: {error}') from error
    wanted = settings(EncoderConfig)
    name = os.path.expanduser(os.path.expandvars(wanted.model))
    encoder = SentenceEncoder(name, backend=wanted.backend)
    stack.callback(encoder.close)
    encoder.encode(['warm up'])  # loading takes seconds: now, not in the first answer
    image_encoder = settings(PerceptionConfig).image_encoder
    if image_encoder and not settings(NodeConfig).keep_keyframes:
        raise EncoderError(
            f'perception.image_encoder {image_encoder} needs the pictures that keep_keyframes:'
            ' false does not keep'
        )
    return stack.enter_context(
        Memory.open(
            path,
            encoder=encoder,
            config=memory_config(settings),
            language_model=model,
            image_encoder=make_image_encoder(image_encoder),
        )
    )
