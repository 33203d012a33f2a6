"""Servers of other makes, each behind the interface of a text-to-image server."""
