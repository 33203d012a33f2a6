"""How long a prompt is in the tokens of a model: `POST /models/{id}/tokens`."""

from pydantic import BaseModel, ConfigDict, Field

from easel.contract.generations import Prompt


class PromptToCount(BaseModel):
    """The body of `POST /models/{id}/tokens`."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    prompt: Prompt = Field(description="As in `POST /generate`; may be empty.")


class PromptTokens(BaseModel):
    """How much of a prompt a model reads."""

    model_config = ConfigDict(frozen=True)

    tokens: int = Field(
        description="Those that the model itself puts around a prompt are counted, "
        "as they take their part of `max_prompt_tokens`."
    )
    max_prompt_tokens: int | None = Field(
        description="What the model reads at most; null if it does not say."
    )
    is_cut: bool = Field(description="Whether the end of the prompt is not read.")
    used_characters: int | None = Field(
        description="Of a prompt that is cut: where the part ends that is read, in "
        "Unicode code points; null if nothing is cut or the tokenizer does not say."
    )
