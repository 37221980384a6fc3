"""Answers in words: about things, about areas, and about a search as it goes."""
