"""Capacity planning: a fleet in simulated time, with the rules of the real one."""
