"""Fits the weights of the instruction scorer."""
