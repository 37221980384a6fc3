"""What a world holds: its model, its file, its kinds, and how one is drawn from a seed."""
