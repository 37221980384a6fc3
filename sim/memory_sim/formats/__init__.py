"""Scenes of other programs in, worlds for them out."""
