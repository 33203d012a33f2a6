"""Whose generation is passed on now, who waits, and who is told to come back."""
