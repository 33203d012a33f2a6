"""Easel: a text-to-image service: studio, gateway and text-to-image server."""

__version__ = "0.1.0"
