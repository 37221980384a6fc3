"""What leaves a memory that has a budget of bytes, and what never does."""
