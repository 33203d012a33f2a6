"""The frozen text encoder: captions become 24 token states of 384 numbers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor
from transformers import AutoTokenizer, BertModel

MAX_TOKENS = 24
CHUNK = 256


class TextEncoder:
    """Encodes exactly as the stock pipeline does: padded to `MAX_TOKENS`, with the
    attention mask.
    """

    def __init__(self, folder: Path, device: torch.device) -> None:
        self.tokenizer: Any = AutoTokenizer.from_pretrained(folder / "tokenizer")
        folder = folder / "text_encoder"
        model = BertModel.from_pretrained(folder, dtype=torch.float32)
        self.model = cast("Any", model)
        self.model.to(device).eval()
        self._device = device

    @torch.no_grad()
    def encode(self, captions: Sequence[str]) -> Tensor:
        """(captions, 24, 384) in half precision."""
        chunks = [captions[i : i + CHUNK] for i in range(0, len(captions), CHUNK)]
        return torch.cat([self._encode(list(chunk)) for chunk in chunks])

    def _encode(self, captions: list[str]) -> Tensor:
        tokens = self.tokenizer(
            captions,
            padding="max_length",
            truncation=True,
            max_length=MAX_TOKENS,
            return_tensors="pt",
        ).to(self._device)
        with torch.autocast(self._device.type, torch.bfloat16):
            states: Tensor = self.model(
                tokens["input_ids"], attention_mask=tokens["attention_mask"]
            )[0]
        return states.half()
