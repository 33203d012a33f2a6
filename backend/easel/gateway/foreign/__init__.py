"""Servers of other makes, each behind the client interface of a text-to-image server."""
