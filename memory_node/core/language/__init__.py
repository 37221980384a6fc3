"""What requests and captions say: words, names, times, and requests; knows no memory."""
