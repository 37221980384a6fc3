"""Things of a world: the catalogue, their shapes, and where they stand in a room."""
