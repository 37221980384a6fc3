"""Worlds as the benchmark sees them: rooms and things, roads between them, a drive, changes."""
