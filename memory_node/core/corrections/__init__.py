"""What people correct: edits that lie over what was perceived, and can be undone."""
