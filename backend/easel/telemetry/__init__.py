"""What both tiers say about themselves while they run: logs, metrics, request ids."""
