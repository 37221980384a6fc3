"""Which observations a robot can drive between, and how far that is."""
