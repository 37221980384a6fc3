"""Shapes of furniture, built from boxes and cylinders."""
