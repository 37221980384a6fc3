"""Where the robot fits, and how it gets somewhere."""
