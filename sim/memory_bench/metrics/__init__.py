"""Rates with intervals, calibration, abstention, cost."""
