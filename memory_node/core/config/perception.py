"""Settings of what becomes an observation."""

from __future__ import annotations

from dataclasses import dataclass

from memory_node.core.config.addresses import check_address
from memory_node.core.config.checked import Checked, param
from memory_node.core.config.plugins import CAPTIONERS

__all__ = ['IngestConfig', 'KeyframeConfig', 'PerceptionConfig']


@dataclass(frozen=True, kw_only=True)
class KeyframeConfig(Checked):
    """When a camera frame is worth remembering."""

    distance_m: float = param(0.75, 'Travel that makes a new keyframe.', ge=0.0, le=1e3, unit='m')
    angle_rad: float = param(0.6, 'Turn that makes a new keyframe.', ge=0.0, le=6.3, unit='rad')
    interval_s: float = param(
        30.0, 'Time after which a resting robot looks again.', ge=0.0, le=1e6, unit='s'
    )
    novelty: float = param(
        0.25,
        'Change of the picture, 0 same to 1 unrelated, that makes a new keyframe at rest.',
        ge=0.0,
        le=1.0,
    )
    min_interval_s: float = param(
        0.2, 'Shortest time between two keyframes.', ge=0.0, le=1e3, unit='s'
    )


@dataclass(frozen=True, kw_only=True)
class PerceptionConfig(Checked):
    """Which captioner looks at a keyframe, and how its detections are lifted by depth."""

    captioner: str = param(
        'detections',
        'What describes a keyframe; none where image_encoder or signs are enough; another'
        ' name is that of an installed plug-in (docs/captioners.md).',
        choices=('detections', 'onnx', 'yolox', 'openai', 'caption', 'none'),
        plugins=CAPTIONERS,
        read_only=True,
    )
    model_path: str = param('', 'ONNX file of the detector, for onnx and yolox.', read_only=True)
    detector_layout: str = param(
        'auto',
        'Form of the ONNX file, for captioner onnx; auto: told by its inputs and outputs.',
        choices=('auto', 'yolox', 'ultralytics', 'end_to_end', 'rtdetr'),
        read_only=True,
    )
    classes_path: str = param(
        '',
        'Class names of the detector: one a line, from 0 or each behind its id; or YAML or JSON.'
        ' For onnx and yolox (empty: names in the model, else coco_classes.txt beside it), and'
        ' for detections_2d and detections_3d whose class_id is a number.',
        read_only=True,
    )
    image_encoder: str = param(
        '',
        'Model of sentence-transformers that texts are compared with pictures by, as'
        ' clip-ViT-B-32 or a folder; needs keep_keyframes and torch. Empty: none.',
        read_only=True,
    )
    min_confidence: float = param(0.3, 'Detections below this are dropped.', ge=0.0, le=1.0)
    max_depth_m: float = param(
        8.0, 'Depth beyond which no position is given.', ge=0.1, le=1e3, unit='m'
    )
    min_depth_m: float = param(
        0.1, 'Depth below which no position is given.', ge=0.0, le=1e2, unit='m'
    )
    openai_base_url: str = param(
        'http://127.0.0.1:8000/v1',
        'OpenAI-compatible endpoint, without user and password: parameters can be read.',
        read_only=True,
    )
    openai_key_file: str = param(
        '',
        'File that holds the key of the endpoint and that its owner alone can read (0600); empty:'
        ' the key is read from OPENAI_API_KEY.',
        read_only=True,
    )
    openai_model: str = param('', 'Model name asked for at the endpoint.', read_only=True)
    openai_timeout_s: float = param(
        20.0,
        'Longest time for one answer, repeats included.',
        ge=0.1,
        le=600.0,
        unit='s',
        read_only=True,
    )
    openai_retries: int = param(2, 'Repeats of a failed request.', ge=0, le=10, read_only=True)
    concurrency: int = param(1, 'Frames described at a time.', ge=1, le=4, read_only=True)
    signs: str = param(
        'none',
        'What reads door plates and signs in keyframes; rapidocr needs memory_node[signs].',
        choices=('none', 'rapidocr'),
        read_only=True,
    )
    signs_min_confidence: float = param(
        0.8, 'Signs read with less confidence are dropped.', ge=0.0, le=1.0
    )
    signs_max_side_px: int = param(
        960,
        'Longer side to which a picture is brought down before signs are looked for in it.',
        ge=64,
        le=4096,
        unit='px',
        read_only=True,
    )
    signs_threads: int = param(
        1, 'Threads that read the signs of one picture.', ge=1, le=64, read_only=True
    )

    def __post_init__(self) -> None:
        """Check every field; raises ``ValueError`` for an address that carries a secret."""
        super().__post_init__()
        check_address('openai_base_url', self.openai_base_url, 'openai_key_file')


@dataclass(frozen=True, kw_only=True)
class IngestConfig(Checked):
    """Pairing of topics and the queue between the camera and the captioner."""

    queue_size: int = param(
        32, 'Keyframes that may wait; the oldest is dropped and counted.', ge=1, le=10000
    )
    buffer_mb: int = param(
        64,
        'Memory for pictures and depth that wait; the oldest leave first, then keyframes, and what'
        ' is lost by it is counted.',
        ge=1,
        le=65536,
        unit='MiB',
    )
    pairing_slop_s: float = param(
        0.05, 'Largest stamp difference of paired messages.', ge=0.0, le=5.0, unit='s'
    )
    odometry_gap_s: float = param(
        0.5, 'Longest odometry gap that is interpolated.', ge=0.001, le=60.0, unit='s'
    )
    future_tolerance_s: float = param(
        1.0, 'A stamp further ahead of the clock is refused.', ge=0.0, le=1e6, unit='s'
    )
    companion_timeout_s: float = param(
        1.0,
        'How long a keyframe waits for its depth, detections or caption.',
        ge=0.0,
        le=600.0,
        unit='s',
    )
