import pytest

from easel.contract.generations import Lora
from easel.errors import InvalidRequest
from easel.gateway.facades.automatic1111.prompt_tags import without_tags


@pytest.mark.parametrize(
    ("prompt", "text", "loras"),
    [
        ("a fox", "a fox", ()),
        ("a fox <lora:fur:0.8>", "a fox", (Lora(id="fur", scale=0.8),)),
        ("<lora:fur> a fox", "a fox", (Lora(id="fur", scale=1.0),)),
        (
            "<lora:fur:-1>a<lyco:ink v2:2> fox",
            "a fox",
            (Lora(id="fur", scale=-1.0), Lora(id="ink v2", scale=2.0)),
        ),
        ("a fox <3 and (fur:1.2)", "a fox <3 and (fur:1.2)", ()),
        ("a <b>fox</b>", "a <b>fox</b>", ()),
    ],
)
def test_adapters_are_taken_out_of_the_prompt(
    prompt: str, text: str, loras: tuple[Lora, ...]
) -> None:
    tagged = without_tags(prompt)
    assert (tagged.text, tagged.loras) == (text, loras)


@pytest.mark.parametrize(
    "tag",
    [
        "<lora:fur:much>",
        "<lora:fur:0.5:0.7>",
        "<lora:fur:nan>",
        "<lora:fur:5>",
        "<lora::1>",
        "<hypernet:fur:1>",
    ],
)
def test_a_tag_that_cannot_be_honoured_is_refused(tag: str) -> None:
    with pytest.raises(InvalidRequest, match=r"^prompt: ") as refused:
        without_tags(f"a fox {tag}")
    assert refused.value.param == "prompt"
