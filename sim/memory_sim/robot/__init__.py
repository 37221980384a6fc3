"""The robot's drive, odometry and detector, with their errors."""
