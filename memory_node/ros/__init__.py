"""The memory as a ROS 2 node: converts, schedules and reports; the core decides."""
