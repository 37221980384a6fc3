"""Hostile inputs at every door of a memory: whatever comes, a typed error or an answer."""
