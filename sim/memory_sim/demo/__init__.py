"""A run from an unknown home to a drive to what was asked for."""
