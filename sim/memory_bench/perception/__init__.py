"""What the robot reads of a world without drawing it: detections and captions."""
