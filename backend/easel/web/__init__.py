"""What the HTTP apps of both tiers share. Knows the contract, but neither tier."""
