"""How many tokens a prompt has for a pipeline, and how many of them it reads."""

from dataclasses import dataclass
from typing import Any

from easel.contract.prompt_tokens import PromptTokens
from easel.text2image.engines.call_signature import CallSignature

# Tokenizers without a limit say so with a number of the order of 1e30.
_NO_LIMIT = 100_000

_TOKENIZERS = ("tokenizer", "tokenizer_2", "tokenizer_3")

# Stands for the prompt while what is around it is looked for; in no template itself.
_MARK = "\N{OBJECT REPLACEMENT CHARACTER}"


@dataclass(frozen=True, slots=True)
class Template:
    """What a pipeline writes before a prompt; what it writes after it is cut first.

    Args:
        dropped: Tokens of it that take nothing of the limit.
    """

    before: str = ""
    dropped: int = 0


@dataclass(frozen=True, slots=True)
class PromptReader:
    """The tokenizer that reads most of a prompt.

    Not to be used by several threads at a time: it keeps between two calls how long
    a text may be.

    Args:
        limit: Tokens that the model reads at most, its own marks included; None: it
            does not say.
    """

    tokenizer: Any
    limit: int | None
    template: Template

    def count(self, prompt: str) -> PromptTokens:
        text = self.template.before + prompt
        # `verbose=False`: the library's own warning would put the length into logs.
        ids = self.tokenizer(text, truncation=False, verbose=False).input_ids
        tokens = len(ids) - self.template.dropped
        is_cut = self.limit is not None and tokens > self.limit
        return PromptTokens(
            tokens=tokens,
            max_prompt_tokens=self.limit,
            is_cut=is_cut,
            used_characters=self._used(prompt, text) if is_cut else None,
        )

    def warnings(self, prompt: str) -> tuple[str, ...]:
        """What the caller should know of how this prompt is read."""
        counted = self.count(prompt)
        if not counted.is_cut:
            return ()
        return (
            f"The prompt is {counted.tokens} tokens long; the model read the first "
            f"{counted.max_prompt_tokens}.",
        )

    def _used(self, prompt: str, text: str) -> int | None:
        """Where the tokenizer itself cuts the prompt; None if it cannot tell."""
        if self.limit is None or not self.tokenizer.is_fast:
            return None
        spans = self.tokenizer(
            text,
            truncation=True,
            max_length=self.limit + self.template.dropped,
            return_offsets_mapping=True,
        ).offset_mapping
        # Tokens that stand for no text have empty spans, at the beginning.
        end = max((int(end) for _, end in spans), default=0)
        return min(max(end - len(self.template.before), 0), len(prompt))


def prompt_reader(pipeline: Any) -> PromptReader | None:
    """
    Models with several text encoders cut the prompt for each at another length; what
    the widest one reads is not lost.

    Args:
        pipeline: Needs no component but its tokenizers.

    Returns:
        None for a pipeline without any tokenizer.
    """
    longest = CallSignature(pipeline).default("max_sequence_length")
    readers = [
        PromptReader(
            tokenizer, _limit(tokenizer, longest), _template(pipeline, tokenizer)
        )
        for name in _TOKENIZERS
        if (tokenizer := getattr(pipeline, name, None)) is not None
    ]
    # One that knows no limit may still be cut by what comes behind it.
    return max(readers, key=lambda reader: reader.limit or 0, default=None)


def _limit(tokenizer: Any, longest: object) -> int | None:
    limits = [tokenizer.model_max_length]
    if isinstance(longest, int):
        limits.append(longest)
    limit = min(limits)
    return int(limit) if limit < _NO_LIMIT else None


def _template(pipeline: Any, tokenizer: Any) -> Template:
    """Language models read a prompt as an instruction."""
    template = getattr(pipeline, "prompt_template_encode", None)
    if isinstance(template, str):
        dropped: int = pipeline.prompt_template_encode_start_idx
        return Template(template.partition("{}")[0], dropped)
    if type(pipeline).__name__.startswith("ZImage"):
        chat = tokenizer.apply_chat_template(
            [{"role": "user", "content": _MARK}],
            tokenize=False,
        )
        return Template(chat.partition(_MARK)[0])
    return Template()
