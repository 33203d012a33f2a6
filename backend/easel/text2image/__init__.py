"""The text-to-image server: holds one model and paints. Knows nothing of gateways."""
