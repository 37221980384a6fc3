"""
Every setting of the memory, written once.

A setting's default, meaning, bounds and unit live in its field. ROS parameters, their descriptors,
``config/memory.yaml`` and the table in the documentation are derived from here.
"""

from __future__ import annotations

from dataclasses import dataclass, Field, field, fields
from datetime import datetime, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

__all__ = [
    'Checked',
    'ForestConfig',
    'IndexConfig',
    'IngestConfig',
    'KeyframeConfig',
    'LanguageConfig',
    'LanguageModelConfig',
    'MemoryConfig',
    'ObjectsConfig',
    'PerceptionConfig',
    'RetrievalConfig',
    'StoreConfig',
    'TopologyConfig',
    'param',
]


def param(
    default: Any,
    doc: str,
    *,
    ge: float | None = None,
    le: float | None = None,
    choices: tuple[str, ...] = (),
    unit: str = '',
    read_only: bool = False,
) -> Any:
    """Declare one setting: default, description, inclusive bounds, unit, run-time mutability."""
    meta = {
        'doc': doc,
        'ge': ge,
        'le': le,
        'choices': choices,
        'unit': unit,
        'read_only': read_only,
    }
    return field(default=default, metadata=meta)


def _check(owner: object, f: Field[Any]) -> None:
    value, meta = getattr(owner, f.name), f.metadata
    kind = type(f.default)
    if kind is float and type(value) is int:
        object.__setattr__(owner, f.name, float(value))
    elif type(value) is not kind:
        raise TypeError(f'{f.name} must be a {kind.__name__}, got {value!r}')
    if meta['choices'] and value not in meta['choices']:
        raise ValueError(f'{f.name} must be one of {", ".join(meta["choices"])}, got {value!r}')
    unit = f' {meta["unit"]}' if meta['unit'] else ''
    if meta['ge'] is not None and not value >= meta['ge']:  # 'not >=' also rejects NaN
        raise ValueError(f'{f.name} must be >= {meta["ge"]}{unit}, got {value!r}')
    if meta['le'] is not None and not value <= meta['le']:
        raise ValueError(f'{f.name} must be <= {meta["le"]}{unit}, got {value!r}')


class Checked:
    """Base of settings: checks every field against its declaration when an instance is made."""

    def __post_init__(self) -> None:
        for f in fields(self):  # type: ignore[arg-type]
            _check(self, f)


@dataclass(frozen=True, kw_only=True)
class StoreConfig(Checked):
    """When stored observations are safe from a power cut; a killed process never loses any."""

    sync: str = param(
        'interval',
        'What is forced to the disk: each batch, all every sync_interval_s, or the log when it is'
        ' full and at saves (checkpoint).',
        choices=('batch', 'interval', 'checkpoint'),
        read_only=True,
    )
    sync_interval_s: float = param(
        1.0,
        'Longest time that a stored observation may be lost to a power cut, with sync: interval.',
        ge=0.01,
        le=3600.0,
        unit='s',
        read_only=True,
    )


@dataclass(frozen=True, kw_only=True)
class IndexConfig(Checked):
    """Settings of the approximate nearest-neighbour index (HNSW)."""

    M: int = param(16, 'Links a vector keeps per layer.', ge=4, le=64, read_only=True)
    ef_construction: int = param(
        200, 'Candidates examined while inserting.', ge=16, le=2000, read_only=True
    )
    ef: int = param(96, 'Candidates examined while searching.', ge=16, le=4000, read_only=True)


