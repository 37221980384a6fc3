"""Every goal is free by the map of the world it is in, wherever it was remembered from."""

from __future__ import annotations

from collections import defaultdict

from bench.goals import measure, Tally
import pytest

from memory_sim.world.generate import generate_world


@pytest.mark.parametrize(('kind', 'seed'), [('apartment', 1), ('house', 3)])
def test_goals_are_free(kind, seed):
    tallies: dict[str, Tally] = defaultdict(Tally)
    measure(generate_world(kind, seed, 'small'), tallies)
    assert set(tallies) == {'where it stood', 'drifted', 'anywhere near'}
    for tally in tallies.values():
        assert tally.goals > 100
        assert tally.free == tally.goals
        assert tally.reached >= 0.97 * tally.goals
        assert tally.seen >= 0.95 * tally.goals
    assert tallies['anywhere near'].free_before < 0.7 * tallies['anywhere near'].goals
