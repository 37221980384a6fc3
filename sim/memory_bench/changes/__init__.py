"""A flat in which things move, asked about now, then, and whether they are still there."""
