import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from easel.contract.prompt_tokens import PromptTokens
from easel.errors import InvalidRequest, ModelFailed
from easel.text2image.engines.base import ModelUnavailable, PromptCounter
from easel.text2image.engines.fake import FakePromptCounter
from easel.text2image.prompt_counting import PromptCounting

WORDS_READ = 75


@contextmanager
def counting(
    open_counter: Callable[[str], PromptCounter | None],
) -> Iterator[PromptCounting]:
    made = PromptCounting(open_counter)
    yield made
    made.close()


async def test_a_tokenizer_is_opened_once_and_when_it_is_asked_for() -> None:
    opened: list[str] = []

    def open_counter(model_id: str) -> PromptCounter:
        opened.append(model_id)
        return FakePromptCounter()

    with counting(open_counter) as prompts:
        assert opened == []
        many = (prompts.count("a", "a fox") for _ in range(20))
        assert {counted.tokens for counted in await asyncio.gather(*many)} == {4}
        await prompts.count("b", "a fox")
    assert opened == ["a", "b"]


async def test_the_white_space_that_no_generation_sees_is_not_counted() -> None:
    class Strict:
        def count(self, prompt: str) -> PromptTokens:
            assert prompt == prompt.strip()
            return FakePromptCounter().count(prompt)

    with counting(lambda _: Strict()) as prompts:
        counted = await prompts.count("a", "  " + "fox " * (WORDS_READ + 1))
    assert counted.used_characters == len("  " + "fox " * WORDS_READ) - 1


async def test_a_prompt_that_fits_is_used_to_its_end() -> None:
    with counting(lambda _: FakePromptCounter()) as prompts:
        exactly = await prompts.count("a", "fox " * WORDS_READ)
    assert exactly.tokens == exactly.max_prompt_tokens
    assert (exactly.is_cut, exactly.used_characters) == (False, None)


async def test_a_model_without_a_tokenizer_says_so() -> None:
    with (
        counting(lambda _: None) as prompts,
        pytest.raises(InvalidRequest, match="no tokenizer") as refusal,
    ):
        await prompts.count("a", "a fox")
    assert refusal.value.param == "model"


async def test_a_tokenizer_that_cannot_be_read_tells_callers_no_paths() -> None:
    def open_counter(model_id: str) -> PromptCounter:
        raise ModelUnavailable("/srv/models/a is damaged")

    with counting(open_counter) as prompts, pytest.raises(ModelFailed) as refusal:
        await prompts.count("a", "a fox")
    assert "/srv" not in refusal.value.detail
