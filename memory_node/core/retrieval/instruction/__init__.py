"""Learned ranking of places: query parsing, signals, model, and the choice of answers."""
