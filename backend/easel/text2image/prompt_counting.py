"""How long prompts are, told beside the engine: nothing here waits for a step."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from easel.contract.prompt_tokens import PromptTokens
from easel.errors import InvalidRequest, ModelFailed
from easel.text2image.engines.base import ModelUnavailable, PromptCounter

log = logging.getLogger(__name__)


class PromptCounting:
    """One thread, because a tokenizer answers one question at a time.

    Args:
        open_counter: Of a model; reads files. None: it has no tokenizer. Raises
            ModelUnavailable.
    """

    def __init__(self, open_counter: Callable[[str], PromptCounter | None]) -> None:
        self._open_counter = open_counter
        self._counters: dict[str, PromptCounter | None] = {}
        self._thread = ThreadPoolExecutor(1, "tokenizer")

    async def count(self, model_id: str, prompt: str) -> PromptTokens:
        """
        Raises:
            InvalidRequest: the model has no tokenizer.
            ModelFailed: its files cannot be read.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._count, model_id, prompt)

    def close(self) -> None:
        self._thread.shutdown(cancel_futures=True)

    def _count(self, model_id: str, prompt: str) -> PromptTokens:
        counter = self._counter(model_id)
        if counter is None:
            raise InvalidRequest(
                f"{model_id!r} has no tokenizer that could count.", param="model"
            )
        # A generation's prompt loses its outer white space before it is read.
        begin = len(prompt) - len(prompt.lstrip())
        counted = counter.count(prompt.strip())
        if counted.used_characters is None:
            return counted
        used_characters = begin + counted.used_characters
        return counted.model_copy(update={"used_characters": used_characters})

    def _counter(self, model_id: str) -> PromptCounter | None:
        if model_id not in self._counters:
            try:
                self._counters[model_id] = self._open_counter(model_id)
            except ModelUnavailable as error:
                log.warning("prompts cannot be counted: %s", error)
                detail = f"No tokenizer of {model_id!r} can be read; the log says why."
                raise ModelFailed(detail) from error
        return self._counters[model_id]
