import os
import warnings

# The libraries warn about their own future while they are imported; pytest would
# make errors of that, and nothing of ours can be changed to prevent it.
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    os.environ["HF_HUB_OFFLINE"] = "1"
    # As the server itself does, before torch is imported.
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")
    from diffusers import AutoPipelineForText2Image  # noqa: F401
