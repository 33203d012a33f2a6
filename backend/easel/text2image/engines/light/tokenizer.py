"""A model's tokenizer, read from its files without transformers."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from easel.text2image.engines.base import ModelUnavailable
from easel.text2image.engines.error_text import first_line
from easel.text2image.engines.light.word_pieces import Span, WordPieces

TokenArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class TokenizedText:
    """Named as in transformers, whose tokenizers the prompt reader asks, too.

    Args:
        offset_mapping: Where each token stands in the text.
    """

    input_ids: list[int]
    offset_mapping: list[Span]


class FolderTokenizer:
    """
    Args:
        folder: Holds `tokenizer.json` and `tokenizer_config.json`.

    Raises:
        ModelUnavailable: they are damaged, or of a kind that needs transformers.
    """

    is_fast = True

    def __init__(self, folder: Path) -> None:
        try:
            self._pieces = WordPieces(folder / "tokenizer.json")
            config = json.loads((folder / "tokenizer_config.json").read_text("utf-8"))
            self.model_max_length = int(config["model_max_length"])
            self._pad_id = self._pieces.id_of(_text_of(config["pad_token"]))
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise ModelUnavailable(
                f"the tokenizer of {folder.parent.name!r} needs --runtime torch, or is "
                f"damaged: {first_line(error)}"
            ) from error

    def __call__(
        self,
        text: str,
        *,
        truncation: bool,
        max_length: int | None = None,
        **_: bool,
    ) -> TokenizedText:
        """The tokens of `text`, the tokenizer's own marks included."""
        longest = max_length or self.model_max_length
        ids, spans = self._pieces.encode(text, longest if truncation else None)
        return TokenizedText(ids, spans)

    def padded(self, text: str) -> tuple[TokenArray, TokenArray]:
        """[1, model_max_length] tokens, cut or filled up, and which are of the text."""
        ids, _ = self._pieces.encode(text, self.model_max_length)
        missing = self.model_max_length - len(ids)
        return (
            np.array([[*ids, *[self._pad_id] * missing]], dtype=np.int64),
            np.array([[*[1] * len(ids), *[0] * missing]], dtype=np.int64),
        )


def _text_of(token: Any) -> str:
    """A token, or a document about it."""
    return str(token["content"] if isinstance(token, dict) else token)