@dataclass(frozen=True, kw_only=True)
class RetrievalConfig(Checked):
    """Settings of search and ranking."""

    top_k: int = param(5, 'Places returned when a request leaves k at 0.', ge=1, le=1000)
    found_threshold: float = param(
        0.5, 'Confidence below which the answer is found = false.', ge=0.0, le=1.0
    )
    distance_scale_m: float = param(
        10.0, 'Distance at which closeness falls to 1/e.', ge=0.1, le=1e4, unit='m'
    )
    separation_m: float = param(
        2.0,
        'Views without a measured position this close are one answer.',
        ge=0.0,
        le=1e4,
        unit='m',
    )
    patience_s: float = param(
        5.0,
        'How long a question waits for an object map that is being made.',
        ge=0.0,
        le=600.0,
        unit='s',
    )
    relevance: str = param(
        'embedding',
        'Who judges what serves a need: the encoder, or the language model where there is one.',
        choices=('embedding', 'language_model'),
        read_only=True,
    )
    scorer: str = param(
        'auto',
        'Who ranks views: instruction where observations are bare lists of labels, or off.',
        choices=('auto', 'off'),
    )
    timezone: str = param(
        '',
        'Time zone of "this morning", as Europe/Berlin; empty: that of the machine.',
    )
    north_yaw_rad: float = param(
        1.5707963267948966,
        'Heading of north in the map, anticlockwise from +x; pi/2 where x is east (REP-103).',
        ge=-6.3,
        le=6.3,
        unit='rad',
    )
    read_by_language_model: bool = param(
        False, 'Let the language model, if there is one, read conditions; rules where it fails.'
    )

    def __post_init__(self) -> None:
        """Check every field, and that the time zone is known."""
        super().__post_init__()
        try:
            self.zone  # noqa: B018  raises
        except (KeyError, OSError, ValueError) as error:
            raise ValueError(f'timezone is not known: {self.timezone!r}') from error

    @property
    def zone(self) -> tzinfo:
        """The time zone; that of the machine has no daylight saving other than today's."""
        if self.timezone:
            return ZoneInfo(self.timezone)
        return datetime.now().astimezone().tzinfo or timezone.utc


@dataclass(frozen=True, kw_only=True)
class TopologyConfig(Checked):
    """Which observations of the topological map a robot can drive between."""

    traversal_distance_m: float = param(
        3.0,
        'Longest step between consecutive observations.',
        ge=0.0,
        le=1e4,
        unit='m',
        read_only=True,
    )
    traversal_interval_s: float = param(
        60.0,
        'Longest time between consecutive observations.',
        ge=0.0,
        le=1e6,
        unit='s',
        read_only=True,
    )
    proximity_distance_m: float = param(
        0.6,
        'Poses this close are joined; below robot width plus wall no wall is between.',
        ge=0.0,
        le=1e3,
        unit='m',
        read_only=True,
    )
    bridge_distance_m: float = param(
        2.0,
        'Longest gap closed between parts that nothing else joins.',
        ge=0.0,
        le=1e3,
        unit='m',
        read_only=True,
    )


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
        'What describes a keyframe.',
        choices=('detections', 'yolox', 'openai', 'caption'),
        read_only=True,
    )
    model_path: str = param('', 'ONNX file of the YOLOX detector.', read_only=True)
    classes_path: str = param('', 'Class names of the detector, one a line.', read_only=True)
    min_confidence: float = param(0.3, 'Detections below this are dropped.', ge=0.0, le=1.0)
    max_depth_m: float = param(
        8.0, 'Depth beyond which no position is given.', ge=0.1, le=1e3, unit='m'
    )
    min_depth_m: float = param(
        0.1, 'Depth below which no position is given.', ge=0.0, le=1e2, unit='m'
    )
    openai_base_url: str = param(
        'http://127.0.0.1:8000/v1', 'OpenAI-compatible endpoint.', read_only=True
    )
    openai_model: str = param('', 'Model name asked for at the endpoint.', read_only=True)
    openai_timeout_s: float = param(
        20.0, 'Time-out of one request.', ge=0.1, le=600.0, unit='s', read_only=True
    )
    openai_retries: int = param(2, 'Repeats of a failed request.', ge=0, le=10, read_only=True)
    concurrency: int = param(1, 'Frames described at a time.', ge=1, le=4, read_only=True)


