"""The ``memory`` command: import, query, stats and export without ROS."""
