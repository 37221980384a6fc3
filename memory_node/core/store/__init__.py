"""The truth on disk: one SQLite file, and the arrays that queries read."""
