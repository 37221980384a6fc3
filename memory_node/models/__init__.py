"""Adapters that give the memory its models: encoders, captioners, language models."""
