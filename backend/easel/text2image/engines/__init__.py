"""The engines: a name becomes a loaded model behind the `Engine` protocol.

Each engine's module is imported on demand, so a server that serves the fake model
never imports torch.
"""

from easel.text2image.engines.base import Engine
from easel.text2image.settings import FAKE_MODEL, ServerSettings


def load_engine(settings: ServerSettings) -> Engine:
    """Load the model that the settings name; takes seconds to minutes.

    Raises:
        ModelUnavailable: it does not exist, or cannot be loaded.
    """
    if settings.model == FAKE_MODEL:
        from easel.text2image.engines.fake import FakeEngine

        return FakeEngine(step_s=settings.fake_step_seconds)
    from easel.text2image.engines.whole_pipeline import WholePipelineEngine

    return WholePipelineEngine.load(settings.model, settings.device, settings.dtype)
