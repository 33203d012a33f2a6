import os
import warnings

# The libraries warn about their own future while they are imported; pytest would
# make errors of that, and nothing of ours can be changed to prevent it.
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    os.environ["HF_HUB_OFFLINE"] = "1"
    # As the server itself does, before torch is imported.
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")
    import torch
    from diffusers import AutoPipelineForText2Image  # noqa: F401

# Models this small are quicker without a second thread, and scripts/test runs two
# processes of these tests at a time.
torch.set_num_threads(1)
