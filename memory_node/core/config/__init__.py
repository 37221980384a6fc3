"""
Every setting of the memory, written once.

A setting's default, meaning, bounds and unit live in its field. ROS parameters, their descriptors,
``config/memory.yaml`` and the table in the documentation are derived from here.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from memory_node.core.config.checked import Checked, param
from memory_node.core.config.derived import ForestConfig, ObjectsConfig, TopologyConfig
from memory_node.core.config.perception import IngestConfig, KeyframeConfig, PerceptionConfig
from memory_node.core.config.privacy import PrivacyConfig
from memory_node.core.config.retrieval import LanguageConfig, LanguageModelConfig, RetrievalConfig
from memory_node.core.config.store import IndexConfig, StoreConfig

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
    'PrivacyConfig',
    'RetrievalConfig',
    'StoreConfig',
    'TopologyConfig',
    'param',
]


@dataclass(frozen=True, kw_only=True)
class MemoryConfig(Checked):
    """Settings of one memory, by part."""

    store: StoreConfig = field(default_factory=StoreConfig)
    privacy: PrivacyConfig = field(default_factory=PrivacyConfig)
    index: IndexConfig = field(default_factory=IndexConfig)
    retrieval: RetrievalConfig = field(default_factory=RetrievalConfig)
    topology: TopologyConfig = field(default_factory=TopologyConfig)
    forest: ForestConfig = field(default_factory=ForestConfig)
    objects: ObjectsConfig = field(default_factory=ObjectsConfig)
    language: LanguageConfig = field(default_factory=LanguageConfig)

    def __post_init__(self) -> None:
        """Nothing to check: the parts check themselves."""
