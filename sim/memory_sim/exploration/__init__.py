"""Driving to what has not been seen yet."""
