"""Memories under test: a module with NAMES and make() is found by the registry."""