@dataclass(frozen=True, kw_only=True)
class IngestConfig(Checked):
    """Pairing of topics and the queue between the camera and the captioner."""

    queue_size: int = param(
        32, 'Keyframes that may wait; the oldest is dropped and counted.', ge=1, le=10000
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


@dataclass(frozen=True, kw_only=True)
class ForestConfig(Checked):
    """Settings of the semantic forest."""

    mode: str = param(
        'incremental',
        'How areas grow: incremental, or the batch algorithm of the paper.',
        choices=('incremental', 'paper'),
        read_only=True,
    )
    semantic_weight: float = param(
        0.6,
        'Weight of meaning against space (a in Embodied-RAG).',
        ge=0.0,
        le=1.0,
        read_only=True,
    )
    distance_scale_m: float = param(
        10.0,
        'Distance scale theta: 10 indoors, 50 in streets.',
        ge=0.1,
        le=1e4,
        unit='m',
        read_only=True,
    )
    fan_out: int = param(24, 'Most children an area may have.', ge=4, le=256, read_only=True)
    leaf_fan_out: int = param(
        64, 'Most observations a smallest area may have.', ge=4, le=1024, read_only=True
    )
    storey_m: float = param(
        3.0,
        'Height between floors; areas never span floors.',
        ge=0.5,
        le=1e4,
        unit='m',
        read_only=True,
    )


@dataclass(frozen=True, kw_only=True)
class ObjectsConfig(Checked):
    """
    How sightings become objects.

    The standard deviation of a sighting's position is ``position_noise_m`` plus
    ``position_noise_per_m`` times the square of its distance; costs are twice a negative
    log-likelihood, so a cost of 16 is four standard deviations.
    """

    position_noise_m: float = param(
        0.05,
        'Standard deviation of the position of a thing seen close by.',
        ge=0.001,
        le=10.0,
        unit='m',
        read_only=True,
    )
    position_noise_per_m: float = param(
        0.01,
        'Growth of that standard deviation with the square of the distance.',
        ge=0.0,
        le=1.0,
        unit='1/m',
        read_only=True,
    )
    max_position_noise_m: float = param(
        0.5,
        'Largest standard deviation that distance alone gives.',
        ge=0.001,
        le=10.0,
        unit='m',
        read_only=True,
    )
    extent_scatter: float = param(
        0.15,
        'Scatter of the centres of partial views, as a share of the extent.',
        ge=0.0,
        le=1.0,
        read_only=True,
    )
    same_cosine: float = param(
        0.85, 'Labels of this cosine are words for one thing.', ge=0.0, le=1.0, read_only=True
    )
    similar_cosine: float = param(
        0.4,
        'Labels below this cosine are never taken for each other.',
        ge=-1.0,
        le=1.0,
        read_only=True,
    )
    label_cost: float = param(
        8.0,
        'Cost of taking the least similar labels for each other.',
        ge=0.0,
        le=1000.0,
        read_only=True,
    )
    new_object_cost: float = param(
        16.0, 'Cost above which a sighting is a new object.', ge=1.0, le=1000.0, read_only=True
    )
    merge_cost: float = param(
        3.0,
        'Cost below which two objects that no frame shows together are one.',
        ge=0.0,
        le=1000.0,
        read_only=True,
    )
    unplaced_range_m: float = param(
        3.0,
        'Sightings without a position are one object when made from poses this close.',
        ge=0.0,
        le=1e4,
        unit='m',
        read_only=True,
    )

    def __post_init__(self) -> None:
        """Check every field, and that the two cosines are in order."""
        super().__post_init__()
        if not self.similar_cosine < self.same_cosine:
            raise ValueError(
                f'similar_cosine must be below same_cosine, got {self.similar_cosine}'
                f' and {self.same_cosine}'
            )


@dataclass(frozen=True, kw_only=True)
class LanguageConfig(Checked):
    """Vocabulary: what things are for and what they are called; see docs/vocabulary.md."""

    affordance_packs: str = param(
        'everyday,trades',
        'Packs of what things are for, commas between: names of shipped ones, or JSONL files.',
        read_only=True,
    )
    rooms_path: str = param(
        '', 'YAML file with further kinds and names of rooms; empty: none.', read_only=True
    )


@dataclass(frozen=True, kw_only=True)
class LanguageModelConfig(Checked):
    """An optional language model: it names, words and picks among what is there."""

    model: str = param(
        '',
        'Model asked for at the endpoint, or a GGUF file; empty: none is used.',
        read_only=True,
    )
    provider: str = param(
        'openai',
        'Who runs it: an OpenAI-compatible endpoint, or this process (smollm2 or a GGUF file).',
        choices=('openai', 'embedded'),
        read_only=True,
    )
    base_url: str = param(
        'http://127.0.0.1:8000/v1',
        'OpenAI-compatible endpoint; the key is read from OPENAI_API_KEY.',
        read_only=True,
    )
    timeout_s: float = param(
        20.0, 'Time-out of one request.', ge=0.1, le=600.0, unit='s', read_only=True
    )
    retries: int = param(1, 'Repeats of a failed request.', ge=0, le=10, read_only=True)


@dataclass(frozen=True, kw_only=True)
class MemoryConfig(Checked):
    """Settings of one memory, by part."""

    store: StoreConfig = field(default_factory=StoreConfig)
    index: IndexConfig = field(default_factory=IndexConfig)
    retrieval: RetrievalConfig = field(default_factory=RetrievalConfig)
    topology: TopologyConfig = field(default_factory=TopologyConfig)
    forest: ForestConfig = field(default_factory=ForestConfig)
    objects: ObjectsConfig = field(default_factory=ObjectsConfig)
    language: LanguageConfig = field(default_factory=LanguageConfig)

    def __post_init__(self) -> None:
        """Nothing to check: the parts check themselves."""
