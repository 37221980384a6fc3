"""A short day with every mishap: nothing that was acknowledged is lost."""

from __future__ import annotations

from dataclasses import asdict

from memory_bench.reliability_cli import SOAKED
from memory_bench.soak.run import soak, SoakConfig


def test_a_short_day_loses_nothing():
    config = SoakConfig(
        odometry=1500,
        frames=150,
        questions=30,
        restarts=4,
        jumps=5,
        outages=3,
        retention_h=0.25,
        hours=0.5,
    )
    report = soak(config)
    assert report.faults == []
    assert report.restarts == 4
    assert report.captioner_failures > 0
    assert report.forgotten > 0
    assert report.kept == report.acknowledged - report.forgotten > 0
    assert len(report.parts) == 10


def test_the_command_has_the_options_of_the_day():
    assert {name: default for name, default, _ in SOAKED} == asdict(SoakConfig())
