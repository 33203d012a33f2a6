"""What the engine's thread does in one turn at most, beside one step. Pure values."""

# Prompts are encoded between two steps; more at once would stall who is running.
BEGINS_PER_TURN = 2

# Decoded between two steps; more at once would stall who is running.
DECODES_PER_TURN = 4

# How often the queue's places are told anew while nobody comes or goes.
VIEW_INTERVAL_S = 0.5
