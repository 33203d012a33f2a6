"""Pictures: those that callers send, and those that they get."""
