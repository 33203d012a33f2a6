"""Low-rank adapters (LoRA, Hu et al. 2021, arXiv:2106.09685) on one pipeline.

Callers name an adapter by its file's name without suffix; nothing that is not in the
folder's listing is ever opened. Loaded on first use, a few stay resident.
"""

import hashlib
import logging
import warnings
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from easel.errors import InvalidRequest, OutOfMemory
from easel.text2image.engines.base import ModelUnavailable
from easel.text2image.engines.error_text import first_line
from easel.text2image.engines.faults import device_faults_named
from easel.text2image.engines.lora_files import adapter_files, fits

log = logging.getLogger(__name__)


class LoraAdapters:
    """Those in a folder that fit a pipeline, and which of them act now.

    Args:
        pipeline: Loaded; without weights `ids` still tells the truth.
        folder: Holds the `.safetensors` files; None offers none.
        max_resident: How many stay on the device, the least recently used leave.
    """

    def __init__(
        self, pipeline: Any, folder: Path | None, max_resident: int = 8
    ) -> None:
        self._pipeline = pipeline
        self._max_resident = max_resident
        self._files = _fitting(pipeline, folder) if folder is not None else {}
        self._digests: dict[str, str] = {}
        # The name that peft knows each by: file names have dots, which it cannot take.
        self._resident: OrderedDict[str, str] = OrderedDict()
        self._loaded_ever = 0
        self._active: tuple[tuple[str, float], ...] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(self._files)

    def digest(self, adapter: str) -> str:
        """SHA-256 of the file of one of `ids`, in hex."""
        if adapter not in self._digests:
            with self._files[adapter].open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
            self._digests[adapter] = digest
        return self._digests[adapter]

    def use(self, loras: tuple[tuple[str, float], ...]) -> None:
        """Make exactly these act, each at its scale, until the next call.

        Raises:
            InvalidRequest: one is not there or cannot be loaded; none acts then.
            OutOfMemory: they do not fit on the device; none acts then.
        """
        if loras == self._active:
            return
        try:
            with device_faults_named("The adapter"):
                self._activate(loras)
        except (OutOfMemory, ModelUnavailable, InvalidRequest):
            self._drop(adapter for adapter, _ in loras)
            raise
        except Exception as error:
            # peft, diffusers and safetensors each raise what they like.
            self._drop(adapter for adapter, _ in loras)
            names = ", ".join(adapter for adapter, _ in loras)
            raise InvalidRequest(
                f"cannot use {names}: {first_line(error)}", param="loras"
            ) from error
        self._active = loras

    def _activate(self, loras: Sequence[tuple[str, float]]) -> None:
        for adapter, _ in loras:
            self._load(adapter)
        if not loras:
            self._pipeline.disable_lora()
            return
        self._pipeline.enable_lora()
        self._pipeline.set_adapters(
            [self._resident[adapter] for adapter, _ in loras],
            [scale for _, scale in loras],
        )
        # Activating marks them as to be trained, and each step would keep its inputs.
        for part in self._adapted_parts():
            part.requires_grad_(False)
        self._evict(keep={adapter for adapter, _ in loras})

    def _load(self, adapter: str) -> None:
        if adapter in self._resident:
            self._resident.move_to_end(adapter)
            return
        if adapter not in self._files:
            raise InvalidRequest(f"there is no adapter {adapter!r}", param="loras")
        # Equally long, because diffusers also looks for names within names.
        name = f"adapter_{self._loaded_ever:09d}"
        self._loaded_ever += 1
        self._resident[adapter] = name
        file = self._files[adapter]
        with warnings.catch_warnings():
            # That another adapter is there already, which is what we are for.
            warnings.filterwarnings("ignore", module="peft")
            self._pipeline.load_lora_weights(
                str(file.parent), weight_name=file.name, adapter_name=name
            )

    def _evict(self, keep: set[str]) -> None:
        spare = len(self._resident) - max(self._max_resident, len(keep))
        for adapter in [each for each in self._resident if each not in keep][:spare]:
            self._pipeline.delete_adapters(self._resident.pop(adapter))

    def _drop(self, adapters: Iterable[str]) -> None:
        """After a failure: none acts, and what may be half loaded is gone."""
        self._active = ()
        self._pipeline.disable_lora()
        for adapter in adapters:
            name = self._resident.pop(adapter, None)
            if name is not None:
                self._pipeline.delete_adapters(name)

    def _adapted_parts(self) -> Iterable[Any]:
        names = self._pipeline._lora_loadable_modules
        parts = (getattr(self._pipeline, name, None) for name in names)
        return [part for part in parts if part is not None]


def _fitting(pipeline: Any, folder: Path) -> dict[str, Path]:
    if not hasattr(pipeline, "load_lora_weights"):
        return {}
    found = {}
    for file in adapter_files(folder):
        try:
            is_fitting = fits(file, pipeline)
        except Exception as error:
            # Damaged, or of a format that nobody here reads.
            fields = {"file": file.name, "error": first_line(error)}
            log.warning("adapter skipped", extra={"fields": fields})
            continue
        if is_fitting:
            found[file.stem] = file
    return found
