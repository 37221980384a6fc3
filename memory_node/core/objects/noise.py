"""How far a sighting's position may be off: a depth camera's model, scaled by what is seen."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from memory_node.core.config import ObjectsConfig

__all__ = ['PositionNoise']

Reals: TypeAlias = NDArray[np.float64]

#: Sightings over which the scale is averaged.
_WINDOW = 400.0
#: The learned variance is between the settings' one and this multiple of it.
_MAX_SCALE = 9.0
#: Mean squared Mahalanobis distance where the settings are right: of three axes, about half is
#: left by the gate and by the allowance for partial views (measured on simulated noise).
_CONSISTENT = 1.5


class PositionNoise:
    """
    Variance of positions by distance, widened where sightings of known objects scatter more.

    The scale is the mean normalised innovation squared of recent sightings, the usual test of a
    filter's consistency.
    """

    def __init__(self, config: ObjectsConfig) -> None:
        """Start with the settings' noise."""
        self._config = config
        self.innovation = _CONSISTENT / 2.0

    @property
    def scale(self) -> float:
        """Factor on the settings' variance."""
        return float(np.clip(self.innovation / _CONSISTENT, 1.0, _MAX_SCALE))

    def variances(self, ranges: Reals) -> Reals:
        """Return (n, 3) variances [m^2] of positions seen from (n,) distances [m]."""
        config = self._config
        limit = max(config.max_position_noise_m, config.position_noise_m)
        deviation = np.minimum(
            config.position_noise_m + config.position_noise_per_m * ranges * ranges, limit
        )
        return np.repeat((self.scale * deviation * deviation)[:, None], 3, axis=1)

    def learn(self, distances: Reals) -> None:
        """Take (n,) squared Mahalanobis distances of sightings from the objects they are of."""
        if not len(distances):
            return
        # Distances are relative to the present scale; the average is of those to the settings.
        keep = (1.0 - 1.0 / _WINDOW) ** len(distances)
        seen = self.scale * float(distances.mean())
        self.innovation = keep * self.innovation + (1.0 - keep) * seen
