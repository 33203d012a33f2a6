"""Who makes the next step, and what that costs: pure decisions."""
