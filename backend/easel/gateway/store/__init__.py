"""What gateway processes share and remember: SQLite on one host, Redis on many."""
