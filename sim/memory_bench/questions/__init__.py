"""What is asked of a world, and what is right."""
