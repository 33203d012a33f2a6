"""diffusers and transformers without their progress bars and advice in our log."""

import logging
import warnings
from typing import Any


def import_diffusers() -> Any:
    """The library, told to be quiet.

    transformers must be told before diffusers is imported, which makes it warn about
    image processors that text-to-image has no use for.
    """
    from transformers.utils import logging as transformers_logging

    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()

    import diffusers
    from diffusers.utils import logging as diffusers_logging

    # What it logs as an error, it raises as well.
    diffusers_logging.set_verbosity(logging.CRITICAL)
    diffusers_logging.disable_progress_bar()
    logging.getLogger("huggingface_hub").setLevel(logging.CRITICAL)
    warnings.filterwarnings("ignore", module="huggingface_hub")
    return diffusers
