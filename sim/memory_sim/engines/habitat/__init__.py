"""Worlds and recorded scenes in habitat-sim, which runs in a process of its own."""
