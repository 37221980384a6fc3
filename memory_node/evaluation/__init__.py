"""Measuring retrieval: data sets, splits, metrics, methods by name, and training."""
