"""Settings of what is not kept, and for how long the rest is."""

from __future__ import annotations

from dataclasses import dataclass

from memory_node.core.config.checked import Checked, param

__all__ = ['PrivacyConfig']


@dataclass(frozen=True, kw_only=True)
class PrivacyConfig(Checked):
    """What is never stored, and when the rest is forgotten; keep_keyframes is for pictures."""

    people: str = param(
        'keep',
        'Whether people are remembered: drop leaves out labels that mean people, and the sentences'
        ' of captions that speak of them, before anything is stored.',
        choices=('keep', 'drop'),
    )
    retention_h: float = param(
        0.0,
        'Age at which observations and corrections are forgotten, and taken out of every file; 0:'
        ' never.',
        ge=0.0,
        le=1e6,
        unit='h',
    )
