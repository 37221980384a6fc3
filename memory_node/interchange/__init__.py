"""Readers and writers of the formats that memories are exchanged in."""
