"""Settings of what is derived from observations: topological map, objects, areas."""

from __future__ import annotations

from dataclasses import dataclass

from memory_node.core.config.checked import Checked, param

__all__ = ['ForestConfig', 'ObjectsConfig', 'TopologyConfig']


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
