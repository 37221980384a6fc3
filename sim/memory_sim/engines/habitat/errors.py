"""What can go wrong with habitat-sim, one class per thing a caller can do about it."""

from __future__ import annotations

from memory_sim.world.errors import WorldError

__all__ = ['HabitatError', 'HabitatMissingError', 'HabitatSceneError', 'SimulatorDiedError']


class HabitatError(RuntimeError):
    """habitat-sim refused or failed a request; base of the others."""


class HabitatMissingError(HabitatError):
    """No Python with habitat-sim was found; the message says how to name one."""


class HabitatSceneError(HabitatError, WorldError):
    """A data set, scene or navigation mesh is not to be had; the message names it."""


class SimulatorDiedError(HabitatError):
    """The simulator's process ended or fell silent; a new one can take its place."""
