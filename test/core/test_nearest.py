"""Names that nobody knows, and what may be meant by them."""

from __future__ import annotations

import pytest

from memory_node.core.config.nearest import meant
from memory_node.ros.settings import parameters

KNOWN = list(dict(parameters()))


@pytest.mark.parametrize(
    ('name', 'near'),
    [
        ('retreival.trace', 'retrieval.trace'),
        ('retrieval.tracee', 'retrieval.trace'),
        ('trace', 'retrieval.trace'),
        ('memory_pth', 'memory_path'),
        ('perception.captionner', 'perception.captioner'),
        ('robot_description', ''),
        ('', ''),
        ('x' * 1_000_000, ''),
    ],
)
def test_a_slip_is_told_by_the_name_that_is_nearest(name, near):
    assert meant(name, KNOWN) == near


def test_every_name_is_nearest_to_itself():
    assert all(meant(name, KNOWN) == name for name in KNOWN)
