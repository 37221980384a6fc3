"""Drives in flat arrays are those of one dictionary a leaf."""

from __future__ import annotations

import random

from memory_node.core.forest.drives import Drives, Parts


def test_flat_arrays_hold_what_dictionaries_hold():
    rng = random.Random(5)
    drives: Drives = Drives()
    plain: dict[int, dict[int, float]] = {}
    for step in range(4000):
        one, other = rng.sample(range(40), 2)
        if rng.random() < 0.9:
            length = rng.random()
            held = plain.setdefault(one, {})
            assert drives.put(one, other, length) == (other not in held)
            held[other] = min(length, held.get(other, 9.0))
            plain.setdefault(other, {})[one] = held[other]
        else:
            gone = sorted(plain.pop(one, {}).items())
            for end, _ in gone:
                del plain[end][one]
            assert drives.clear(one) == gone
        if step % 100 == 0:
            pairs, lengths = drives.pairs()
            assert list(map(tuple, pairs.tolist())) == sorted(
                (a, b) for a, ends in plain.items() for b in ends if a < b
            )
            drives = Drives()
            drives.fill(pairs, lengths)
            assert all(drives.of(slot) == plain.get(slot, {}) for slot in range(41))
            assert sorted(drives.ends(one)) == sorted(plain.get(one, {}))


def test_a_slot_used_again_is_alone_and_what_it_joined_is_not():
    parts = Parts()
    parts.join(3, 1)
    parts.join(1, 7)
    assert parts.joined(3, 7)
    parts.forget(1)
    assert parts.joined(3, 7)
    assert not parts.joined(1, 7)
    parts.join(1, 20)
    assert not parts.joined(20, 3)
