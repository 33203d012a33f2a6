"""AUTOMATIC1111's API, `/sdapi/v1/*`, in terms of the native contract.

What a client of the Stable Diffusion web UI may say is translated field by field; what
cannot be had is refused by name. Two things differ on purpose: `progress`, `interrupt`
and `skip` are about the caller's own calls, and an interrupted call answers with the
images that were done by then, never with half a painting.
"""
