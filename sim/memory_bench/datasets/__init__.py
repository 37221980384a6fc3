"""Data sets that were recorded elsewhere: a module that reads and loads one is found by name."""
