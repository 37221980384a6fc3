"""Simulated worlds to prove the memory on: worlds, simulators, explorer, judge and demo."""
