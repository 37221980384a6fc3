"""A camera frame becomes an observation; no ROS."""
