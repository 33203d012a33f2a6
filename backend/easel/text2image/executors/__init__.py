"""Where engines run: in a thread of this process, or as replicas of a cluster."""
