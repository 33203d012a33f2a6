"""Who may ask for what, and how much: keys, limits, quotas, usage."""
