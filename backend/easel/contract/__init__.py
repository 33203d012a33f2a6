"""What the tiers say to each other, and to everyone else: pydantic models only.

OpenAPI is made from these types and the studio's TypeScript from that, so a
change here is a change of the API. Knows nothing of HTTP servers, torch or I/O.
"""
