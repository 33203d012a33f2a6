"""The gateway: one door to the text-to-image server. Holds no model, needs no GPU."""
