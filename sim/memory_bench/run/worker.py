"""Runs one episode in the process that it is called in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from memory_bench.config import BenchConfig, WorldSpec
from memory_bench.methods.cost import CachingEncoder
from memory_bench.run.episode import run_episode
from memory_node.core.ports import Encoder

__all__ = ['Episode', 'work']


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """One world, and the methods that have not answered in it yet."""

    config: BenchConfig
    world: WorldSpec
    methods: tuple[str, ...]
    out: Path


@cache
def _model() -> Encoder:
    """Return this process's encoder, loaded once."""
    from memory_node.models.sentence_encoder import SentenceEncoder

    return SentenceEncoder()


def work(episode: Episode, show: Callable[[str], None]) -> None:
    """
    Run one episode in this process.

    The encoder remembers nothing of earlier episodes: what is embedded together in one batch,
    and with it the last bits of the vectors, must not depend on who ran what before.
    """
    config, world, methods, out = episode.config, episode.world, episode.methods, episode.out
    encoder = CachingEncoder(_model())
    if config.mode == 'rendered':
        from memory_bench.run.episode_dds import run_rendered

        run_rendered(config, world, methods, out, encoder, show)
    else:
        run_episode(config, world, methods, out, encoder, show)
