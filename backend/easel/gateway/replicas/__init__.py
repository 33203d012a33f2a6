"""The text-to-image servers: how each is doing, and which one takes a generation."""
