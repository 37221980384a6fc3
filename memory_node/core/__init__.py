"""The memory itself: no ROS, no simulator, no network."""
