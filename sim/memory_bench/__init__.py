"""The proving ground: many worlds, every memory on the same observations, one report."""
