"""Sessions of a robot that knows nothing of where it began: which are of one place, and how."""
