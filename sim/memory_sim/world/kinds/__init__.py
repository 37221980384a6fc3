"""Buildings by kind: where their rooms lie, and what stands in them."""
