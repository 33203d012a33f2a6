"""Telling a caller's own server how an asynchronous generation ended."""
