"""Settings of how requests are read and answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone, tzinfo
from zoneinfo import ZoneInfo

from memory_node.core.config.addresses import check_address
from memory_node.core.config.checked import Checked, param

__all__ = ['LanguageConfig', 'LanguageModelConfig', 'RetrievalConfig']


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
    trace: bool = param(
        False,
        'Time the stages of each request (parse, relevance, candidates and so on), in the log.',
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
    wordings_path: str = param(
        '', 'YAML file with further sentences of people who ask; empty: none.', read_only=True
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
        'OpenAI-compatible endpoint, without user and password: parameters can be read.',
        read_only=True,
    )
    key_file: str = param(
        '',
        'File that holds the key of the endpoint and that its owner alone can read (0600); empty:'
        ' the key is read from OPENAI_API_KEY.',
        read_only=True,
    )
    timeout_s: float = param(
        20.0,
        'Longest time for one answer, repeats included.',
        ge=0.1,
        le=600.0,
        unit='s',
        read_only=True,
    )
    retries: int = param(1, 'Repeats of a failed request.', ge=0, le=10, read_only=True)

    def __post_init__(self) -> None:
        """Check every field; raises ``ValueError`` for an address that carries a secret."""
        super().__post_init__()
        check_address('base_url', self.base_url, 'key_file')
