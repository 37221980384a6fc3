"""Tables, plots and comparisons of runs."""
