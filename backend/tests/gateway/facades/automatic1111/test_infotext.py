import pytest

from easel.contract.generations import Parameters
from easel.gateway.facades.automatic1111.infotext import infotext, read_infotext
from easel.text2image.images.provenance import infotext as text_in_the_file

PARAMETERS = Parameters(
    prompt="a fox",
    negative_prompt=None,
    width=512,
    height=768,
    num_inference_steps=20,
    guidance_scale=7.5,
    seed=3,
    num_images=1,
    sampler="euler_ancestral",
)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"negative_prompt": "owls, mice"},
        {"prompt": "a fox:\nred, and brown", "sampler": "dpmpp_2m_karras"},
        {"strength": 0.6, "sampler": "flow_match_euler"},
    ],
)
@pytest.mark.parametrize("model", ["fox", "a, b: c"])
def test_an_image_is_told_as_its_file_tells_it(
    changes: dict[str, object], model: str
) -> None:
    parameters = PARAMETERS.model_copy(update=changes)
    assert infotext(
        parameters.prompt, parameters, seed=4, model=model
    ) == text_in_the_file(parameters, seed=4, model=model)


def test_what_is_written_can_be_read() -> None:
    parameters = PARAMETERS.model_copy(
        update={"negative_prompt": "owls", "sampler": "dpmpp_2m", "strength": 0.5}
    )
    text = infotext("a fox\n<lora:fur:1>", parameters, seed=9, model='a "b", c')
    found = read_infotext(text)
    del found["Version"]
    assert found == {
        "Prompt": "a fox\n<lora:fur:1>",
        "Negative prompt": "owls",
        "Steps": "20",
        "Sampler": "DPM++ 2M",
        "Schedule type": "Uniform",
        "CFG scale": "7.5",
        "Seed": "9",
        "Size-1": "512",
        "Size-2": "768",
        "Model": 'a "b", c',
        "Denoising strength": "0.5",
    }


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", {}),
        (" \n ", {}),
        ("a fox", {"Prompt": "a fox", "Negative prompt": ""}),
        ("a: fox, b: owl", {"Prompt": "a: fox, b: owl", "Negative prompt": ""}),
        (
            "Negative prompt: owls\nSteps: 1, Seed: 2, Sampler: Euler",
            {
                "Prompt": "",
                "Negative prompt": "owls",
                "Steps": "1",
                "Seed": "2",
                "Sampler": "Euler",
            },
        ),
        (
            'a fox\nNegative prompt: owls\nmice\nSteps: 1, Seed: 2, Model: "broken, x',
            {
                "Prompt": "a fox",
                "Negative prompt": "owls\nmice",
                "Steps": "1",
                "Seed": "2",
                "Model": '"broken',
            },
        ),
    ],
)
def test_texts_of_strangers_are_read(text: str, found: dict[str, str]) -> None:
    assert read_infotext(text) == found


@pytest.mark.parametrize(
    "line", ["a" * 10**6, " " * 10**6 + "x", 'a:"\\",' * 10**5, "a: " * 10**5]
)
def test_a_hostile_text_does_not_take_long(line: str) -> None:
    """Quadratic time would be hours here: the suite's own timeout is the judge."""
    assert read_infotext(f"a fox\n{line}")["Prompt"].startswith("a fox")
