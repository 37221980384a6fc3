"""From settings to models."""

from __future__ import annotations

from importlib.metadata import EntryPoint
import os
from typing import TYPE_CHECKING

from memory_node.core.config import LanguageModelConfig, PerceptionConfig
from memory_node.core.config.plugins import CAPTIONERS, plugin
from memory_node.core.errors import CaptionerError
from memory_node.core.ports import Caption, Captioner, Image, SignReader

if TYPE_CHECKING:
    from memory_node.models.image_encoder import ClipEncoder
    from memory_node.models.llama_language_model import EmbeddedChat
    from memory_node.models.openai_language_model import OpenAIChat

__all__ = ['make_captioner', 'make_image_encoder', 'make_language_model', 'make_sign_reader']


class Undescribed:
    """Says nothing of pictures, which then are found by ``perception.image_encoder`` alone."""

    name = 'none'

    def describe(self, image: Image) -> Caption:
        """Return no words and no objects."""
        return Caption()


def make_captioner(config: PerceptionConfig) -> Captioner | None:
    """
    Make the captioner that ``config.captioner`` names; None where a topic brings descriptions.

    Raises
    ------
    CaptionerError
        When a setting it needs is empty, a file or package is missing, or a plug-in fails.

    """
    if config.captioner == 'none':
        return Undescribed()
    if config.captioner in ('onnx', 'yolox'):
        from memory_node.models.detection.detector import OnnxDetector

        if not config.model_path:
            raise CaptionerError('perception.model_path must name the ONNX file of the detector')
        return OnnxDetector(
            config.model_path,
            config.classes_path,
            layout='yolox' if config.captioner == 'yolox' else config.detector_layout,
            min_confidence=config.min_confidence,
        )
    if config.captioner == 'openai':
        from memory_node.models.openai_captioner import OpenAICaptioner

        if not config.openai_model:
            raise CaptionerError('perception.openai_model must name the model to ask')
        return OpenAICaptioner(
            base_url=config.openai_base_url,
            model=config.openai_model,
            timeout_s=config.openai_timeout_s,
            retries=config.openai_retries,
            key_file=config.openai_key_file,
        )
    brought = plugin(CAPTIONERS, config.captioner)
    return _brought(brought, config) if brought is not None else None


def make_sign_reader(config: PerceptionConfig) -> SignReader | None:
    """
    Make the reader that ``config.signs`` names, None where signs are not read.

    Raises
    ------
    CaptionerError
        When its package or model is missing.

    """
    if config.signs == 'none':
        return None
    from memory_node.models.rapidocr_reader import RapidOcrReader

    return RapidOcrReader(max_side_px=config.signs_max_side_px, threads=config.signs_threads)


def _brought(found: EntryPoint, config: PerceptionConfig) -> Captioner:
    """Make the captioner of another package, whose faults are named as its own."""
    try:
        captioner: Captioner = found.load()(config)
    except CaptionerError:
        raise
    except Exception as error:
        raise CaptionerError(
            f'captioner {found.name!r} ({found.value}) could not be made: {error!r}'
        ) from error
    if not callable(getattr(captioner, 'describe', None)):
        raise CaptionerError(f'captioner {found.name!r} ({found.value}) has no method describe')
    if not isinstance(getattr(captioner, 'name', None), str):
        raise CaptionerError(f'captioner {found.name!r} ({found.value}) has no text as its name')
    return captioner


def make_image_encoder(model: str) -> ClipEncoder | None:
    """Load the CLIP that ``perception.image_encoder`` names, None for ''; ``EncoderError``."""
    if not model:
        return None
    from memory_node.models.image_encoder import ClipEncoder  # torch takes seconds

    return ClipEncoder(os.path.expanduser(os.path.expandvars(model)))


def make_language_model(config: LanguageModelConfig) -> OpenAIChat | EmbeddedChat | None:
    """Make the language model that ``config`` names, or None if it names none."""
    if not config.model:
        return None
    if config.provider == 'embedded':
        from memory_node.models.llama_language_model import EmbeddedChat

        return EmbeddedChat(config.model, timeout_s=config.timeout_s)
    from memory_node.models.openai_language_model import OpenAIChat

    return OpenAIChat(
        base_url=config.base_url,
        model=config.model,
        timeout_s=config.timeout_s,
        retries=config.retries,
        key_file=config.key_file,
    )
