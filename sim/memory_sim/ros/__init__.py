"""Simulator, explorer and client as ROS nodes."""
