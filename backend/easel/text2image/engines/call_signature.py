"""Which arguments a diffusers pipeline takes, and under which names."""

import inspect
from typing import Any


class CallSignature:
    """Which arguments a pipeline's `__call__` takes.

    diffusers' pipelines share names, but not all of them have every one.
    """

    def __init__(self, pipeline: Any) -> None:
        self._parameters = inspect.signature(pipeline.__call__).parameters

    def __contains__(self, name: str) -> bool:
        return name in self._parameters

    def default(self, name: str) -> Any:
        """The argument's default, or None where it has none."""
        if name not in self._parameters:
            return None
        value = self._parameters[name].default
        return None if value is inspect.Parameter.empty else value

    @property
    def guidance_argument(self) -> str | None:
        """The argument that is classifier-free guidance, under whichever name.

        Models distilled for guidance (Flux) take the distilled scale as
        `guidance_scale`; Qwen-Image leaves that one at None and uses
        `true_cfg_scale`.
        """
        if "true_cfg_scale" in self and self.default("guidance_scale") is None:
            return "true_cfg_scale"
        return "guidance_scale" if "guidance_scale" in self else None

    @property
    def takes_negative_prompt(self) -> bool:
        """Whether a negative prompt acts at our guidance scale."""
        distilled = "true_cfg_scale" in self
        return "negative_prompt" in self and (
            not distilled or self.guidance_argument == "true_cfg_scale"
        )
