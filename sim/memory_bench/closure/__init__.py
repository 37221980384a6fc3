"""A course driven twice with odometry that drifts, then put right by a loop closure."""
