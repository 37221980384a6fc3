"""Vector indices behind one protocol."""
