"""A day of a robot in minutes: whether it stays whole, as small and as quick as it was."""
