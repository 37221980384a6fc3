"""Simulators: one protocol, and the engines behind it."""
