"""
The memory as a ROS 2 node: converts, schedules and reports; the core decides.

Importing it keeps NumPy's BLAS to one thread unless the user says otherwise: its threads spin
between the small products of a question, on the cores that camera and odometry need.
"""

import os

os.environ.setdefault('OPENBLAS_NUM_THREADS', '1')  # read when NumPy is first imported
