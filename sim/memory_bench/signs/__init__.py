"""Signs of simulated worlds: how well they are read from pictures, and asked for."""
